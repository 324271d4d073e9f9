"""What the public may know of agreements (公开): institutions with agreements, published breaches, published assessments."""

from datetime import date

from django.db.models import QuerySet

from yibao.domains.agreements.conduct import AssessmentSheet, Breach
from yibao.domains.agreements.models import Agreement, AgreementKind
from yibao.domains.agreements.queries import in_force_on


def agreements_disclosed(*, region: str, day: date, kind: str = "", name: str = "") -> QuerySet[Agreement]:
    """Agreements with institutions in force in a region on a day, by the institution's name; annexes of physicians are none.

    `kind` and `name` narrow them down. A supplement shows only while the institution's designation is not suspended.
    """
    suspended = Agreement.objects.filter(
        kind=AgreementKind.DESIGNATION, case__region_id=region, suspensions__begins_on__lte=day,
        suspensions__lifted_on=None,
    ).values("institution_id")  # fmt: skip
    found = (
        in_force_on(day)
        .filter(case__region_id=region, kind__in=[AgreementKind.DESIGNATION, AgreementKind.INTERNET])
        .exclude(kind=AgreementKind.INTERNET, institution_id__in=suspended)
        .select_related("institution")
        .order_by("institution__name", "kind", "id")
    )
    if kind in {AgreementKind.DESIGNATION, AgreementKind.INTERNET}:
        found = found.filter(kind=kind)
    return found.filter(institution__name__contains=name) if name else found


def breaches_disclosed(*, region: str) -> QuerySet[Breach]:
    """Breaches of a region that were published, the latest first."""
    return (
        Breach.objects.filter(region_id=region, publication__isnull=False)
        .select_related("institution", "publication")
        .order_by("-publication__published_at", "-id")
    )


def assessments_disclosed(*, region: str) -> QuerySet[AssessmentSheet]:
    """Assessments of a region's institutions that were published, the latest year first."""
    return (
        AssessmentSheet.objects.filter(region_id=region, publication__isnull=False)
        .select_related("institution", "publication")
        .order_by("-year", "institution__name", "scope")
    )


def disclosing_regions() -> list[str]:
    """The regions that have an agreement to show, by code."""
    found = Agreement.objects.filter(signed_at__isnull=False).values_list("case__region_id", flat=True)
    return sorted(set(found))
