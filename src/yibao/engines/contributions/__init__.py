"""Contributions (缴费): what is owed for a month or year, how it is split, and what a gap, loyalty or a birth brings."""

from yibao.engines.contributions.allowance import AllowanceTerms, UnknownLeaveError, maternity_allowance_fen
from yibao.engines.contributions.assess import Assessed, AssessedLine, assess, repeated
from yibao.engines.contributions.coverage import PaidPeriod, Run, latest_run
from yibao.engines.contributions.double import DoubleRule, Held, Kept, keep_one
from yibao.engines.contributions.incentives import CapRaise, IncentiveTerms, YearOfInsurance, cap_raise
from yibao.engines.contributions.terms import BaseLimits, ContributionTerms, Credit, Levy, Payer, Pot, Relief
from yibao.engines.contributions.waiting import Waiting, WaitingFacts, WaitingTerms, add_months, waiting_of
from yibao.engines.contributions.years import YearsTerms, months_short

__all__ = [
    "AllowanceTerms",
    "Assessed",
    "AssessedLine",
    "BaseLimits",
    "CapRaise",
    "ContributionTerms",
    "Credit",
    "DoubleRule",
    "Held",
    "IncentiveTerms",
    "Kept",
    "Levy",
    "PaidPeriod",
    "Payer",
    "Pot",
    "Relief",
    "Run",
    "UnknownLeaveError",
    "Waiting",
    "WaitingFacts",
    "WaitingTerms",
    "YearOfInsurance",
    "YearsTerms",
    "add_months",
    "assess",
    "cap_raise",
    "keep_one",
    "latest_run",
    "maternity_allowance_fen",
    "months_short",
    "repeated",
    "waiting_of",
]
