"""What a resident has earned by loyalty and by years without claims (连续参保激励、零报销激励), from the records."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
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


_PAGE: Final = 5_000


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
    terms = _terms(region, year)
    years = _years_of([person_id]).get(person_id, []) if terms is not None else []
    if terms is None or year not in {each.year for each in years}:
        return None
    return terms, years


def earned_of_everybody() -> Iterator[tuple[int, int, int]]:
    """What residents had earned for each year in which anything was settled for them: person, year, fen before the ceiling.

    Rows without anything earned are left out. Read a page of persons at a time.
    """
    settled = Settlement.objects.filter(enrolment__scheme=RESIDENTS).order_by("person_id", "benefit_year")
    settled_years = settled.values_list("person_id", "benefit_year", "enrolment__region_id").distinct()
    after = 0
    while page := list(settled_years.filter(person_id__gt=after)[:_PAGE]):
        if len(page) == _PAGE and page[0][0] != page[-1][0]:
            page = [row for row in page if row[0] != page[-1][0]]  # the last person may go on in the next page
        after = page[-1][0]
        years = _years_of({person_id for person_id, _year, _region in page})
        for (person_id, year), rows in groupby(page, key=lambda row: (row[0], row[1])):
            terms = _terms(next(rows)[2], year)
            paid = years.get(person_id, [])
            if terms is None or year not in {each.year for each in paid}:
                continue
            told = earned(terms, years=paid, year=year)
            if told.continuous_fen + told.no_claim_fen:
                yield person_id, year, told.continuous_fen + told.no_claim_fen


def _terms(region: str, year: int) -> IncentiveTerms | None:
    """The region's rule of a year, if it has one."""
    try:
        return incentive_terms(contribution_law(region), RESIDENTS, date(year, 1, 1))
    except NoPolicyError:
        return None


def _years_of(person_ids: Collection[int]) -> Mapping[int, list[YearOfInsurance]]:
    """The years that persons paid as residents, in order, by person."""
    starts: dict[int, set[int]] = defaultdict(set)
    paid = standing_contributions(person_ids=list(person_ids), scheme=RESIDENTS)
    for person_id, start in paid.values_list("enrolment__person_id", "period_start"):
        starts[person_id].add(start.year)
    claims = (
        Settlement.objects.filter(person_id__in=person_ids, enrolment__scheme=RESIDENTS)
        .values("person_id", "benefit_year")
        .annotate(paid_fen=Sum("fund_fen"))
    )
    with_claims = {(row["person_id"], row["benefit_year"]) for row in claims if row["paid_fen"]}
    drawn = _years_that_drew(person_ids)
    return {
        person_id: [
            YearOfInsurance(
                each,
                is_paid=True,
                has_claims=(person_id, each) in with_claims,
                used_no_claim=(person_id, each) in drawn,
            )
            for each in sorted(years)
        ]
        for person_id, years in starts.items()
    }


def _years_that_drew(person_ids: Collection[int]) -> set[tuple[int, int]]:
    """Persons with the benefit years in which a settlement that stands, or stands again, drew on a raised cap."""
    stands = Q(settlement__reversal=None) | Q(settlement__reversal__reversal__isnull=False)
    drew = Circumstances.objects.filter(stands, settlement__person_id__in=person_ids, facts__has_key=RAISED)
    drew = drew.filter(settlement__enrolment__scheme=RESIDENTS)
    return set(drew.values_list("settlement__person_id", "settlement__benefit_year"))
