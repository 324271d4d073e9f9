"""Place a mobile payment order (6201): register the visit where none is named, keep the lines, try the settlement.

It is the same registration, upload and trial as at the counter; what is new is the order that remembers them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.core.period import Period
from yibao.domains.mobile_orders.authorising import check_authorisation, use_authorisation
from yibao.domains.mobile_orders.models import Order
from yibao.domains.mobile_orders.operations import Cause, NewOrder, OrderNumberInUseError, place_order
from yibao.domains.mobile_orders.queries import order_of_institution
from yibao.domains.people.queries import LockedPerson
from yibao.domains.settlement.queries import ask_whether_settled
from yibao.domains.storage import Raw
from yibao.domains.visits.models import Visit
from yibao.domains.visits.operations import NewDiagnosis
from yibao.workflows.change_visit import VisitChange, diagnoses_step
from yibao.workflows.exactly_once import Outcome, Request, Step
from yibao.workflows.mobile_order_parties import check_person, voucher_in_force
from yibao.workflows.open_visit import VisitWish, open_visit_step
from yibao.workflows.settle_visit import SettlementWish, trial_step
from yibao.workflows.upload_fees import WishedLine, upload_step

PHARMACY: Final = "pharmacy"


class NegativeDeliveryError(YibaoError):
    """The delivery fee is negative (配送费为负)."""

    code: ClassVar[str] = "mobile_orders.negative_delivery"


@dataclass(frozen=True, slots=True)
class OrderWish:
    """What an institution wants to be paid from afar; `digest` tells one upload from another under the same number.

    `authorisation` is the code that the person gave and the field it came in, none where it is given later.
    """

    institution_id: int
    institution_kind: str
    institution_region: str
    designated_from: date
    designated_until: date | None
    agreement_gaps: Sequence[Period]
    person_number: str
    person_name: str
    document_type: str
    document_number: str
    scheme: str
    division: str
    number: str
    visit_id: int | None
    number_of_visit: str
    medical_type: str
    fee_type: str
    batch_number: str
    total_fen: int
    uses_account: bool
    delivery_fen: int
    rx_trace_code: str
    authorisation: tuple[str, str] | None
    began_at: datetime
    department_code: str
    department_name: str
    physician_code: str
    physician_name: str
    details: dict[str, object]
    diagnoses: Sequence[NewDiagnosis]
    lines: Sequence[WishedLine]
    digest: bytes
    at: datetime


def order_step(wish: OrderWish, request: Request) -> Step[None, Order]:
    """The change that places an order, for `exactly_once.perform`; the same upload again finds the order it made.

    :raises OrderNumberInUseError, BatchInOrderError, PersonDoesNotFitError, NegativeDeliveryError: nothing was changed; nor
        by whatever registering, uploading and trying refuse, or an authorisation that does not hold.
    """
    if wish.delivery_fen < 0:
        raise NegativeDeliveryError(field="deliveryFee")

    def act(raw: Raw, person: LockedPerson | None, _asked: None) -> Outcome[Order]:
        assert person is not None
        known = order_of_institution(institution_id=wish.institution_id, number=wish.number)
        if known is not None:
            if known.person_id != person.id or bytes(known.digest) != wish.digest:
                raise OrderNumberInUseError(field="medOrgOrd", number=wish.number)
            return Outcome(known, known.pk)
        order = _place(raw, person, wish, request)
        return Outcome(order, order.pk)

    return Step(lambda _raw: None, act)


def _place(raw: Raw, person: LockedPerson, wish: OrderWish, request: Request) -> Order:
    """Register, upload, try, and write the order."""
    check_person(person, name=wish.person_name, document_type=wish.document_type, document_number=wish.document_number)
    given = None
    if wish.authorisation is not None:
        code, field = wish.authorisation
        given = check_authorisation(
            code=code, person_id=person.id, institution_id=wish.institution_id, field=field, at=wish.at
        )
    visit_id, opened_visit = _visit(raw, person, wish)
    change = VisitChange(wish.institution_id, wish.person_number, visit_id, is_inpatient=False, at=wish.at)
    if wish.diagnoses and ask_whether_settled(raw, visit_id=visit_id).fetchone() is None:
        bringing = diagnoses_step(change, medical_type=wish.medical_type, details={}, diagnoses=wish.diagnoses)
        bringing.act(raw, person, bringing.ask(raw))
    if wish.lines:
        uploading = upload_step(
            change, care_region=wish.institution_region, batch_number=wish.batch_number, lines=wish.lines
        )
        uploading.act(raw, person, uploading.ask(raw))
    trying = trial_step(_bill(person, wish, visit_id), request)
    tried = trying.act(raw, person, trying.ask(raw)).made.settlement
    order = place_order(
        order=NewOrder(
            institution_id=wish.institution_id, region=wish.institution_region, person_id=person.id, visit_id=visit_id,
            opened_visit=opened_visit, batch_number=wish.batch_number, number_at_institution=wish.number,
            digest=wish.digest, scheme=wish.scheme, medical_type=wish.medical_type, fee_type=wish.fee_type,
            uses_account=wish.uses_account, division=wish.division, rx_trace_code=wish.rx_trace_code,
            total_fen=tried.total_fen, trial_fund_fen=tried.fund_fen, trial_account_fen=tried.account_fen,
            trial_cash_fen=tried.cash_fen, trial_hospital_fen=tried.hospital_fen, delivery_fen=wish.delivery_fen,
        ),
        cause=Cause(wish.at, request.infno, request.msgid, request.operator),
    )  # fmt: skip
    if given is not None and wish.authorisation is not None:
        use_authorisation(authorisation=given, order=order, field=wish.authorisation[1], at=wish.at)
    return order


def _visit(raw: Raw, person: LockedPerson, wish: OrderWish) -> tuple[int, bool]:
    """The visit of the order, and whether it was registered for it: the one named, an open one of that number, a new one."""
    if wish.visit_id is not None:
        return wish.visit_id, False
    standing = Visit.objects.filter(
        institution_id=wish.institution_id, number_at_institution=wish.number_of_visit, person_id=person.id,
        state=Visit.State.OPEN,
    ).exclude(care=Visit.Care.INPATIENT)  # fmt: skip
    if (found := standing.first()) is not None:
        return found.pk, False
    is_pharmacy = wish.institution_kind == PHARMACY
    kind, number = voucher_in_force(person.id, on=localdate(wish.began_at))
    opening = open_visit_step(
        VisitWish(
            institution_id=wish.institution_id, institution_region=wish.institution_region,
            designated_from=wish.designated_from, designated_until=wish.designated_until,
            person_number=wish.person_number, scheme=wish.scheme, division=wish.division,
            care="pharmacy" if is_pharmacy else "outpatient", medical_type=wish.medical_type,
            number_at_institution=wish.number_of_visit, voucher_kind=kind, voucher_number=number,
            began_at=wish.began_at, department_code=wish.department_code, department_name=wish.department_name,
            physician_code=wish.physician_code, physician_name=wish.physician_name, details=wish.details, diagnoses=(),
            at=wish.at, voucher_is_proven=True, agreement_gaps=wish.agreement_gaps,
        )
    )  # fmt: skip
    return opening.act(raw, person, opening.ask(raw)).made.visit_id, True


def _bill(person: LockedPerson, wish: OrderWish, visit_id: int) -> SettlementWish:
    """What is tried."""
    kind, number = voucher_in_force(person.id, on=localdate(wish.at))
    return SettlementWish(
        institution_id=wish.institution_id, institution_region=wish.institution_region,
        person_number=wish.person_number, visit_id=visit_id, is_inpatient=False, batch_number=wish.batch_number,
        voucher_kind=kind, voucher_number=number, scheme=wish.scheme, medical_type=wish.medical_type,
        total_fen=wish.total_fen, uses_account=wish.uses_account, is_midway=False, invoice="", at=wish.at,
        division=wish.division, voucher_is_proven=True,
    )  # fmt: skip


def bill_of_order(order: Order, *, uses_account: bool, at: datetime) -> SettlementWish:
    """What is settled when an order is paid: the very bill that was tried."""
    kind, number = voucher_in_force(order.person_id, on=localdate(at))
    return SettlementWish(
        institution_id=order.institution_id, institution_region=order.institution.division.pooling_region,
        person_number=order.person.number, visit_id=order.visit_id, is_inpatient=False, batch_number=order.batch_number,
        voucher_kind=kind, voucher_number=number, scheme=order.scheme, medical_type=order.medical_type,
        total_fen=order.total_fen, uses_account=uses_account, is_midway=False, invoice="", at=at,
        division=order.division, voucher_is_proven=True,
    )  # fmt: skip
