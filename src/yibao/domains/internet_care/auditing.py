"""Reading what the audit of settled visits over the internet looks at, and writing what it found."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate

from yibao.domains.institutions.models import Institution
from yibao.domains.internet_care.models import AuditRun, Finding
from yibao.domains.settlement.models import SettledBatch, Settlement
from yibao.domains.storage import Raw, ask
from yibao.domains.visits.models import FeeLine, Visit

_MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class NewFinding:
    """What the audit found: the rule, its article, the lines it is about, and what shows it."""

    rule: str
    article: str
    line_ids: Sequence[int]
    facts: Mapping[str, Any]


def standing(found: "QuerySet[Settlement]") -> "QuerySet[Settlement]":
    """The settlements among these that were not reversed."""
    reversed_by = Settlement.objects.filter(reverses_id=OuterRef("pk"))
    return found.exclude(kind=Settlement.Kind.REVERSAL).filter(~Exists(reversed_by))


def unaudited(
    *, region: str, medical_types: Collection[str], first_day: date, last_day: date, limit: int
) -> list[Settlement]:
    """Standing settlements of visits over the internet at a region's institutions that no audit looked at, oldest first."""
    found = Settlement.objects.filter(
        settled_at__date__gte=first_day,
        settled_at__date__lte=last_day,
        visit__medical_type__in=list(medical_types),
        visit__care=Visit.Care.OUTPATIENT,
        institution__division__pooling_region=region,
        internet_audit=None,
    )
    return list(standing(found).select_related("visit", "person", "institution").order_by("pk")[:limit])


def settled_lines(settlement: Settlement) -> list[FeeLine]:
    """The fee lines that a settlement stands on."""
    batches = SettledBatch.objects.filter(settlement=settlement).values("batch_id")
    return list(FeeLine.objects.filter(batch_id__in=batches, withdrawn_at=None).order_by("pk"))


def other_days(raw: Raw, *, person_id: int, visit_id: int, codes: Sequence[str], day: date) -> dict[str, list[date]]:
    """On which days around a day the person got the same items in other visits, wherever, by item code."""
    rows = ask(
        raw,
        "SELECT l.item_code, (l.occurred_at AT TIME ZONE 'Asia/Shanghai')::date FROM visits_feeline l"
        " JOIN visits_visit v ON v.id = l.visit_id WHERE v.person_id = %s AND v.id <> %s AND v.state <> 'cancelled'"
        " AND l.item_code = ANY (%s::text[]) AND l.withdrawn_at IS NULL"
        " AND (l.occurred_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN %s::date - 31 AND %s::date + 31",
        (person_id, visit_id, list(codes), day, day),
    ).fetchall()
    found: dict[str, list[date]] = {}
    for code, other in rows:
        found.setdefault(code, []).append(other)
    return found


def is_in_hospital(visit: Visit) -> bool:
    """Whether the person lay in a hospital at the time of an outpatient visit."""
    return (
        Visit.objects.filter(person_id=visit.person_id, care=Visit.Care.INPATIENT, began_at__lt=visit.began_at)
        .filter(Q(ended_at=None) | Q(ended_at__gt=visit.began_at))
        .exclude(state=Visit.State.CANCELLED)
        .exists()
    )


def visits_of_physician(visit: Visit, *, medical_types: Collection[str]) -> int:
    """How many visits over the internet the physician held on the day of this one."""
    return (
        Visit.objects.filter(
            physician_code=visit.physician_code,
            medical_type__in=list(medical_types),
            began_at__date=localdate(visit.began_at),
        )
        .exclude(state=Visit.State.CANCELLED)
        .count()
    )


def visits_of_person_lately(visit: Visit, *, medical_types: Collection[str]) -> int:
    """How many visits over the internet the person had in the thirty days up to this one, itself counted."""
    return (
        Visit.objects.filter(
            person_id=visit.person_id,
            medical_type__in=list(medical_types),
            began_at__gt=visit.began_at - _MONTH,
            began_at__lte=visit.began_at,
        )
        .exclude(state=Visit.State.CANCELLED)
        .count()
    )


@transaction.atomic
def keep_audit(*, settlement: Settlement, document: str, findings: Sequence[NewFinding], at: datetime) -> AuditRun:
    """Keep that a settlement was audited, and everything that was found."""
    run = AuditRun.objects.create(settlement=settlement, document=document, audited_at=at)
    Finding.objects.bulk_create(
        Finding(audit=run, rule=each.rule, article=each.article, line_ids=list(each.line_ids), facts=dict(each.facts))
        for each in findings
    )
    return run


def audited_institutions(region: str) -> "QuerySet[Institution]":
    """The institutions of a region with an approval for care over the internet, by code."""
    return Institution.objects.filter(division__pooling_region=region, internet_practices__isnull=False).distinct()
