"""What maternity insurance owes for one birth or miscarriage: days → allowance, checks, delivery; integers only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from yibao.core.errors import YibaoError
from yibao.core.money import divide_half_up

Event = Literal["birth", "miscarriage"]


class WrongMaternityCaseError(YibaoError):
    """A negative amount, a birth without a child, or a miscarriage with one; nothing is assumed."""

    code: ClassVar[str] = "maternity.wrong_case"


class UnknownCareKindError(YibaoError):
    """The law names no amount for this kind of delivery or operation, yet cost is claimed for it."""

    code: ClassVar[str] = "maternity.unknown_care_kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaternityTerms:
    """The law of a day. Amounts in fen, `prenatal_limits` by the completed week from which each holds, rising from 0.

    `care_fixed` is paid whatever the cost was; `care_limits` bounds the cost. No bound: None, or an empty table. An
    empty table of prenatal limits reimburses no checks. `late_from_weeks` is the completed week from which a
    miscarriage counts as late.
    """

    divisor_days: int
    birth_days: int
    difficult_days: int
    further_child_days: int
    local_days: int
    early_miscarriage_days: int
    late_miscarriage_days: int
    late_from_weeks: int
    wage_floor_fen: int | None
    wage_roof_fen: int | None
    employer_tops_up: bool
    prenatal_limits: tuple[tuple[int, int], ...]
    care_fixed: Mapping[str, int]
    care_limits: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaternityCase:
    """One event with what it stands on; wages are monthly, amounts in fen.

    `has_allowance` is false for who is not insured through an employer: then cost alone is reimbursed.
    """

    event: Event
    is_difficult: bool
    children: int
    pregnancy_weeks: int
    average_wage_fen: int
    own_wage_fen: int
    has_allowance: bool
    prenatal_cost_fen: int
    care_cost_fen: int
    care_key: str


@dataclass(frozen=True, slots=True)
class Days:
    """The days of the allowance and what they consist of."""

    basic: int
    difficult: int
    further_children: int
    local: int

    @property
    def total(self) -> int:
        """All days."""
        return self.basic + self.difficult + self.further_children + self.local


@dataclass(frozen=True, slots=True)
class MaternityResult:
    """What is owed, in fen; `employer_tops_up_fen` is not the fund's: the employer pays it to reach the own wage.

    `wage_fen` is the monthly wage that counted, within floor and roof. The limits are those that were held against cost.
    """

    days: Days
    wage_fen: int
    allowance_fen: int
    employer_tops_up_fen: int
    prenatal_limit_fen: int
    prenatal_fen: int
    care_fen: int

    @property
    def fund_fen(self) -> int:
        """What the fund owes."""
        return self.allowance_fen + self.prenatal_fen + self.care_fen


def settle_maternity(terms: MaternityTerms, case: MaternityCase) -> MaternityResult:
    """Compute allowance and cost of one event.

    Allowance = average monthly wage of the employer's last year / 30 × days, rounded half up to the fen once.
    Source: 女职工劳动保护特别规定 art. 7, 8; 社会保险法 art. 56.
    :raises WrongMaternityCaseError: the case contradicts itself.
    :raises UnknownCareKindError: cost is claimed for a kind the law has no amount for.
    """
    _refuse_contradictions(case)
    days = days_of(terms, case) if case.has_allowance else Days(0, 0, 0, 0)
    wage_fen = _within(case.average_wage_fen, terms.wage_floor_fen, terms.wage_roof_fen)
    allowance_fen = divide_half_up(wage_fen * days.total, terms.divisor_days)
    own_fen = divide_half_up(case.own_wage_fen * days.total, terms.divisor_days)
    limit_fen = _prenatal_limit(terms, case.pregnancy_weeks)
    return MaternityResult(
        days=days,
        wage_fen=wage_fen,
        allowance_fen=allowance_fen,
        employer_tops_up_fen=max(own_fen - allowance_fen, 0) if terms.employer_tops_up else 0,
        prenatal_limit_fen=limit_fen,
        prenatal_fen=min(case.prenatal_cost_fen, limit_fen),
        care_fen=_care(terms, case),
    )


def _refuse_contradictions(case: MaternityCase) -> None:
    """Refuse what cannot be."""
    amounts = (case.average_wage_fen, case.own_wage_fen, case.prenatal_cost_fen, case.care_cost_fen)
    if min(amounts) < 0 or case.pregnancy_weeks < 0:
        raise WrongMaternityCaseError(event=case.event, children=case.children)
    if (case.event == "birth") != (case.children >= 1) or (case.event != "birth" and case.is_difficult):
        raise WrongMaternityCaseError(event=case.event, children=case.children)


def days_of(terms: MaternityTerms, case: MaternityCase) -> Days:
    """The days of leave that the allowance covers (产假天数)."""
    if case.event == "miscarriage":
        is_late = case.pregnancy_weeks >= terms.late_from_weeks
        return Days(terms.late_miscarriage_days if is_late else terms.early_miscarriage_days, 0, 0, 0)
    return Days(
        basic=terms.birth_days,
        difficult=terms.difficult_days if case.is_difficult else 0,
        further_children=terms.further_child_days * (case.children - 1),
        local=terms.local_days,
    )


def _within(amount_fen: int, floor_fen: int | None, roof_fen: int | None) -> int:
    """The amount, held between floor and roof where there are any."""
    if roof_fen is not None:
        amount_fen = min(amount_fen, roof_fen)
    return amount_fen if floor_fen is None else max(amount_fen, floor_fen)


def _prenatal_limit(terms: MaternityTerms, weeks: int) -> int:
    """The limit that the reached week gives."""
    return max((fen for from_weeks, fen in terms.prenatal_limits if from_weeks <= weeks), default=0)


def _care(terms: MaternityTerms, case: MaternityCase) -> int:
    """What is reimbursed for the delivery or operation when it cost anything: the fixed amount, or the cost to its limit."""
    if not case.care_cost_fen:
        return 0
    if case.care_key in terms.care_fixed:
        return terms.care_fixed[case.care_key]
    if case.care_key in terms.care_limits:
        return min(case.care_cost_fen, terms.care_limits[case.care_key])
    raise UnknownCareKindError(kind=case.care_key)
