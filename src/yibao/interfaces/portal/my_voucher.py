"""The electronic voucher (医保电子凭证): a QR code that is good once, for a minute, with the way to a new one."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yibao.domains.vouchers.codes import LIFE
from yibao.domains.vouchers.operations import NotActivatedError, show_code
from yibao.interfaces.portal.access import PersonRequest, Purpose, person_page
from yibao.interfaces.portal.qr import drawn
from yibao.interfaces.portal.texts import text_of


@require_safe
@person_page("voucher", Purpose.VOUCHER)
def show(request: PersonRequest) -> HttpResponse:
    """Show a new code."""
    return render(request, "portal/my_voucher.html", {"section": "voucher", **_code(request)})


@require_safe
@person_page("voucher", Purpose.VOUCHER)
def show_part(request: PersonRequest) -> HttpResponse:
    """Show a new code alone, to be put in the place of the old one."""
    return render(request, "portal/voucher_code.html", _code(request))


def _code(request: PersonRequest) -> dict[str, Any]:
    """The code as an image that a reader aloud can name, or why there is none."""
    now = timezone.now()
    try:
        code = show_code(person_id=request.subject.pk, now=now, on=localdate(now))
    except NotActivatedError as refusal:
        return {"alarm": text_of(refusal)}
    groups = [code.text[start : start + 5] for start in range(0, len(code.text), 5)]
    return {
        "qr": drawn(code.text, title=_("QR code of the voucher")),
        "code": code.text,
        "groups": groups,
        "until": localtime(code.expires_at),
        "seconds": int(LIFE.total_seconds()),
    }
