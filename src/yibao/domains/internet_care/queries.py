"""Reading care over the internet: what a check of a visit stands on, and what was checked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils.timezone import localdate

from yibao.domains.institutions.models import Department, Practitioner
from yibao.domains.internet_care.models import InternetPractice, PhysicianQualification, Verification, VisitCheck
from yibao.domains.storage import Raw, ask
from yibao.domains.visits.models import Diagnosis, Visit

_LOOKED_BACK = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class VisitOnline:
    """A visit as its check needs it; `region` is that of the institution, `main_code` empty without a diagnosis."""

    id: int
    person_id: int
    institution_id: int
    institution_code: str
    level: str
    region: str
    designated_from: date
    designated_until: date | None
    care: str
    medical_type: str
    voucher_kind: str
    began_at: datetime
    department_code: str
    physician_code: str
    main_code: str


def visit_online(raw: Raw, *, visit_id: int) -> VisitOnline | None:
    """The visit as it stands in the running transaction."""
    row = ask(
        raw,
        "SELECT v.id, v.person_id, v.institution_id, i.code, i.level, d.pooling_region, i.designated_from,"
        " i.designated_until, v.care, v.medical_type, v.voucher_kind, v.began_at, v.department_code, v.physician_code,"
        " COALESCE((SELECT g.code FROM visits_diagnosis g WHERE g.visit_id = v.id AND g.is_current AND g.is_main"
        "   ORDER BY g.stage DESC, g.rank, g.id LIMIT 1), '')"
        " FROM visits_visit v JOIN institutions_institution i ON i.id = v.institution_id"
        " JOIN reference_division d ON d.code = i.division_id WHERE v.id = %s",
        (visit_id,),
    ).fetchone()
    return VisitOnline(*row) if row else None


def practice_on(institution_id: int, day: date) -> InternetPractice | None:
    """The institution's approval that holds on a day."""
    holds = Q(valid_from__lte=day) & (Q(valid_until=None) | Q(valid_until__gt=day))
    return InternetPractice.objects.filter(holds, institution_id=institution_id).first()


def offline_departments(institution_id: int, *, at: datetime) -> frozenset[str]:
    """The codes of the physical institution's departments that stand at a moment."""
    stands = (Q(began_at=None) | Q(began_at__lte=at)) & (Q(ended_at=None) | Q(ended_at__gt=at))
    found = Department.objects.filter(stands, institution_id=institution_id)
    return frozenset(found.values_list("code", flat=True))


def qualification_on(
    institution_id: int, physician_code: str, day: date
) -> tuple[Practitioner | None, PhysicianQualification | None]:
    """The physician as registered at the institution on a day, and the latest qualification on record."""
    holds = Q(valid_from__lte=day) & (Q(valid_until=None) | Q(valid_until__gt=day))
    physician = Practitioner.objects.filter(
        holds, institution_id=institution_id, code=physician_code, kind=Practitioner.Kind.PHYSICIAN
    ).first()
    if physician is None:
        return None, None
    return physician, PhysicianQualification.objects.filter(practitioner=physician).order_by("-pk").first()


@dataclass(frozen=True, slots=True)
class SeenBefore:
    """An earlier visit in person: where, the day it ended (a stay: its last day), and its current diagnoses."""

    visit_id: int
    institution_id: int
    institution_code: str
    day: date
    codes: tuple[str, ...]


def seen_before(
    *, person_id: int, region: str, day: date, but: int, internet_types: Collection[str]
) -> list[SeenBefore]:
    """The person's visits in person at all institutions of a region in the year before a day, newest first."""
    visits = (
        Visit.objects.filter(
            person_id=person_id,
            institution__division__pooling_region=region,
            care__in=[Visit.Care.OUTPATIENT, Visit.Care.INPATIENT],
            began_at__date__gte=day - _LOOKED_BACK,
            began_at__date__lte=day,
        )
        .exclude(Q(state=Visit.State.CANCELLED) | Q(medical_type__in=list(internet_types)) | Q(pk=but))
        .select_related("institution")
        .order_by("-began_at", "-pk")
    )
    codes: dict[int, list[str]] = {}
    current = Diagnosis.objects.filter(visit__in=visits, is_current=True).order_by("stage", "rank", "pk")
    for visit_id, code in current.values_list("visit_id", "code"):
        codes.setdefault(visit_id, []).append(code)
    return [
        SeenBefore(
            visit_id=visit.pk,
            institution_id=visit.institution_id,
            institution_code=visit.institution.code,
            day=min(localdate(visit.ended_at or visit.began_at), day),
            codes=tuple(codes.get(visit.pk, ())),
        )
        for visit in visits
    ]


def is_refused(visit_id: int) -> bool:
    """Whether review verified that nothing of a settlement of the visit is to be paid: it is not paid by another either."""
    whole = Verification.objects.filter(is_verified=True, review__line_ids=[])
    return whole.filter(review__audit__settlement__visit_id=visit_id).exists()


def is_deducted(settlement_id: int) -> bool:
    """Whether a verified violation was deducted for a settlement, or only verified: it stays as it is."""
    return Verification.objects.filter(is_verified=True, review__audit_id=settlement_id).exists()


def latest_check(visit_id: int) -> VisitCheck | None:
    """The latest passed check of a visit, with the earlier visit that it stands on."""
    return (
        VisitCheck.objects.filter(visit_id=visit_id).select_related("prior_visit__institution").order_by("-pk").first()
    )
