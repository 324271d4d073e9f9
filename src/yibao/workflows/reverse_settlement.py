"""Reverse a settlement (2208, 2305): the same walk with the sign turned; the original row stays as it was."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db import connection

from yibao.core.errors import YibaoError
from yibao.domains.corrections.queries import settlement_after_correction
from yibao.domains.enrolment.queries import account_balance
from yibao.domains.internet_care.queries import is_deducted
from yibao.domains.interregional.queries import claim_is_corrected, corrections_held
from yibao.domains.people.queries import LockedPerson
from yibao.domains.settlement.models import Settlement
from yibao.domains.settlement.operations import (
    BY_HAND,
    MOBILE_PAYMENT,
    NewSettlement,
    release_batches,
    settle_released_batches,
    settlement_kept,
)
from yibao.domains.settlement.queries import has_later_settlement_of_visit, standing_settlement
from yibao.domains.storage import Raw, Write, write_together
from yibao.workflows.apply_for_clearing import refuse_cleared
from yibao.workflows.exactly_once import Outcome, Request, Step, hold
from yibao.workflows.investigate_claims import take_back_corrections
from yibao.workflows.settle_visit import WrongKindOfCareError, money_entered, negated


class UnknownSettlementError(YibaoError):
    """This person has no such settlement at this institution (结算ID不存在)."""

    code: ClassVar[str] = "settlement.unknown_settlement"


class AlreadyReversedError(YibaoError):
    """The settlement was reversed before (已退费)."""

    code: ClassVar[str] = "settlement.already_reversed"


class CorrectedSettlementError(YibaoError):
    """A recalculation reversed it and made a newer settlement (追溯重算更正), which stands and may itself be reversed."""

    code: ClassVar[str] = "settlement.was_corrected"


class LaterSettlementError(YibaoError):
    """A newer settlement of the same visit stands and must be reversed first."""

    code: ClassVar[str] = "settlement.later_settlement_stands"


class CorrectedClaimError(YibaoError):
    """What another region owes for it was corrected after an investigation (协查更正), so its reversal is not undone."""

    code: ClassVar[str] = "interregional.corrected_claim"


class PaidByOrderError(YibaoError):
    """The settlement belongs to a mobile payment order, which is given back as a whole by 6203 (移动支付订单)."""

    code: ClassVar[str] = "settlement.paid_by_order"


class DeductedSettlementError(YibaoError):
    """A verified violation was deducted from what is owed for it (审核扣款); taking it back would deduct it twice."""

    code: ClassVar[str] = "internet_care.deducted"


class CannotReinstateError(YibaoError):
    """What the reversal gave back was used meanwhile, so the reversal cannot be undone."""

    code: ClassVar[str] = "settlement.cannot_reinstate"


@dataclass(frozen=True, slots=True)
class ReversalWish:
    """Which settlement an institution wants to reverse; `is_purchase` insists on one at a pharmacy (2103).

    `is_mobile` says that its mobile payment order is given back with it: no other way reverses such a settlement.
    """

    institution_id: int
    person_number: str
    settlement_id: int
    visit_id: int
    is_inpatient: bool
    at: datetime
    is_purchase: bool = False
    is_mobile: bool = False


@dataclass(frozen=True, slots=True)
class Reversed:
    """The reversing row with the settlement it belongs to."""

    reversal: NewSettlement
    original: Settlement
    person: LockedPerson


def reversal_step(wish: ReversalWish, request: Request) -> Step[None, Reversed]:
    """The change that reverses a settlement, for `exactly_once.perform`.

    :raises UnknownSettlementError, WrongKindOfCareError, AlreadyReversedError, CorrectedSettlementError,
        LaterSettlementError, MonthClearedError: nothing changed.
    """

    def act(raw: Raw, person: LockedPerson | None, _asked: None) -> Outcome[Reversed]:
        assert person is not None
        found = standing_settlement(settlement_id=wish.settlement_id)
        if found is None or not _is_meant(found[0], wish, person):
            raise UnknownSettlementError(settlement_id=wish.settlement_id)
        original, latest = found
        is_of_kind = (original.visit.care == "inpatient") == wish.is_inpatient
        if not is_of_kind or (wish.is_purchase and original.visit.care != "pharmacy"):
            raise WrongKindOfCareError(visit_id=wish.visit_id)
        if (original.infno == MOBILE_PAYMENT) != wish.is_mobile:
            raise PaidByOrderError(settlement_id=wish.settlement_id)
        if latest.kind == Settlement.Kind.REVERSAL:
            raise _why_reversed(wish.settlement_id, latest)
        refuse_cleared(original, at=wish.at)
        hold(person, latest.shared_owner_ids)
        reversal = reverse(raw, latest, request, at=wish.at, in_any_order=wish.is_mobile)
        return Outcome(Reversed(reversal, original, person), reversal.id)

    return Step(lambda _raw: None, act)


def _why_reversed(settlement_id: int, reversal: Settlement) -> AlreadyReversedError | CorrectedSettlementError:
    """What to say about a settlement that a reversal took back: where a correction did, which newer one stands for it.

    What the patient gets back differs between the two, so the newer one is named and never reversed in the older one's place.
    """
    newer = settlement_after_correction(reversal_id=reversal.pk)
    while newer is not None:
        found = standing_settlement(settlement_id=newer)
        assert found is not None
        if found[1].kind != Settlement.Kind.REVERSAL:
            return CorrectedSettlementError(settlement_id=settlement_id, newer_id=newer)
        newer = settlement_after_correction(reversal_id=found[1].pk)
    return AlreadyReversedError(settlement_id=settlement_id)


def _is_meant(settlement: Settlement, wish: ReversalWish, person: LockedPerson) -> bool:
    """Whether the settlement is this person's, this visit's and this institution's, made by a message, no reversal itself."""
    return (
        settlement.person_id == person.id
        and settlement.institution_id == wish.institution_id
        and settlement.visit_id == wish.visit_id
        and settlement.kind == Settlement.Kind.SETTLEMENT
        and settlement.infno != BY_HAND
    )


def reverse(
    raw: Raw, settlement: Settlement, request: Request, *, at: datetime, in_any_order: bool = False
) -> NewSettlement:
    """Write the row that turns a standing settlement round, restore what it used, and free its fee lines.

    Each account gets back what it gave; relatives who gave are to be held beforehand. `in_any_order` is for mobile payment
    orders, which share a visit and stand on their own.
    What an investigation took off its claim on another region is taken back with it: the reversal turns the whole claim.
    :raises LaterSettlementError: a newer one of the visit stands.
    :raises DeductedSettlementError: review refused a part of it, which was deducted.
    """
    assert settlement.kind != Settlement.Kind.REVERSAL
    if not in_any_order and has_later_settlement_of_visit(settlement=settlement):
        raise LaterSettlementError(settlement_id=settlement.pk)
    if is_deducted(settlement.pk):
        raise DeductedSettlementError(settlement_id=settlement.pk)
    corrections = corrections_held(raw, settlement_id=settlement.pk)
    row = _turned(settlement, request, kind="reversal", at=at)
    write_together(raw, _turned_round(row, settlement))
    release_batches(raw, settlement_id=settlement.pk)
    take_back_corrections(raw, corrections, at=at)
    return row


def reinstate(raw: Raw, reversal: Settlement, request: Request, *, at: datetime) -> NewSettlement:
    """Undo a reversal (2601 on 2208 or 2305): a row that says again what the reversed settlement said.

    :raises CannotReinstateError: its fee lines were settled anew or withdrawn, its account money was spent, or another
        settlement counted on the accumulators meanwhile, so that a deductible or a cap would not hold.
    :raises CorrectedClaimError: an investigation had corrected the claim, and the reversal took that back.
    """
    if reversal.reverses_id is not None and claim_is_corrected(settlement_id=reversal.reverses_id):
        raise CorrectedClaimError(settlement_id=reversal.reverses_id)
    row = _turned(reversal, request, kind="reinstatement", at=at)
    is_spent = row.balance_after_fen < 0 or _relatives_have_spent(row)
    if is_spent or _lines_are_gone(reversal) or _accumulators_were_used(reversal):
        raise CannotReinstateError(settlement_id=reversal.pk)
    write_together(raw, _turned_round(row, reversal))
    settle_released_batches(raw, settlement_id=row.id, released_by=reversal.pk)
    return row


def _turned_round(row: NewSettlement, settlement: Settlement) -> list[Write]:
    """The writes of a row that turns a settlement or a reversal round, in the ledgers that this had moved."""
    enrolment, care_region = settlement.enrolment, settlement.institution.division.pooling_region
    return [
        *settlement_kept(row, scheme=enrolment.scheme),
        *money_entered(row, scheme=enrolment.scheme, region=enrolment.region_id, care_region=care_region),
    ]


def _relatives_have_spent(row: NewSettlement) -> bool:
    """Whether a relative's account no longer holds what the reversal had given back to it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM unnest(%s::bigint[], %s::bigint[]) AS part(person_id, fen)"
            " JOIN enrolment_personalaccount a ON a.person_id = part.person_id WHERE a.balance_fen < part.fen)",
            [list(row.shared_owner_ids), list(row.shared_amounts_fen)],
        )
        return bool(cursor.fetchone()[0])


def _lines_are_gone(reversal: Settlement) -> bool:
    """Whether a released batch was settled anew, or has lost or gained lines since."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(sum(l.amount_fen) FILTER (WHERE l.withdrawn_at IS NULL), 0),"
            " COALESCE(bool_or(l.withdrawn_at >= %s), false),"
            " EXISTS (SELECT FROM settlement_settledbatch n WHERE NOT n.is_released AND n.batch_id IN"
            "  (SELECT o.batch_id FROM settlement_settledbatch o WHERE o.settlement_id = %s))"
            " FROM settlement_settledbatch s JOIN visits_feeline l ON l.batch_id = s.batch_id"
            " WHERE s.settlement_id = %s",
            [reversal.settled_at, reversal.reverses_id, reversal.reverses_id],
        )
        total_fen, withdrawn, settled_anew = cursor.fetchone()
    return bool(withdrawn or settled_anew) or int(total_fen) != -reversal.total_fen


def _accumulators_were_used(reversal: Settlement) -> bool:
    """Whether a later settlement that stands moved an accumulator that the reversal had given back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM settlement_settlement s JOIN enrolment_enrolment e ON e.id = s.enrolment_id"
            " WHERE s.person_id = %s AND s.benefit_year = %s AND e.scheme = %s AND s.id > %s AND s.kind <> 'reversal'"
            " AND s.accumulator_changes ?| %s::text[]"
            " AND NOT EXISTS (SELECT FROM settlement_settlement r WHERE r.reverses_id = s.id))",
            [
                reversal.person_id,
                reversal.benefit_year,
                reversal.enrolment.scheme,
                reversal.pk,
                list(reversal.accumulator_changes),
            ],
        )
        return bool(cursor.fetchone()[0])


def _turned(settlement: Settlement, request: Request, *, kind: str, at: datetime) -> NewSettlement:
    """A new row with every amount of this one turned round."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('settlement_settlement_id_seq')")
        number = int(cursor.fetchone()[0])
    columns = {name: getattr(settlement, name) for name in NewSettlement.__slots__}
    return negated(
        NewSettlement(**columns),
        id=number,
        kind=kind,
        reverses_id=settlement.pk,
        settled_at=at,
        msgid=request.msgid,
        infno=request.infno,
        operator=request.operator,
        balance_after_fen=account_balance(settlement.person_id)
        + settlement.account_fen
        - settlement.shared_account_fen,
    )
