"""Contributions (缴费): what is owed for a month or year, how it is split, and what a gap or loyalty brings."""

from yibao.engines.contributions.arrears import (
    ArrearsTerms,
    LateFeeDue,
    LateFeeTerms,
    arrears_begin,
    late_fee,
    suspended_from,
)
from yibao.engines.contributions.assess import Assessed, AssessedLine, assess, repeated
from yibao.engines.contributions.coverage import PaidPeriod, Run, latest_run
from yibao.engines.contributions.double import DoubleRule, Held, Kept, keep_one
from yibao.engines.contributions.incentives import (
    CapRaise,
    Earned,
    IncentiveTerms,
    YearOfInsurance,
    cap_raise,
    earned,
    raise_of,
)
from yibao.engines.contributions.terms import BaseLimits, ContributionTerms, Credit, Levy, Payer, Pot, Relief
from yibao.engines.contributions.waiting import Waiting, WaitingFacts, WaitingTerms, add_months, waiting_of
from yibao.engines.contributions.years import YearsTerms, months_short

__all__ = [
    "ArrearsTerms",
    "Assessed",
    "AssessedLine",
    "BaseLimits",
    "CapRaise",
    "ContributionTerms",
    "Credit",
    "DoubleRule",
    "Earned",
    "Held",
    "IncentiveTerms",
    "Kept",
    "LateFeeDue",
    "LateFeeTerms",
    "Levy",
    "PaidPeriod",
    "Payer",
    "Pot",
    "Relief",
    "Run",
    "Waiting",
    "WaitingFacts",
    "WaitingTerms",
    "YearOfInsurance",
    "YearsTerms",
    "add_months",
    "arrears_begin",
    "assess",
    "cap_raise",
    "earned",
    "keep_one",
    "late_fee",
    "latest_run",
    "months_short",
    "raise_of",
    "repeated",
    "suspended_from",
    "waiting_of",
]
