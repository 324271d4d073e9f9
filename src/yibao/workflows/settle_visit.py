"""Settle a visit (2207, 2304) or try it (2206, 2303): the same walk, the trial without the writing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, ClassVar

from django.utils.timezone import localdate

from yibao import policies
from yibao.core.divisions import is_within
from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.emergencies.operations import settled_under
from yibao.domains.enrolment.account_movements import account_moved, relatives_accounts_moved
from yibao.domains.people.queries import LockedPerson, ask_for_lock, locked_person
from yibao.domains.settlement.operations import (
    BY_HAND,
    NewSettlement,
    batches_settled,
    circumstances_kept,
    settlement_kept,
)
from yibao.domains.settlement.queries import (
    BatchSums,
    VisitToSettle,
    ask_for_unsettled,
    ask_for_visit_to_settle,
    batch_sums,
    visit_to_settle,
)
from yibao.domains.storage import Raw, Rows, Write
from yibao.domains.visits.queries import main_diagnosis_code
from yibao.engines.benefits import BenefitCase, BenefitResult
from yibao.policies.account_balances import schemes_with_several_balances
from yibao.workflows.apply_emergency import law_for
from yibao.workflows.care_elsewhere import check_filed
from yibao.workflows.case_of_visit import case_of, earlier_money
from yibao.workflows.check_internet_visit import check_before_settling
from yibao.workflows.exactly_once import Outcome, Request, Step, UnknownPersonNumberError
from yibao.workflows.raised_caps import raise_drawn, settle_with_raise
from yibao.workflows.recorded_circumstances import circumstances_of, facts_beyond
from yibao.workflows.settlement_postings import settlement_posted
from yibao.workflows.share_account import NO_SHARES, Shares, settle_with_relatives
from yibao.workflows.show_voucher import with_voucher


class UnknownVisitError(YibaoError):
    """This person has no such visit at this institution (就诊ID不存在)."""

    code: ClassVar[str] = "visits.unknown_visit"


class VisitCancelledError(YibaoError):
    """The registration or admission was cancelled (已撤销)."""

    code: ClassVar[str] = "visits.cancelled"


class WrongKindOfCareError(YibaoError):
    """An outpatient transaction for an inpatient, or the other way round."""

    code: ClassVar[str] = "visits.wrong_kind_of_care"


class NotDischargedError(YibaoError):
    """An inpatient is settled at the end only after discharge, or midway with the flag (mid_setl_flag)."""

    code: ClassVar[str] = "visits.not_discharged"


class NothingToSettleError(YibaoError):
    """No fee line of the visit or batch is unsettled."""

    code: ClassVar[str] = "settlement.nothing_to_settle"


class TotalDoesNotAddUpError(YibaoError):
    """The total sent is not the sum of the unsettled fee lines (医疗费总额与明细不符)."""

    code: ClassVar[str] = "settlement.total_does_not_add_up"


class WrongSchemeError(YibaoError):
    """The insurance type is not the one that the visit was registered under (险种不符)."""

    code: ClassVar[str] = "settlement.wrong_scheme"


class VoucherDoesNotFitError(YibaoError):
    """The voucher shown is not this person's (就诊凭证不符)."""

    code: ClassVar[str] = "people.voucher_does_not_fit"


class ForeignPersonError(YibaoError):
    """The division of enrolment sent is not where this person is insured (参保地不符)."""

    code: ClassVar[str] = "enrolment.foreign_person"


class NotInsuredError(YibaoError):
    """The person is not insured under this scheme on the day of the visit (未参保、暂停或终止)."""

    code: ClassVar[str] = "enrolment.not_insured"


@dataclass(frozen=True, slots=True)
class SettlementWish:
    """What the institution asks to be settled; `batch_number` is none for inpatients, whose open lines all count.

    `institution_region` is the pooling region of the place of care; `division`, where one is sent, that of enrolment.
    """

    institution_id: int
    institution_region: str
    person_number: str
    visit_id: int
    is_inpatient: bool
    batch_number: str | None
    voucher_kind: str
    voucher_number: str
    scheme: str
    medical_type: str | None
    total_fen: int
    uses_account: bool
    is_midway: bool
    invoice: str
    at: datetime
    division: str | None = None
    voucher_refusal: YibaoError | None = None
    voucher_is_proven: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """A settlement with all that its answer shows; a trial has the same shape and was not written.

    `facts` is what else it stands on (filings, plan, marked parts).
    `decision_id` is the emergency decision whose law it follows, none for the ordinary law; `care_region` the pooling
    region of the institution, which clears with it.
    """

    settlement: NewSettlement
    person: LockedPerson
    visit: VisitToSettle
    result: BenefitResult
    age: int
    care_region: str
    decision_id: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Asked:
    visit: Rows
    batches: Rows


def settlement_step(wish: SettlementWish, request: Request) -> Step[_Asked, Settled]:
    """The change that settles a visit, for `exactly_once.perform`.

    :raises UnknownVisitError, VisitCancelledError, WrongKindOfCareError, NotDischargedError, NothingToSettleError,
        TotalDoesNotAddUpError, WrongSchemeError, VoucherDoesNotFitError, NotInsuredError, NotRecognisedError: nothing
        was changed.
    """
    wish = with_voucher(wish, infno=request.infno, operator=request.operator)

    def act(raw: Raw, person: LockedPerson | None, asked: _Asked) -> Outcome[Settled]:
        assert person is not None
        settled, batches = _decide(raw, wish, request, person, asked)
        return Outcome(settled, settled.settlement.id, _writes(settled, batches))

    return Step(lambda raw: _ask(raw, wish), act, is_joint=True)


def trial_step(wish: SettlementWish, request: Request) -> Step[_Asked, Settled]:
    """What `settlement_step` would settle, within a change that does something else; nothing is written."""

    def act(raw: Raw, person: LockedPerson | None, asked: _Asked) -> Outcome[Settled]:
        assert person is not None
        return Outcome(_decide(raw, wish, request, person, asked, is_trial=True)[0])

    return Step(lambda raw: _ask(raw, wish), act)


def try_settlement(wish: SettlementWish, request: Request) -> Settled:
    """What `settlement_step` would settle, without writing anything (预结算); a stay may be tried before discharge."""
    wish = replace(with_voucher(wish, infno=request.infno, operator=request.operator), is_midway=True)
    with storage.transaction() as raw:
        lock = ask_for_lock(raw, number=wish.person_number)
        asked = _ask(raw, wish)
        person = locked_person(lock)
        if person is None:
            raise UnknownPersonNumberError(number=wish.person_number)
        return _decide(raw, wish, request, person, asked, is_trial=True)[0]


def _ask(raw: Raw, wish: SettlementWish) -> _Asked:
    """Queue the reads of the decision."""
    visit = ask_for_visit_to_settle(
        raw,
        visit_id=wish.visit_id,
        is_inpatient=wish.is_inpatient,
        person_number=wish.person_number,
        voucher_kind=wish.voucher_kind,
        voucher_number=wish.voucher_number,
        today=localdate(wish.at),
        several_balances=schemes_with_several_balances(),
    )
    return _Asked(visit, ask_for_unsettled(raw, visit_id=wish.visit_id, batch_number=wish.batch_number))


def _decide(
    raw: Raw, wish: SettlementWish, request: Request, person: LockedPerson, asked: _Asked, *, is_trial: bool = False
) -> tuple[Settled, list[BatchSums]]:
    """Check the wish against what was read and compute who pays what."""
    visit = visit_to_settle(asked.visit)
    batches = batch_sums(asked.batches)
    if visit is None or visit.institution_id != wish.institution_id:
        raise UnknownVisitError(visit_id=wish.visit_id)
    _check_visit(wish, visit)
    _check_insured(visit)
    total_fen = sum(batch.amount_fen for batch in batches)
    if not batches:
        raise NothingToSettleError(visit_id=wish.visit_id)
    if total_fen != wish.total_fen:
        raise TotalDoesNotAddUpError(sent_fen=wish.total_fen, lines_fen=total_fen)
    ordinary = policies.load(visit.region, visit.scheme, visit.benefit_date)
    age = age_on(person.birth_date, visit.benefit_date)
    medical_type, is_by_hand = wish.medical_type or visit.medical_type, request.infno == BY_HAND
    if not is_by_hand:
        check_filed(visit, care_region=wish.institution_region, medical_type=medical_type)
        check_before_settling(
            raw, visit, care_region=wish.institution_region, medical_type=medical_type, voucher_kind=wish.voucher_kind
        )
    found = circumstances_of(
        raw, ordinary, visit, batches, medical_type=medical_type, is_place_decided=is_by_hand
    )  # fmt: skip
    tenure = age_on(visit.insured_since, visit.benefit_date)
    law = law_for(
        ordinary,
        case_of(ordinary, visit, batches, found, age=age, tenure=tenure, uses_account=wish.uses_account),
        region=visit.region,
        scheme=visit.scheme,
        day=visit.benefit_date,
        main_diagnosis=lambda: main_diagnosis_code(raw, visit_id=visit.visit_id),
    )
    policy, shares = law.policy, NO_SHARES
    year, _ = policy.benefit_time(visit.benefit_date)
    case, result = settle_with_raise(
        policy, law.case, person_id=visit.person_id, region=visit.region, scheme=visit.scheme, year=year
    )
    held_fen = case.account_balance_fen + sum(case.further_balances)
    if wish.uses_account and visit.has_relatives and result.cash_fen and result.account_fen == held_fen:
        held = None if is_trial else person
        result, shares = settle_with_relatives(raw, policy, case, visit, on=localdate(wish.at), held=held)
    settlement = _settlement(wish, request, visit, case, result, shares=shares, benefit_year=year)
    facts = {**facts_beyond(ordinary, visit, found), **earlier_money(case, result), **raise_drawn(case)}
    return Settled(settlement, person, visit, result, age, wish.institution_region, law.decision_id, facts), batches


def _check_visit(wish: SettlementWish, visit: VisitToSettle) -> None:
    """Refuse a visit that cannot be settled by this transaction."""
    if visit.state == "cancelled":
        raise VisitCancelledError(visit_id=wish.visit_id)
    if (visit.care == "inpatient") != wish.is_inpatient:
        raise WrongKindOfCareError(visit_id=wish.visit_id)
    if wish.is_inpatient and visit.state != "discharged" and not wish.is_midway:
        raise NotDischargedError(visit_id=wish.visit_id)
    if visit.scheme != wish.scheme:
        raise WrongSchemeError(sent=wish.scheme, registered=visit.scheme)
    if not visit.voucher_fits:
        raise wish.voucher_refusal or VoucherDoesNotFitError(field="mdtrt_cert_no")
    if wish.division is not None and wish.division != visit.region and not is_within(wish.division, visit.region):
        raise ForeignPersonError(field="insuplc_admdvs", sent=wish.division, insured_at=visit.region)


def _check_insured(visit: VisitToSettle) -> None:
    """Refuse a person whose insurance does not cover the day."""
    day = visit.benefit_date if visit.care != "inpatient" else localdate(visit.began_at)
    covers = visit.enrolled_from <= day and (visit.enrolled_until is None or day < visit.enrolled_until)
    if not covers or visit.enrolment_state != "1":
        raise NotInsuredError(scheme=visit.scheme, day=day, state=visit.enrolment_state if covers else "0")


def age_on(birth_date: date, day: date) -> int:
    """Full years of age on a day (周岁)."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def _settlement(
    wish: SettlementWish,
    request: Request,
    visit: VisitToSettle,
    case: BenefitCase,
    result: BenefitResult,
    *,
    shares: Shares,
    benefit_year: int,
) -> NewSettlement:
    """The row to be written."""
    return NewSettlement(
        id=visit.settlement_id,
        kind="settlement",
        reverses_id=None,
        visit_id=visit.visit_id,
        person_id=visit.person_id,
        institution_id=visit.institution_id,
        enrolment_id=visit.enrolment_id,
        settled_at=wish.at,
        benefit_year=benefit_year,
        msgid=request.msgid,
        infno=request.infno,
        operator=request.operator,
        invoice=wish.invoice,
        uses_account=wish.uses_account,
        is_midway=wish.is_midway,
        voucher_kind=wish.voucher_kind,
        total_fen=case.total_fen,
        full_self_pay_fen=case.full_self_pay_fen,
        over_ceiling_fen=case.over_ceiling_fen,
        self_pay_first_fen=case.self_pay_first_fen,
        in_scope_fen=case.in_scope_fen,
        deductible_fen=result.deductible_fen,
        fund_fen=result.fund_fen,
        person_fen=result.person_fen,
        account_fen=result.account_fen,
        cash_fen=result.cash_fen,
        hospital_fen=result.hospital_fen,
        balance_after_fen=(visit.account_balance_fen or 0) - result.account_fen + shares.total_fen,
        fund_codes=[code for code, _ in result.funds],
        fund_amounts_fen=[fen for _, fen in result.funds],
        accumulator_changes=result.accumulator_changes,
        policy=result.policy_id,
        trace=policies.steps_to_plain(result.steps),
        shared_account_fen=shares.total_fen,
        shared_owner_ids=shares.owner_ids,
        shared_amounts_fen=shares.amounts_fen,
    )


def _writes(settled: Settled, batches: list[BatchSums]) -> list[Write]:
    """Settlement, accumulators, settled batches, account and ledger; all of it or nothing."""
    settlement, under = settled.settlement, settled.decision_id
    return [
        *settlement_kept(settlement, scheme=settled.visit.scheme),
        batches_settled(settlement_id=settlement.id, batch_ids=[batch.batch_id for batch in batches]),
        *money_entered(
            settlement, scheme=settled.visit.scheme, region=settled.visit.region, care_region=settled.care_region
        ),
        *(() if under is None else (settled_under(settlement_id=settlement.id, decision_id=under),)),
        *((circumstances_kept(settlement_id=settlement.id, facts=settled.facts),) if settled.facts else ()),
    ]


def money_entered(settlement: NewSettlement, *, scheme: str, region: str, care_region: str) -> list[Write]:
    """The writes that move the accounts and post to the ledgers of both regions what a settlement or reversal says."""
    own_fen = settlement.account_fen - settlement.shared_account_fen
    moved = account_moved(
        person_id=settlement.person_id,
        amount_fen=-own_fen,
        cause="settlement",
        cause_id=settlement.id,
        entered_at=settlement.settled_at,
    )
    return [
        *(moved if own_fen else ()),
        *(_relatives_moved(settlement) if settlement.shared_owner_ids else ()),
        *settlement_posted(settlement, scheme=scheme, region=region, care_region=care_region),
    ]


def _relatives_moved(settlement: NewSettlement) -> list[Write]:
    """The writes that move the accounts of relatives who pay, or get back, a part."""
    return relatives_accounts_moved(
        person_ids=settlement.shared_owner_ids,
        amounts_fen=[-fen for fen in settlement.shared_amounts_fen],
        cause="settlement",
        cause_id=settlement.id,
        entered_at=settlement.settled_at,
    )


def negated(settlement: NewSettlement, **changes: object) -> NewSettlement:
    """The same settlement with every amount turned round (红字), and the given columns changed."""
    amounts = (
        "total_fen", "full_self_pay_fen", "over_ceiling_fen", "self_pay_first_fen", "in_scope_fen", "deductible_fen",
        "fund_fen", "person_fen", "account_fen", "cash_fen", "hospital_fen", "shared_account_fen",
    )  # fmt: skip
    turned: dict[str, object] = {name: -getattr(settlement, name) for name in amounts}
    turned["fund_amounts_fen"] = [-fen for fen in settlement.fund_amounts_fen]
    turned["shared_amounts_fen"] = [-fen for fen in settlement.shared_amounts_fen]
    turned["accumulator_changes"] = {name: -fen for name, fen in settlement.accumulator_changes.items()}
    return replace(settlement, **{**turned, **changes})  # type: ignore[arg-type]
