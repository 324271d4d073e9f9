"""Reading filings: those of a person, those of a region with how they stand, and one by its number."""

from collections.abc import Collection
from datetime import date

from django.db.models import Q, QuerySet

from yibao.domains.filings.models import Filing

STOOD = (Filing.Standing.IN_FORCE, Filing.Standing.WITHDRAWN)
"""What was withdrawn still stands for the days before."""


def filings_in_force(*, person_id: int, kind: str, since: date) -> list[Filing]:
    """A person's filings of a kind that are in force on the day or later, in the order in which they begin."""
    found = Filing.objects.filter(Q(in_force_until=None) | Q(in_force_until__gt=since), person_id=person_id, kind=kind)
    return list(found.filter(standing=Filing.Standing.IN_FORCE).order_by("valid_from", "id"))


def filings_on(*, person_id: int, region: str, scheme: str, day: date) -> list[Filing]:
    """What stands for a person's care on a day under a scheme of a region, in the order in which it was filed."""
    found = Filing.objects.filter(Q(in_force_until=None) | Q(in_force_until__gt=day), valid_from__lte=day)
    return list(found.filter(person_id=person_id, region_id=region, scheme=scheme, standing__in=STOOD).order_by("id"))


def transfers_between(
    *, institution_id: int, institution_code: str, person_id: int | None, since: date, until: date
) -> list[Filing]:
    """Referrals that this institution filed or that lead to it, filed for a day from `since` to `until`, both included."""
    found = Filing.objects.filter(
        Q(filed_at_institution_id=institution_id) | Q(institution_code=institution_code),
        kind=Filing.Kind.TRANSFER, standing=Filing.Standing.IN_FORCE, valid_from__gte=since, valid_from__lte=until,
    )  # fmt: skip
    if person_id is not None:
        found = found.filter(person_id=person_id)
    return list(found.select_related("person").order_by("-valid_from", "-id")[:200])


def filing_of_region(*, region: str, filing_id: int) -> Filing | None:
    """One filing of a region with person and decisions, or nothing."""
    return (
        Filing.objects.select_related("person", "destination", "filed_at_institution")
        .prefetch_related("decisions")
        .filter(pk=filing_id, region_id=region)
        .first()
    )


def filings_of_region(
    *, region: str, kinds: Collection[str] = (), standings: Collection[str] = (), person_id: int | None = None
) -> QuerySet[Filing]:
    """A region's filings, newest first, narrowed by kind, standing and person where they are given."""
    found = Filing.objects.filter(region_id=region).select_related("person", "destination").order_by("-id")
    if kinds:
        found = found.filter(kind__in=kinds)
    if standings:
        found = found.filter(standing__in=standings)
    return found if person_id is None else found.filter(person_id=person_id)
