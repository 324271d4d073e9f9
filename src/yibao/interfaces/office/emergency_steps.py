"""The steps of an emergency decision and its prepayments, by the last part of their address."""

from collections.abc import Callable
from typing import Any, Final

from django.utils import timezone

from yibao.domains.emergencies.models import EmergencyDecision
from yibao.domains.ledger.models import Fund
from yibao.interfaces.office.access import StaffRequest
from yibao.interfaces.office.claim_forms import fen_of
from yibao.interfaces.office.claim_pages import filled
from yibao.interfaces.office.emergency_forms import ClearingForm, EndForm, NoteForm, PrepaymentForm
from yibao.interfaces.office.words import own_name
from yibao.workflows import decide_emergency, prepay_institution

Doing = Callable[[EmergencyDecision, StaffRequest], object]


def funds_offered() -> list[tuple[str, str]]:
    """The funds that may prepay, with their names in the reader's language."""
    return [(fund.code, f"{fund.code} {own_name(fund)}") for fund in Fund.objects.all()]


def _who(request: StaffRequest) -> dict[str, Any]:
    """Who acts, and when."""
    return {"member": request.staff_member, "at": timezone.now()}


def _note(request: StaffRequest) -> str:
    """The note that was typed."""
    return str(filled(NoteForm(request.POST))["note"])


def _prepayment(decision: EmergencyDecision, request: StaffRequest) -> int:
    """The decision's prepayment that a button stands at.

    :raises UnknownPrepaymentError: it is none of this decision.
    """
    text = request.POST.get("prepayment", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
    return prepay_institution.prepayment_of(decision, number).pk


def _end(decision: EmergencyDecision, request: StaffRequest) -> object:
    return decide_emergency.end(decision.pk, **filled(EndForm(request.POST)), **_who(request))


def _prepay(decision: EmergencyDecision, request: StaffRequest) -> object:
    form = PrepaymentForm(request.POST, funds=funds_offered())
    said = filled(form)
    return prepay_institution.ask_for_prepayment(
        decision.pk,
        institution_code=said["institution"].upper(),
        fund=Fund.objects.get(pk=said["fund"]),
        amount_fen=fen_of(said["amount"]),
        account=form.account(),
        document=said["document"],
        **_who(request),
    )


def _clear(decision: EmergencyDecision, request: StaffRequest) -> object:
    said = filled(ClearingForm(request.POST))
    return prepay_institution.clear_prepayment(
        _prepayment(decision, request),
        kind=said["kind"],
        amount_fen=fen_of(said["amount"]),
        document=said["document"],
        **_who(request),
    )


STEPS: Final[dict[str, Doing]] = {
    "approve": lambda decision, request: decide_emergency.approve(decision.pk, note=_note(request), **_who(request)),
    "refuse": lambda decision, request: decide_emergency.refuse(decision.pk, note=_note(request), **_who(request)),
    "end": _end,
    "prepay": _prepay,
    "order": lambda decision, request: prepay_institution.order_prepayment(
        _prepayment(decision, request), note=_note(request), **_who(request)
    ),
    "refuse-prepayment": lambda decision, request: prepay_institution.refuse_prepayment(
        _prepayment(decision, request), note=_note(request), **_who(request)
    ),
    "clear": _clear,
}
"""What each step does with a decision of the member's region."""
