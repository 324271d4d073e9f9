"""The console's first page: the access points with their addresses and keys, and a first command that works."""

import json
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from yibao.domains.institutions.models import Institution
from yibao.domains.messages.keys import SealedKey, material_of
from yibao.domains.messages.models import AccessPoint
from yibao.domains.sandbox.client_keys import as_client
from yibao.domains.sandbox.queries import Sight, listed_persons, points_in
from yibao.interfaces.console.access import EVERYBODY, console_page, sight_of
from yibao.interfaces.console.signed import as_curl, has_own_envelope, keys_at, signed_message
from yibao.interfaces.gateway.catalogue.values import BEIJING
from yibao.interfaces.office.access import StaffRequest

KEYS_MAX: Final = 40
"""Keys that are shown of an access point."""
JSON: Final = "application/json"


@require_safe
@console_page(*EVERYBODY)
def show(request: StaffRequest) -> HttpResponse:
    """Show the access points; secrets of the member's own institutions, for they are a sandbox's."""
    sight = sight_of(request.staff_member)
    points = [_point(request, sight, point) for point in points_in(sight)]
    context = {"section": "home", "points": points, "sight": sight}
    return render(request, "console/home.html", context)


def _point(request: StaffRequest, sight: Sight, point: AccessPoint) -> dict[str, Any]:
    """An access point with its keys and a command."""
    at, own = timezone.now(), sight.institution_code
    keys = [key for key in keys_at(point, at) if own in {"", key.institution_code}]
    names = dict(Institution.objects.filter(code__in=[key[0] for key in keys]).values_list("code", "name"))
    shown = [
        (key.institution_code, names.get(key.institution_code, ""), key.access_key, _parts(key))
        for key in keys[:KEYS_MAX]
    ]
    return {
        "point": point,
        "url": request.build_absolute_uri(point.path_prefix),
        "keys": shown,
        "more": max(0, len(keys) - KEYS_MAX),
        "curl": _first_command(request, point, *shown[0][:2]) if shown else "",
    }


def _parts(key: SealedKey) -> list[tuple[str, str]]:
    """The parts of a key by their names, as its client holds them."""
    client = as_client(material_of(key))
    return [(name, getattr(client, name)) for name in client.parts] if client else []


def _first_command(request: StaffRequest, point: AccessPoint, institution_code: str, name: str) -> str:
    """1101 for the first test person, signed for now; nothing while there is none."""
    return first_command(point, base=request.build_absolute_uri("/").rstrip("/"), institution=(institution_code, name))


def first_command(point: AccessPoint, *, base: str, institution: tuple[str, str] = ("", "")) -> str:
    """1101 for the first test person as a command, by an institution (default the first with a key); empty for none."""
    now = timezone.now()
    if has_own_envelope(point):
        return ""  # 1101 is not spoken there
    if not institution[0]:
        codes = [key.institution_code for key in keys_at(point, now)]
        found = Institution.objects.filter(code__in=codes[:1]).values_list("code", "name").first()
        institution = found or ("", "")
    listed = listed_persons().first()
    if listed is None or not institution[0]:
        return ""
    code, name = institution
    body = first_message(
        institution_code=code, name=name, document=listed.person.document_number, division=point.region_id
    )
    signed = signed_message(point, institution_code=code, body=body, infno="1101", at=now)
    url = f"{base}{point.path_prefix}/1101"
    return as_curl(url=url, body=signed.body, headers=signed.headers, content_type=JSON)


def first_message(*, institution_code: str, name: str, document: str, division: str) -> bytes:
    """A 1101 that asks for a person by the identity card."""
    now = timezone.now().astimezone(BEIJING)
    envelope = {
        "infno": "1101", "msgid": f"{institution_code}{now:%Y%m%d%H%M%S}0001", "mdtrtarea_admvs": division,
        "insuplc_admdvs": division, "recer_sys_code": "FSI_LOCAL", "dev_no": "", "dev_safe_info": "", "cainfo": "",
        "signtype": "", "infver": "V1.0", "opter_type": "1", "opter": "1001", "opter_name": "收费员",
        "inf_time": f"{now:%Y-%m-%d %H:%M:%S}", "fixmedins_code": institution_code, "fixmedins_name": name,
        "sign_no": "",
        "input": {"data": {
            "mdtrt_cert_type": "02", "mdtrt_cert_no": document, "card_sn": "", "begntime": "", "psn_cert_type": "01",
            "certno": document, "psn_name": "",
        }},
    }  # fmt: skip
    return json.dumps(envelope, ensure_ascii=False).encode()
