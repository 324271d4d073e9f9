"""What persons may bear of in-scope cost in a benefit year (政策范围内个人自付): who to look at, and what stands of theirs."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from django.db.models import BigIntegerField, Case, DateTimeField, F, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce, Least, TruncDate

from yibao.domains.settlement.models import Settlement

_AT_MOST: Final = Least(F("in_scope_fen"), F("person_fen"), output_field=BigIntegerField())
"""No more of the in-scope cost can be the person's own than there is of it, and than the person pays at all."""


def standing_settlements(*, region: str, year: int) -> QuerySet[Settlement]:
    """Settlements of a region's insured in a benefit year that no reversal took back."""
    settlements = Settlement.objects.filter(enrolment__region_id=region, benefit_year=year, reversal=None)
    return settlements.exclude(kind=Settlement.Kind.REVERSAL)


def persons_to_look_at(*, region: str, year: int, least_fen: int) -> list[int]:
    """Persons who may bear `least_fen` or more of the year's in-scope cost, by number, in one statement."""
    sums = standing_settlements(region=region, year=year).values("person_id").annotate(sum_fen=Sum(_AT_MOST))
    return list(sums.filter(sum_fen__gte=least_fen).order_by("person_id").values_list("person_id", flat=True))


def settlements_to_count(*, person_ids: Collection[int], region: str, year: int) -> Sequence[Settlement]:
    """What stands of some persons in a year, person by person in the order of settling, with its trace."""
    found = standing_settlements(region=region, year=year).filter(person_id__in=person_ids, person_fen__gt=0)
    return list(found.select_related("reverses__reverses").order_by("person_id", "settled_at", "id"))


def settlements_from(*, person_id: int, first_day: date) -> Sequence[Settlement]:
    """Settlements that stand of a person's visits from a day on: the day of leaving counts for stays (in Beijing's time)."""
    day = TruncDate(
        Case(
            When(Q(visit__care="inpatient"), then=Coalesce("visit__ended_at", "settled_at")),
            default=F("visit__began_at"),
            output_field=DateTimeField(),
        )
    )
    found = Settlement.objects.filter(person_id=person_id, reversal=None).exclude(kind=Settlement.Kind.REVERSAL)
    related = found.select_related("visit", "institution", "enrolment").defer("trace", "accumulator_changes")
    return list(related.annotate(benefit_day=day).filter(benefit_day__gte=first_day).order_by("benefit_day", "id"))
