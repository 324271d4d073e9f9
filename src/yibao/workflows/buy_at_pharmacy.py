"""Buy at a pharmacy (2102): registration, lines and settlement in one message, so in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.people.queries import LockedPerson
from yibao.domains.storage import Raw
from yibao.workflows.change_visit import VisitChange
from yibao.workflows.exactly_once import Outcome, Request, Step
from yibao.workflows.open_visit import VisitWish, open_visit_step
from yibao.workflows.settle_visit import Settled, SettlementWish, settlement_step
from yibao.workflows.show_voucher import with_voucher
from yibao.workflows.upload_fees import KeptLine, WishedLine, upload_step

PHARMACY = "pharmacy"


class NotAPharmacyError(YibaoError):
    """Only pharmacies sell in one message; others register, upload and settle (非定点零售药店)."""

    code: ClassVar[str] = "visits.not_a_pharmacy"


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase: its settlement, and its lines as the catalogue splits them."""

    settled: Settled
    lines: list[KeptLine]


def purchase_step(
    visit: VisitWish, lines: Sequence[WishedLine], bill: SettlementWish, request: Request, *, kind: str
) -> Step[None, Bought]:
    """The change that opens a visit, keeps its lines and settles it, for `exactly_once.perform`.

    `kind` is the institution's; `bill.visit_id` is not looked at: the visit is the new one.
    :raises NotAPharmacyError, and whatever opening, uploading and settling raise: nothing was changed.
    """
    if kind != PHARMACY:
        raise NotAPharmacyError(kind=kind)
    visit = with_voucher(visit, infno=visit.infno, operator=visit.operator)
    bill = replace(
        bill,
        voucher_number=visit.voucher_number,
        voucher_refusal=visit.voucher_refusal,
        voucher_is_proven=visit.voucher_is_proven,
    )
    opening = open_visit_step(visit)

    def act(raw: Raw, person: LockedPerson | None, _asked: None) -> Outcome[Bought]:
        opened = opening.act(raw, person, opening.ask(raw)).made
        change = VisitChange(
            institution_id=visit.institution_id,
            person_number=visit.person_number,
            visit_id=opened.visit_id,
            is_inpatient=False,
            at=visit.at,
        )
        uploading = upload_step(
            change, batch_number=visit.number_at_institution, lines=lines, care_region=visit.institution_region
        )
        kept = uploading.act(raw, person, uploading.ask(raw)).made
        settling = settlement_step(
            replace(bill, visit_id=opened.visit_id, batch_number=visit.number_at_institution), request
        )
        outcome = settling.act(raw, person, settling.ask(raw))
        return Outcome(Bought(outcome.made, kept), outcome.subject_id, outcome.writes)

    return Step(lambda _raw: None, act)
