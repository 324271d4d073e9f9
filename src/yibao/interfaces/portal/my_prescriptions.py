"""My prescriptions: what was prescribed, who shall dispense it, and where it is on its way."""

from collections.abc import Callable
from datetime import date
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.institutions.models import Institution
from yibao.domains.institutions.queries import institutions_like
from yibao.domains.mobile_orders.queries import of_prescription
from yibao.domains.personal_access.operations import actor_of
from yibao.domains.prescriptions.models import Prescription
from yibao.domains.prescriptions.queries import of_person, state_at, waits_for_receipt, with_number
from yibao.domains.prescriptions.states import AVAILABLE, ENDED
from yibao.interfaces.portal.access import PersonRequest, Purpose, not_found, person_page
from yibao.interfaces.portal.qr import drawn_again
from yibao.interfaces.portal.texts import SENTENCES, text_of
from yibao.workflows.circulate_prescription import choose_place
from yibao.workflows.deliver_prescription import confirm_receipt
from yibao.workflows.trace_prescription import trace

ROWS: Final = 10
PHARMACIES: Final = 20
PURPOSE: Final = "prescriptions"
FLOWS: Final = {
    "information": gettext_lazy("information"),
    "money": gettext_lazy("money"),
    "goods": gettext_lazy("goods"),
}
"""The flows of information, money and goods (信息流、资金流、物流)."""
UNTOLD: Final = frozenset(
    {"dispense", "dispense_part", "dispense_use", "order asked", "order answered", "order bill", "order message"}
)
"""What a patient does not read of the way: what the packs say already, and each question to a payment channel."""


@require_safe
@person_page(PURPOSE, Purpose.VIEW, Purpose.HANDLE)
def show(request: PersonRequest) -> HttpResponse:
    """List the person's prescriptions, newest first."""
    now = timezone.now()
    page = Paginator(of_person(request.subject.pk), ROWS).get_page(request.GET.get("page"))
    rows = [(row, state_at(row, now).label, [line.item_name for line in row.lines.all()]) for row in page]
    return render(request, "portal/my_prescriptions.html", {"section": "prescriptions", "page": page, "rows": rows})


@require_safe
@person_page(PURPOSE, Purpose.VIEW, Purpose.HANDLE)
def show_one(request: PersonRequest, number: str) -> HttpResponse:
    """Show one prescription; with `search` the pharmacies whose name or number has these words."""
    found = _prescription(request, number)
    if isinstance(found, HttpResponse):
        return found
    return render(request, "portal/my_prescription.html", _told(request, found))


@require_safe
@person_page(PURPOSE, Purpose.HANDLE)
def show_pharmacies(request: PersonRequest, number: str) -> HttpResponse:
    """Show alone the pharmacies that were looked for, to be put below the search."""
    found = _prescription(request, number)
    if isinstance(found, HttpResponse):
        return found
    return render(request, "portal/pharmacies.html", _told(request, found))


@require_POST
@person_page(PURPOSE, Purpose.HANDLE)
def choose(request: PersonRequest, number: str) -> HttpResponse:
    """Choose who dispenses; what cannot be done changes nothing and says why."""
    found = _prescription(request, number)
    if isinstance(found, HttpResponse):
        return found
    return _done(
        request,
        found,
        partial(choose_place, institution_code=request.POST.get("institution", "")),
    )


@require_POST
@person_page(PURPOSE, Purpose.HANDLE)
def receive(request: PersonRequest, number: str) -> HttpResponse:
    """Say that the medicines came; said again it changes nothing."""
    found = _prescription(request, number)
    if isinstance(found, HttpResponse):
        return found
    return _done(request, found, confirm_receipt)


def _done(request: PersonRequest, found: Prescription, act: Callable[..., object]) -> HttpResponse:
    """Let the person do something with a prescription and show it anew; what cannot be done is told and changes nothing."""
    try:
        act(
            number=found.number, person_id=request.subject.pk, actor=actor_of(request.account.person), at=timezone.now()
        )
    except YibaoError as error:
        if error.code not in SENTENCES:
            raise
        context = _told(request, found) | {"alarm": text_of(error)}
        return render(request, "portal/my_prescription.html", context, status=HTTPStatus.CONFLICT)
    return redirect("portal:prescription", number=found.number)


def _prescription(request: PersonRequest, number: str) -> Prescription | HttpResponse:
    """The person's prescription of this number, or the page that says there is none; a stranger's is noted."""
    found = of_person(request.subject.pk).filter(number=number).first()
    if found is None:
        other = with_number(number)
        is_stranger = other is not None and other.person_id != request.subject.pk
        return not_found(request, PURPOSE, stranger_id=other.person_id if other and is_stranger else None)
    return found


def _told(request: PersonRequest, found: Prescription) -> dict[str, Any]:
    """A prescription in the reader's words, with what may be done about it."""
    now = timezone.now()
    may_handle = request.proxy is None or Purpose.HANDLE in request.proxy.purposes
    state = state_at(found, now)
    may_choose = may_handle and state in AVAILABLE
    words = request.GET.get("search", "").strip()[:100]
    orders = list(of_prescription(found.trace_code))
    traced = trace(found, placed=orders)
    way = [(moment, FLOWS[moment.flow]) for moment in traced if moment.kind not in UNTOLD]
    dispensers = list(dict.fromkeys(moment.institution for moment in traced if moment.kind == "handed_over"))
    return {
        "section": "prescriptions",
        "prescription": found,
        "state_name": state.label,
        "is_ended": state in ENDED,
        "may_choose": may_choose,
        "words": words,
        "pharmacies": _pharmacies(found, words) if may_choose and words else None,
        "hospital": found.institution,
        "qr": drawn_again(found.qr_code, title=_("QR code of the prescription")) if may_choose else "",
        "timeline": way,
        "latest": way[-1] if way else None,
        "dispensers": dispensers,
        "orders": orders,
        "may_receive": may_handle and bool(dispensers) and waits_for_receipt(found),
    }


def _pharmacies(found: Prescription, words: str) -> list[Institution]:
    """Pharmacies of the hospital's region, designated today, by number or by words of the name."""
    day = localdate(timezone.now())
    region = found.institution.division.pooling_region
    rows = [
        *institutions_like(region=region, is_pharmacy=True, code=words, name=None),
        *institutions_like(region=region, is_pharmacy=True, code=None, name=words),
    ]
    return list({row.pk: row for row in rows if _is_designated(row, day)}.values())[:PHARMACIES]


def _is_designated(row: Institution, day: date) -> bool:
    since, until = row.designated_from, row.designated_until
    return since is not None and since <= day and (until is None or day < until)
