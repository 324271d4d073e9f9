"""Reading clinical records: the latest versions of a visit, of a person's reports, of a self-payer's bill."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from yibao.domains.clinical.models import ClinicalRecord
from yibao.domains.staff.queries import Scope


def latest_records() -> "QuerySet[ClinicalRecord]":
    """The latest version of every record."""
    newer = ClinicalRecord.objects.filter(
        institution_id=OuterRef("institution_id"),
        kind=OuterRef("kind"),
        visit_number=OuterRef("visit_number"),
        key=OuterRef("key"),
        version__gt=OuterRef("version"),
    )
    return ClinicalRecord.objects.filter(~Exists(newer))


def records_of_number(*, institution_id: int, visit_number: str, kinds: tuple[str, ...]) -> list[ClinicalRecord]:
    """The latest records of a visit by its number at the institution, of these kinds."""
    return list(
        latest_records()
        .filter(institution_id=institution_id, visit_number=visit_number, kind__in=kinds)
        .order_by("kind", "pk")
    )


def reports_of_person(
    *, person_id: int, since: datetime, item_code: str, institution: str, limit: int
) -> list[ClinicalRecord]:
    """Valid examination and laboratory reports of a person at all institutions, newest first, for mutual recognition."""
    wanted = Q(person_id=person_id, kind__in=("4501", "4502"), is_valid=True, occurred_at__gte=since)
    if item_code:
        wanted &= Q(item_code=item_code) | Q(content__iteminfo__contains=[{"exam_item_code": item_code}])
    if institution:
        wanted &= Q(institution__code=institution)
    found = latest_records().filter(wanted).select_related("institution").order_by("-occurred_at", "-pk")
    return list(found[:limit])


def report_of_person(*, person_id: int, institution: str, report_number: str) -> ClinicalRecord | None:
    """One examination or laboratory report of a person by its number at the institution that made it."""
    return (
        latest_records()
        .filter(
            person_id=person_id,
            institution__code=institution,
            report_number=report_number,
            kind__in=("4501", "4502"),
            is_valid=True,
        )
        .select_related("institution")
        .order_by("-pk")
        .first()
    )


def visible_records(scope: Scope) -> "QuerySet[ClinicalRecord]":
    """The latest records a member may open: of the region's institutions, of one of them if the scope says so."""
    if not scope.sees_records:
        return ClinicalRecord.objects.none()
    found = latest_records().filter(institution__division__pooling_region=scope.region)
    return found if scope.institution_id is None else found.filter(institution_id=scope.institution_id)


def versions_of(record: ClinicalRecord) -> list[ClinicalRecord]:
    """All versions of a record, newest first."""
    return list(
        ClinicalRecord.objects.filter(
            institution_id=record.institution_id, kind=record.kind, visit_number=record.visit_number, key=record.key
        ).order_by("-version")
    )


def has_records(*, visit_id: int) -> bool:
    """Whether any valid record of care was uploaded for a visit."""
    return latest_records().filter(visit_id=visit_id, is_valid=True).exists()
