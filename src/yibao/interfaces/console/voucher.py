"""The code of a test person's electronic voucher as a QR, so that the system of a hospital or pharmacy can scan it."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yibao.domains.sandbox.queries import listed_persons
from yibao.domains.vouchers.operations import NotActivatedError, show_code
from yibao.interfaces.console.access import READERS, console_page
from yibao.interfaces.console.texts import is_english, text_of
from yibao.interfaces.office.access import StaffRequest
from yibao.interfaces.portal.qr import drawn


@require_safe
@console_page(*READERS)
def show(request: StaffRequest, kind: str) -> HttpResponse:
    """Show a new code of the test person of a kind, good once, for a minute; why there is none otherwise."""
    listed = listed_persons().filter(kind=kind).first()
    if listed is None:
        raise Http404
    now = timezone.now()
    told = {
        "section": "persons",
        "person": listed.person,
        "title": listed.title_en if is_english() else listed.title_zh,
    }
    try:
        code = show_code(person_id=listed.person_id, now=now, on=localdate(now))
    except NotActivatedError as refusal:
        return render(request, "console/voucher.html", {**told, "alarm": text_of(refusal)})
    shown = {
        "code": code.text,
        "qr": drawn(code.text, title=_("QR code of the voucher of %(name)s") % {"name": listed.person.name}),
        "until": localtime(code.expires_at),
    }
    return render(request, "console/voucher.html", {**told, **shown})
