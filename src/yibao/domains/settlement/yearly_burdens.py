"""What persons bear of in-scope cost in a benefit year after all funds have paid (政策范围内个人自付)."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from django.db.models import BigIntegerField, Case, DateTimeField, F, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce, Greatest, TruncDate

from yibao.domains.settlement.models import Settlement

BURDEN: Final = Greatest(
    F("person_fen") - F("full_self_pay_fen") - F("over_ceiling_fen") - F("self_pay_first_fen"),
    0,
    output_field=BigIntegerField(),
)
"""In-scope cost that no fund and no hospital paid: what a fund pays reduces the in-scope part first, as the kernel does.

The personal account is the person's own, so what it pays counts.
"""

_BURDENS: Final = Q(person_fen__gt=F("full_self_pay_fen") + F("over_ceiling_fen") + F("self_pay_first_fen"))


def standing_settlements(*, region: str, year: int) -> QuerySet[Settlement]:
    """Settlements of a region's insured in a benefit year that no reversal took back, each with its `burden_fen`."""
    settlements = Settlement.objects.filter(enrolment__region_id=region, benefit_year=year, reversal=None)
    return settlements.exclude(kind=Settlement.Kind.REVERSAL).annotate(burden_fen=BURDEN)


def burdened_persons(*, region: str, year: int, least_fen: int) -> dict[int, int]:
    """Persons who bear at least `least_fen` in the year, with what they bear, in one statement."""
    sums = standing_settlements(region=region, year=year).values("person_id").annotate(sum_fen=Sum("burden_fen"))
    return {row["person_id"]: int(row["sum_fen"]) for row in sums.filter(sum_fen__gte=least_fen)}


def burdens_of(*, person_ids: Collection[int], region: str, year: int) -> Sequence[Settlement]:
    """The settlements that burden some persons, person by person in the order of settling, without their traces."""
    found = standing_settlements(region=region, year=year).filter(_BURDENS, person_id__in=person_ids)
    return list(found.defer("trace", "accumulator_changes").order_by("person_id", "settled_at", "id"))


def burden_now_fen(*, person_id: int, region: str, year: int) -> int:
    """What a person bears of a year by the settlements that stand now."""
    sums = standing_settlements(region=region, year=year).filter(person_id=person_id)
    return int(sums.aggregate(sum_fen=Sum("burden_fen"))["sum_fen"] or 0)


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
