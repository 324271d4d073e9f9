"""Asking for agreements: which is in force on a day, for whom, and how the staff under it stand."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from yibao.core.period import Period
from yibao.domains.agreements.conduct import AUDITED
from yibao.domains.agreements.models import (
    Agreement,
    AgreementCase,
    AgreementKind,
    AgreementSuspension,
    AssessmentSheet,
    Breach,
    CreditListing,
    StaffPoint,
)
from yibao.domains.agreements.points import staff_standing_on
from yibao.domains.agreements.states import CaseState
from yibao.domains.institutions.models import Institution
from yibao.policies.agreement_library import assessment_law, designation_required_from
from yibao.policies.agreements import AUDITED_CLOSELY, NO_NEW_AGREEMENT, Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex:
    """A physician's annex agreement in force on a day, with the points of that natural year.

    `suspended_until` is the first day on which the physician may bill again, None where nothing suspends the
    qualification (支付资格) on that day.
    """

    agreement_id: int
    number: str
    institution_id: int
    physician_code: str
    points: int
    suspended_until: date | None


def in_force_on(day: date) -> QuerySet[Agreement]:
    """Agreements that both parties signed and that hold on a day: neither over, nor ended, nor suspended."""
    suspended = AgreementSuspension.objects.filter(agreement=OuterRef("pk"), begins_on__lte=day).filter(
        Q(lifted_on=None) | Q(lifted_on__gt=day)
    )
    return Agreement.objects.filter(
        Q(ended_on=None) | Q(ended_on__gt=day), ~Exists(suspended),
        signed_at__isnull=False, valid_from__lte=day, valid_until__gt=day,
    )  # fmt: skip


def designation_on(institution_id: int, day: date) -> Agreement | None:
    """The institution's designation agreement (定点协议) in force on a day, or nothing."""
    return in_force_on(day).filter(institution_id=institution_id, kind=AgreementKind.DESIGNATION).first()


def internet_agreement_on(institution_id: int, day: date) -> Agreement | None:
    """The institution's supplementary agreement on Internet+ services (补充协议) in force on a day, or nothing.

    It holds only while the institution is designated.
    """
    found = in_force_on(day).filter(institution_id=institution_id, kind=AgreementKind.INTERNET).first()
    return found if found is not None and is_designated_on(institution_id, day) else None


def is_designated_on(institution_id: int, day: date) -> bool:
    """Whether an institution is designated on a day (定点): by the register, and by agreements where there are any or must be."""
    house = Institution.objects.select_related("division").filter(pk=institution_id, designated_from__lte=day).first()
    if house is None or (house.designated_until is not None and day >= house.designated_until):
        return False
    return all(day not in gap for gap in agreement_gaps(institution_id, house.division.pooling_region))


def physician_annex_on(institution_id: int, physician_code: str, day: date) -> Annex | None:
    """A physician's annex agreement (附加协议) at an institution in force on a day, or nothing.

    Points of other places count too; who reached twelve has no annex any more, whatever was signed.
    """
    found = (
        in_force_on(day)
        .filter(institution_id=institution_id, kind=AgreementKind.PHYSICIAN, practitioner__code=physician_code)
        .first()
    )
    if found is None:
        return None
    standing = staff_standing_on(physician_code, day)
    if standing.barred_until is not None and day < standing.barred_until:
        return None
    return Annex(
        agreement_id=found.pk, number=found.number, institution_id=institution_id, physician_code=physician_code,
        points=standing.points, suspended_until=standing.suspended_until,
    )  # fmt: skip


def is_listed_on(
    day: date, *, institution_id: int, practitioner_id: int | None = None, measure: str = NO_NEW_AGREEMENT
) -> bool:
    """Whether joint punishment by a measure lies on an institution, or on one of its staff, on a day (失信联合惩戒)."""
    standing = CreditListing.objects.filter(
        Q(repair=None) | Q(repair__repaired_on__gt=day),
        begins_on__lte=day, ends_on__gt=day, measures__contains=[measure],
    )  # fmt: skip
    if practitioner_id is not None:
        return standing.filter(breach__practitioner_id=practitioner_id).exists()
    return standing.filter(breach__institution_id=institution_id, breach__practitioner=None).exists()


def last_grade(institution_id: int, scope: str) -> Grade | None:
    """What the latest published assessment of an institution is worth by the law of its year; nothing before the first."""
    sheet = newest_published_sheet(institution_id=institution_id, scope=scope)
    if sheet is None:
        return None
    grades = assessment_law(sheet.region_id, date(sheet.year, 12, 31)).grades
    return next((grade for grade in grades if grade.key == sheet.grade), None)


def is_audited_closely(institution_id: int, day: date) -> bool:
    """Whether every visit over the internet is looked at: by the last assessment of it, or by joint punishment."""
    grade = last_grade(institution_id, AssessmentSheet.Scope.INTERNET)
    graded = grade is not None and grade.audited_closely
    return graded or is_listed_on(day, institution_id=institution_id, measure=AUDITED_CLOSELY)


def newest_published_sheet(*, institution_id: int, scope: str) -> AssessmentSheet | None:
    """The assessment of the latest year that was published for an institution, or nothing."""
    return (
        AssessmentSheet.objects.filter(institution_id=institution_id, scope=scope, publication__isnull=False)
        .order_by("-year", "-version")
        .first()
    )


def published_sheet(institution_id: int, year: int, scope: str) -> AssessmentSheet | None:
    """The published assessment of a year, which says the share of the payment tied to it (考核与支付挂钩); None before."""
    return AssessmentSheet.objects.filter(
        institution_id=institution_id, year=year, scope=scope, publication__isnull=False
    ).first()  # fmt: skip


def points_of_house(institution_id: int, year: int) -> int:
    """The points that an institution's staff took on in a natural year; what was taken back counts for nothing."""
    found = StaffPoint.objects.filter(institution_id=institution_id, year=year)
    return int(found.aggregate(points=Sum("points"))["points"] or 0)


def breach_amount_fen(institution_id: int, *, first_day: date, last_day: date) -> int:
    """What an institution's breaches that were found on these days, first and last included, come to in fen.

    Those that verified deductions of internet care left are none of these: their amounts are deducted already.
    """
    found = Breach.objects.filter(institution_id=institution_id, found_on__gte=first_day, found_on__lte=last_day)
    ordinary = found.exclude(document__startswith=AUDITED)
    return int(ordinary.aggregate(fen=Sum("amount_fen"))["fen"] or 0)


def agreement_gaps(institution_id: int, region: str) -> tuple[Period, ...]:
    """Days on which nothing is settled although the register says designated (中止、终止、无协议).

    Those are the days of suspensions of a designation agreement; the days after the first agreement that none covers; and,
    where the region's law wants an agreement from a day on, every day from then on that none covers.
    """
    signed = Agreement.objects.filter(
        institution_id=institution_id, kind=AgreementKind.DESIGNATION, signed_at__isnull=False
    ).order_by("valid_from")  # fmt: skip
    agreements = list(signed.prefetch_related("suspensions"))
    gaps = [
        Period(each.begins_on, each.lifted_on)
        for agreement in agreements
        for each in agreement.suspensions.all()
        if each.lifted_on is None or each.lifted_on > each.begins_on
    ]
    starts = [day for day in (designation_required_from(region), *(each.valid_from for each in agreements[:1])) if day]
    return (*gaps, *_uncovered(min(starts), agreements)) if starts else ()


def _uncovered(start: date, agreements: list[Agreement]) -> list[Period]:
    """The days from one on that no agreement covers."""
    gaps, day = [], start
    for agreement in agreements:
        if agreement.valid_from > day:
            gaps.append(Period(day, agreement.valid_from))
        day = max(day, agreement.ended_on or agreement.valid_until)
    return [*gaps, Period(day)]


def internet_test_runs(institution_id: int) -> bool:
    """Whether an institution's application for a supplement has come to rebuilding its system or to the acceptance test."""
    return AgreementCase.objects.filter(
        institution_id=institution_id, kind=AgreementKind.INTERNET, needs_test=True,
        state__in=[CaseState.COMPLETE, CaseState.ASSESSED, CaseState.NEGOTIATED, CaseState.TESTING],
    ).exists()  # fmt: skip
