"""One electronic prescription: what it says, who signed, and what happened, with information, money and goods side by side."""

from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from yibao.core.identity import mask
from yibao.domains.mobile_orders.queries import of_prescription
from yibao.domains.mobile_orders.states import State as OrderState
from yibao.domains.prescriptions.models import Dispensing, Prescription
from yibao.domains.prescriptions.queries import dispensers_of, state_at, visible, was_handed_over_by
from yibao.domains.prescriptions.signatures import quantity_text
from yibao.domains.prescriptions.states import AVAILABLE, CIRCULATING, HELD, State
from yibao.domains.staff.operations import record_read
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.prescription_forms import (
    DeliveryForm,
    HandOverForm,
    OpinionForm,
    ReasonForm,
    SignatureForm,
    returns_of,
)
from yibao.interfaces.office.prescriptions import READERS, patient_name, state_name
from yibao.interfaces.office.words import scheme_name
from yibao.workflows.trace_prescription import Traced, trace

SECTION: Final = "prescriptions"
PURPOSE: Final = "prescription"
_LARGEST: Final = 2**63 - 1
_USE: Final = ("medcWayDscr", "sinDoscnt", "sinDosunt", "usedFrquName")


def prescription_in_sight(request: StaffRequest, prescription_id: int) -> Prescription | None:
    """The prescription within the member's scope; the reading of the person's record is noted."""
    scope = scope_of(request.staff_member)
    found = visible(scope).filter(pk=prescription_id).first() if prescription_id <= _LARGEST else None
    if found is not None:
        record_read(
            reader=request.staff_member, person_id=found.person_id, page=request.path, purpose=PURPOSE,
            at=timezone.now(),
        )  # fmt: skip
    return found


@require_safe
@staff_page(*READERS)
def show(request: StaffRequest, prescription_id: int) -> HttpResponse:
    """Show a prescription within the member's scope."""
    found = prescription_in_sight(request, prescription_id)
    return not_found(request) if found is None else page(request, found)


def page(
    request: StaffRequest, found: Prescription, *, refusal: str = "", status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    """The page, with what was refused."""
    scope = scope_of(request.staff_member)
    seat = getattr(request.staff_member, "seat", None)
    context = {
        "section": SECTION,
        "rx": found,
        "patient": patient_name(found, scope),
        "document": mask(found.person.document_number),
        "scheme": scheme_name(found.scheme),
        "state": state_name(found),
        "dispensers": dispensers_of(found),
        "lines": [_line(line) for line in found.lines.order_by("rank")],
        "signatures": found.signatures.select_related("institution", "practitioner").order_by("pk"),
        "timeline": [_row(moment) for moment in trace(found)],
        "refusal": refusal,
        "work": _work(request, found, seat),
        "seat": seat,
    }
    return render(request, "office/prescription.html", context, status=status)


def _settled_here(found: Prescription, house: int) -> int | None:
    """The settlement of a mobile payment order by which this prescription was paid here, where there is one."""
    paid = of_prescription(found.trace_code).filter(institution_id=house, state=OrderState.PAID).first()
    return None if paid is None else paid.settlement_id


def _line(line: Any) -> dict[str, Any]:
    """A drug as the page shows it."""
    told = line.details
    use = " ".join(str(told[name]) for name in _USE if told.get(name))
    return {
        "line": line,
        "quantity": quantity_text(line.quantity_e4),
        "dispensed": quantity_text(line.dispensed_e4),
        "use": use,
    }


def _row(moment: Traced) -> dict[str, Any]:
    """A moment, in the column of its flow."""
    return {"at": moment.at, "moment": moment, moment.flow: True}


def _work(request: StaffRequest, found: Prescription, seat: Any) -> dict[str, Any]:
    """What the member may do now, as forms; what the workflow would refuse is not offered."""
    house, state = request.staff_member.institution_id, state_at(found, timezone.now())
    if house is None:
        return {}
    practitioner = None if seat is None else seat.practitioner
    is_pharmacist = practitioner is not None and practitioner.kind == "Y"
    is_own, holds = found.institution_id == house, found.holder_id == house
    ready = holds and (state == State.REVIEWED or (state == State.CLAIMED and is_own))
    sales = found.dispensings.filter(institution_id=house, kind=Dispensing.Kind.SALE).prefetch_related("lines__line")
    return {
        "sign": SignatureForm()
        if practitioner is not None and practitioner.pk == found.physician_id and state == State.CHECKED
        else None,
        "review": OpinionForm()
        if is_pharmacist and ((is_own and state == State.SIGNED) or (holds and state == State.CLAIMED))
        else None,
        "claim": (is_own or found.place_id == house) and state in AVAILABLE,
        "hand_over": HandOverForm(initial={"settlement": _settled_here(found, house)}) if ready else None,
        "deliver": DeliveryForm() if was_handed_over_by(found, house) and state in CIRCULATING else None,
        "release": ReasonForm() if holds and state in HELD else None,
        "withdraw": ReasonForm()
        if is_own
        and practitioner is not None
        and practitioner.kind == "D"
        and state in {State.SIGNED, *AVAILABLE} - {State.PARTLY}
        else None,
        "returns": [] if state in HELD else [row for sale in sales for row in returns_of(sale)],
    }
