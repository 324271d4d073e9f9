"""Incentives of the residents' long-term mechanism (参保长效机制): loyalty and years without claims raise the critical-illness cap."""

from collections.abc import Sequence
from dataclasses import dataclass

from yibao.core.money import share_half_up


@dataclass(frozen=True, slots=True)
class IncentiveTerms:
    """A region's rule of 连续参保激励 and 零报销激励.

    After `full_years` of unbroken enrolment each further year raises the cap by `per_year_fen`; each year without a payment
    by the fund raises the next year's by `no_claim_fen`; both together by at most `most_ppm` of the cap. A break starts the count anew and keeps what was earned, less `break_fen`. Source: 国办发〔2024〕38号.
    """

    counts_from: int
    full_years: int
    per_year_fen: int
    no_claim_fen: int
    most_ppm: int
    break_fen: int
    clause: str


@dataclass(frozen=True, slots=True)
class YearOfInsurance:
    """One year: whether it was paid, whether the fund paid anything, whether the no-claim raise was drawn on."""

    year: int
    is_paid: bool
    has_claims: bool
    used_no_claim: bool = False


@dataclass(frozen=True, slots=True)
class CapRaise:
    """By how much a year's critical-illness cap is raised, in fen: `total_fen` is what both earn, held to the ceiling."""

    unbroken_years: int
    continuous_fen: int
    no_claim_fen: int
    ceiling_fen: int
    total_fen: int
    clause: str


@dataclass(frozen=True, slots=True)
class Earned:
    """What a person has earned up to a year, in fen, before the ceiling: for loyalty, and for years without claims."""

    unbroken_years: int
    continuous_fen: int
    no_claim_fen: int
    is_insured: bool


def earned(terms: IncentiveTerms, *, years: Sequence[YearOfInsurance], year: int) -> Earned:
    """Count what the years up to one have earned; years that are not told were not paid.

    Years before `counts_from` do not count. A no-claim raise that was drawn on is gone for the years after (使用后清零); the raise for
    loyalty stays.
    """
    told = {each.year: each for each in years}
    unbroken = continuous = no_claim = 0
    for number in range(terms.counts_from, year + 1):
        each = told.get(number)
        if each is None or not each.is_paid:
            if unbroken:
                continuous = max(0, continuous - terms.break_fen)
            unbroken = 0
            continue
        unbroken += 1
        if unbroken > terms.full_years:
            continuous += terms.per_year_fen
        if number < year:
            no_claim = 0 if each.used_no_claim else no_claim
            no_claim += 0 if each.has_claims else terms.no_claim_fen
    return Earned(unbroken, continuous, no_claim, unbroken > 0)


def cap_raise(terms: IncentiveTerms, *, years: Sequence[YearOfInsurance], cap_fen: int, year: int) -> CapRaise:
    """Work out the raise of one year's cap; `cap_fen` is the cap as it stands in the law, whoever is not insured has none."""
    told = earned(terms, years=years, year=year)
    ceiling_fen = share_half_up(cap_fen, terms.most_ppm)
    total_fen = (
        raise_of(terms, earned_fen=told.continuous_fen + told.no_claim_fen, cap_fen=cap_fen) if told.is_insured else 0
    )
    return CapRaise(told.unbroken_years, told.continuous_fen, told.no_claim_fen, ceiling_fen, total_fen, terms.clause)


def raise_of(terms: IncentiveTerms, *, earned_fen: int, cap_fen: int) -> int:
    """By how much what was earned raises a cap, in fen: held to the ceiling."""
    return min(earned_fen, share_half_up(cap_fen, terms.most_ppm))
