"""What a resident has earned by loyalty and by years without claims (连续参保激励、零报销激励), from the records."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Q, Sum

from yibao.domains.enrolment.owing import standing_contributions
from yibao.domains.settlement.models import Circumstances, Settlement
from yibao.engines.contributions import Earned, IncentiveTerms, YearOfInsurance, cap_raise, earned
from yibao.policies import NoPolicyError
from yibao.policies.contribution_terms import contribution_law, incentive_terms

RESIDENTS: Final = "390"
RAISED: Final = "raised_cap_fen"
"""The fact that a settlement drew on a raised cap, as it is kept with the settlement's circumstances."""


@dataclass(frozen=True, slots=True)
class EarnedIncentives:
    """What was earned, together before the ceiling in fen, and the ceiling as a share of the critical-illness cap."""

    earned: Earned
    sum_fen: int
    most_percent: int


def earned_incentives(*, person_id: int, region: str, year: int) -> EarnedIncentives | None:
    """Count what a person's years as a resident have earned; None without a rule in the region, or not paid this year."""
    known = _history(person_id, region, year)
    if known is None:
        return None
    terms, years = known
    told = earned(terms, years=years, year=year)
    return EarnedIncentives(told, told.continuous_fen + told.no_claim_fen, terms.most_ppm // 10_000)


def earned_raise_fen(*, person_id: int, region: str, scheme: str, year: int, cap_fen: int) -> int:
    """By how much the person's years raise a cap of the year, in fen; nothing outside the residents' scheme."""
    known = _history(person_id, region, year) if scheme == RESIDENTS else None
    if known is None:
        return 0
    terms, years = known
    return cap_raise(terms, years=years, cap_fen=cap_fen, year=year).total_fen


def _history(person_id: int, region: str, year: int) -> tuple[IncentiveTerms, list[YearOfInsurance]] | None:
    """The region's rule and the person's years up to this one.

    A year has claims when the funds paid anything that stands, and has used its raise when a standing settlement drew on it.
    """
    try:
        terms = incentive_terms(contribution_law(region), RESIDENTS, date(year, 1, 1))
    except NoPolicyError:
        return None
    paid = standing_contributions(person_ids=[person_id], scheme=RESIDENTS)
    starts = {start.year for start in paid.values_list("period_start", flat=True)}
    if terms is None or year not in starts:
        return None
    claims = (
        Settlement.objects.filter(person_id=person_id, enrolment__scheme=RESIDENTS)
        .values("benefit_year")
        .annotate(paid_fen=Sum("fund_fen"))
    )
    with_claims = {row["benefit_year"] for row in claims if row["paid_fen"]}
    drawn = _years_that_drew(person_id)
    return terms, [
        YearOfInsurance(each, is_paid=True, has_claims=each in with_claims, used_no_claim=each in drawn)
        for each in sorted(starts)
    ]


def _years_that_drew(person_id: int) -> set[int]:
    """The benefit years in which a settlement that stands, or stands again, drew on a raised cap."""
    stands = Q(settlement__reversal=None) | Q(settlement__reversal__reversal__isnull=False)
    drew = Circumstances.objects.filter(stands, settlement__person_id=person_id, facts__has_key=RAISED)
    return set(drew.filter(settlement__enrolment__scheme=RESIDENTS).values_list("settlement__benefit_year", flat=True))
