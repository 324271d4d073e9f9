"""Estimate what a person would pay for a bill (待遇测算), here and elsewhere, by the law of a day; nothing is kept.

The calculation is the one that settles real visits: the page and the API call this and nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import ClassVar, Final

from yibao import policies
from yibao.core.errors import YibaoError
from yibao.engines.benefits import (
    BenefitCase,
    BenefitResult,
    CompiledPolicy,
    LayerStep,
    UnknownCircumstanceError,
    settle,
)
from yibao.policies.law import NONE, Clause, Law
from yibao.workflows.price_list import ListedLine, PricedLine, price_list

MOST_FEN: Final = 1_000_000_000
"""Ten million yuan: no bill of one visit is larger, so a larger figure is a slip of the finger. Our default."""


class AbsurdAmountError(YibaoError):
    """An amount is negative or beyond ten million yuan."""

    code: ClassVar[str] = "estimate.absurd_amount"


class EmptyBillError(YibaoError):
    """The bill is nothing, so there is nothing to estimate."""

    code: ClassVar[str] = "estimate.empty_bill"


class CareNotGivenError(YibaoError):
    """Institutions of this level do not give this kind of care under the scheme."""

    code: ClassVar[str] = "estimate.care_not_given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Whose bill, where and when; amounts in fen. `counted` is what this year has used of the scheme's accumulators.

    `aid` (救助身份), `tenure` (full years of enrolment), `plan` and `disease` matter where the scheme declares them;
    `further_balances_fen` are the account's second and later balances, in the scheme's order.
    """

    region: str
    scheme: str
    on: date
    care: str
    level: str
    status: str
    place: str
    age: int
    ordinal: int = 1
    aid: str = NONE
    tenure: int = 0
    plan: str = NONE
    disease: str = NONE
    account_balance_fen: int = 0
    further_balances_fen: tuple[int, ...] = ()
    counted: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A bill by its parts in fen; `is_assumed` says that all of it was taken to be in scope because only a total is known."""

    total_fen: int
    full_self_pay_fen: int = 0
    over_ceiling_fen: int = 0
    self_pay_first_fen: int = 0
    in_scope_fen: int = 0
    is_assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """The same bill at a level and a place: who would pay what, in fen, and how much more than in the situation given."""

    level: str
    place: str
    is_here: bool
    bill: Bill
    fund_fen: int
    person_fen: int
    difference_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What the person would pay, on which clauses it stands, and the comparison with other levels and places."""

    situation: Situation
    bill: Bill
    lines: tuple[PricedLine, ...]
    policy: CompiledPolicy
    law: Law
    result: BenefitResult
    clauses: tuple[Clause, ...]
    elsewhere: tuple[Elsewhere, ...]


def all_in_scope(total_fen: int) -> Bill:
    """The bill of which only the total is known: all of it is taken to be in scope, and the bill says so."""
    return Bill(total_fen=total_fen, in_scope_fen=total_fen, is_assumed=True)


def estimate_benefits(situation: Situation, bill: Bill | Sequence[ListedLine]) -> Estimate:
    """Estimate a bill that was typed, or the lines of a list, which are priced by the catalogue.

    :raises yibao.policies.NoPolicyError: no law of this region and scheme is in force on the day.
    :raises AbsurdAmountError, EmptyBillError, CareNotGivenError: the question makes no sense.
    :raises yibao.workflows.price_list.TooManyLinesError, yibao.workflows.price_list.RefusedLinesError: of a list.
    :raises yibao.engines.benefits.BrokenIdentityError: the parts are not the total.
    :raises yibao.engines.benefits.UnknownCircumstanceError, yibao.engines.benefits.UnknownAccumulatorError: the law
        does not speak of it.
    """
    policy = policies.load(situation.region, situation.scheme, situation.on)
    law = policies.law_of(policy)
    given = law.scheme.cares.get(situation.care)
    if given is not None and situation.level not in given.levels:
        raise CareNotGivenError(care=situation.care, level=situation.level)
    further = {f"further_balances.{place}": fen for place, fen in enumerate(situation.further_balances_fen)}
    _check_amounts({"account_balance": situation.account_balance_fen, **further, **situation.counted})
    here, lines = _bill_at(situation, bill)
    result = settle(policy, _case(law, situation, here))
    return Estimate(
        situation=situation,
        bill=here,
        lines=lines,
        policy=policy,
        law=law,
        result=result,
        clauses=tuple(_clauses(law, result.steps)),
        elsewhere=tuple(_compare(policy, law, situation, bill, result)),
    )


def _bill_at(situation: Situation, bill: Bill | Sequence[ListedLine]) -> tuple[Bill, tuple[PricedLine, ...]]:
    """The bill's parts at the situation's level: as typed, or as the catalogue splits the lines there."""
    lines: tuple[PricedLine, ...] = ()
    if not isinstance(bill, Bill):
        lines = price_list(
            bill, region=situation.region, scheme=situation.scheme, level=situation.level, on=situation.on
        )
        bill = Bill(
            total_fen=sum(line.amount_fen for line in lines),
            full_self_pay_fen=sum(line.parts.full_self_pay_fen for line in lines),
            over_ceiling_fen=sum(line.parts.over_ceiling_fen for line in lines),
            self_pay_first_fen=sum(line.parts.self_pay_first_fen for line in lines),
            in_scope_fen=sum(line.parts.in_scope_fen for line in lines),
        )
    _check_amounts({"total": bill.total_fen})
    if bill.total_fen == 0:
        raise EmptyBillError(total_fen=0)
    return bill, lines


def _check_amounts(amounts: Mapping[str, int]) -> None:
    """Refuse figures that no bill and no year has."""
    for name, amount_fen in amounts.items():
        if not 0 <= amount_fen <= MOST_FEN:
            raise AbsurdAmountError(field=name, amount_fen=amount_fen, most_yuan=MOST_FEN // 100)


def _case(law: Law, situation: Situation, bill: Bill) -> BenefitCase:
    """The kernel's input; whoever has a balance in the account is taken to use it."""
    first_month = int(law.scheme.year_starts[:2])
    return BenefitCase(
        care=situation.care,
        level=situation.level,
        status=situation.status,
        age=situation.age,
        ordinal=situation.ordinal,
        place=situation.place,
        total_fen=bill.total_fen,
        full_self_pay_fen=bill.full_self_pay_fen,
        over_ceiling_fen=bill.over_ceiling_fen,
        self_pay_first_fen=bill.self_pay_first_fen,
        in_scope_fen=bill.in_scope_fen,
        account_balance_fen=situation.account_balance_fen,
        account_used=situation.account_balance_fen > 0 or any(situation.further_balances_fen),
        accumulators=situation.counted,
        further_balances=situation.further_balances_fen,
        aid=situation.aid,
        tenure=situation.tenure,
        plan=situation.plan,
        disease=situation.disease,
        month=(situation.on.month - first_month) % 12,
    )


def _clauses(law: Law, steps: Sequence[LayerStep]) -> Iterator[Clause]:
    """The clauses that the calculation stands on, each once, in the order of the calculation."""
    used = (name for step in steps for name in (step.deductible_clause, step.clause, step.cap_clause))
    for name in dict.fromkeys(used):
        if name is not None and name in law.clauses:
            yield law.clauses[name]


def _compare(
    policy: CompiledPolicy,
    law: Law,
    situation: Situation,
    bill: Bill | Sequence[ListedLine],
    here: BenefitResult,
) -> Iterator[Elsewhere]:
    """The same bill at every level that gives this care and at every place the law speaks of, a list priced anew."""
    for level in law.scheme.cares[situation.care].levels:
        parts, _ = _bill_at(replace(situation, level=level), bill)
        for place in law.scheme.places:
            there = replace(situation, level=level, place=place)
            try:
                result = settle(policy, _case(law, there, parts))
            except UnknownCircumstanceError:
                continue
            yield Elsewhere(
                level=level,
                place=place,
                is_here=(level, place) == (situation.level, situation.place),
                bill=parts,
                fund_fen=result.fund_fen,
                person_fen=result.person_fen,
                difference_fen=result.person_fen - here.person_fen,
            )
