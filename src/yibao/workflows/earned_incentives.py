"""What a resident has earned by loyalty and by years without claims (连续参保激励、零报销激励), from the records."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Sum

from yibao.domains.enrolment.owing import standing_contributions
from yibao.domains.settlement.models import Settlement
from yibao.engines.contributions import Earned, YearOfInsurance, earned
from yibao.policies import NoPolicyError
from yibao.policies.contribution_terms import contribution_law, incentive_terms

RESIDENTS: Final = "390"


@dataclass(frozen=True, slots=True)
class EarnedIncentives:
    """What was earned, together before the ceiling in fen, and the ceiling as a share of the critical-illness cap."""

    earned: Earned
    sum_fen: int
    most_percent: int


def earned_incentives(*, person_id: int, region: str, year: int) -> EarnedIncentives | None:
    """Count what a person's years as a resident have earned; None without a rule in the region, or not paid this year.

    A year has claims when the funds paid anything that stands. That a raise was drawn on is not recorded yet, so that nothing is reset.
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
    years = [YearOfInsurance(each, is_paid=True, has_claims=each in with_claims) for each in sorted(starts)]
    told = earned(terms, years=years, year=year)
    return EarnedIncentives(told, told.continuous_fen + told.no_claim_fen, terms.most_ppm // 10_000)
