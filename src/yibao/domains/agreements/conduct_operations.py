"""Writes about conduct: points of staff, breaches with publication and notices, yearly assessments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from django.db import IntegrityError, transaction

from yibao.core.errors import YibaoError
from yibao.domains.agreements.conduct import (
    AssessmentSheet,
    Breach,
    BreachNotice,
    BreachPublication,
    CreditListing,
    CreditRepair,
    SheetPublication,
    StaffPoint,
)
from yibao.domains.reference.operations import act_as
from yibao.domains.staff.models import StaffMember


class PointsTakenBackError(YibaoError):
    """The points were taken back before, or are a taking back themselves."""

    code: ClassVar[str] = "agreements.points_taken_back"


class BreachDocumentUsedError(YibaoError):
    """Another breach of the region stands under this document number."""

    code: ClassVar[str] = "agreements.breach_document_used"


class BreachPublishedError(YibaoError):
    """The breach was published, or notified to this department, before."""

    code: ClassVar[str] = "agreements.breach_published"


class OwnSheetError(YibaoError):
    """Another officer than the one who entered an assessment, or decided a breach, publishes it."""

    code: ClassVar[str] = "agreements.own_sheet"


class AssessmentPublishedError(YibaoError):
    """The institution's assessment of that year was published and stands."""

    code: ClassVar[str] = "agreements.assessment_published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The result of an assessment: scores in hundredths by indicator, their weighted sum, and what follows from the grade."""

    scores: Mapping[str, int]
    score_e2: int
    grade: str
    payment_percent: int
    may_renew: bool
    clauses: list[str]
    evidence: Mapping[str, Any]


def keep_points(points: StaffPoint) -> StaffPoint:
    """Write points down."""
    act_as(points.decided_by.user.get_username())
    points.save(force_insert=True)
    return points


def take_points_back(points: StaffPoint, *, on: date, reason: str, member: StaffMember, at: datetime) -> StaffPoint:
    """Write down that points count no more from a day on.

    :raises PointsTakenBackError: they do not count already.
    """
    if points.takes_back_id is not None or StaffPoint.objects.filter(takes_back=points).exists():
        raise PointsTakenBackError(number=points.pk)
    back = StaffPoint(
        practitioner_id=points.practitioner_id, institution_id=points.institution_id, act=points.act,
        responsibility=points.responsibility, points=-points.points, year=points.year, decided_on=on,
        document=points.document, reason=reason, takes_back=points, decided_by=member, decided_at=at,
    )  # fmt: skip
    return keep_points(back)


def keep_breach(breach: Breach) -> Breach:
    """Write a breach down.

    :raises BreachDocumentUsedError: the document stands for another one.
    """
    act_as(breach.decided_by.user.get_username())
    try:
        with transaction.atomic():
            breach.save(force_insert=True)
    except IntegrityError as known:
        if "breach_has_its_own_document" not in str(known):
            raise
        raise BreachDocumentUsedError(document=breach.document) from None
    return breach


def publish_breach(breach: Breach, *, summary: str, member: StaffMember, at: datetime) -> BreachPublication:
    """Make a breach public.

    :raises OwnSheetError: the officer decided it.
    :raises BreachPublishedError: it is public.
    """
    if breach.decided_by_id == member.pk:
        raise OwnSheetError(officer=member.user.get_username())
    if BreachPublication.objects.filter(breach=breach).exists():
        raise BreachPublishedError(document=breach.document)
    act_as(member.user.get_username())
    return BreachPublication.objects.create(breach=breach, summary=summary, published_by=member, published_at=at)


def note_notice(breach: Breach, *, department: str, member: StaffMember, at: datetime) -> BreachNotice:
    """Note that a department is notified of a breach.

    :raises BreachPublishedError: it was before.
    """
    if BreachNotice.objects.filter(breach=breach, department=department).exists():
        raise BreachPublishedError(document=breach.document)
    act_as(member.user.get_username())
    return BreachNotice.objects.create(breach=breach, department=department, notified_by=member, notified_at=at)


class BreachNotPublishedError(YibaoError):
    """Joint punishment follows a breach that was made public (未公开的不得实施联合惩戒)."""

    code: ClassVar[str] = "agreements.breach_not_published"


class ListedError(YibaoError):
    """Joint punishment was decided for the breach, or the document stands for another; or it was repaired before."""

    code: ClassVar[str] = "agreements.listed"


def keep_listing(listing: CreditListing) -> CreditListing:
    """Write joint punishment for a breach down.

    :raises BreachNotPublishedError, OwnSheetError, ListedError: nothing was written.
    """
    breach, member = listing.breach, listing.decided_by
    if not BreachPublication.objects.filter(breach=breach).exists():
        raise BreachNotPublishedError(document=breach.document)
    if breach.decided_by_id == member.pk:
        raise OwnSheetError(officer=member.user.get_username())
    act_as(member.user.get_username())
    try:
        with transaction.atomic():
            listing.save(force_insert=True)
    except IntegrityError:
        raise ListedError(document=listing.document) from None
    return listing


def keep_repair(repair: CreditRepair) -> CreditRepair:
    """Write down that joint punishment ends before its time.

    :raises ListedError: it was repaired before, or the day lies outside of it.
    """
    listing = repair.listing
    is_within = listing.begins_on <= repair.repaired_on < listing.ends_on
    if not is_within or CreditRepair.objects.filter(listing=listing).exists():
        raise ListedError(document=listing.document)
    act_as(repair.decided_by.user.get_username())
    repair.save(force_insert=True)
    return repair


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetOf:
    """Whose assessment of which year and scope."""

    institution_id: int
    region: str
    year: int
    scope: str


def keep_sheet(sheet: SheetOf, scored: Scored, *, member: StaffMember, at: datetime) -> AssessmentSheet:
    """Write an assessment down; before publication a further one takes its place.

    :raises AssessmentPublishedError: one was published.
    """
    known: dict[str, Any] = {"institution_id": sheet.institution_id, "year": sheet.year, "scope": sheet.scope}
    if SheetPublication.objects.filter(**known).exists():
        raise AssessmentPublishedError(year=sheet.year)
    act_as(member.user.get_username())
    version = AssessmentSheet.objects.filter(**known).count() + 1
    return AssessmentSheet.objects.create(
        **known, region_id=sheet.region, version=version, scores=dict(scored.scores), score_e2=scored.score_e2,
        grade=scored.grade, payment_percent=scored.payment_percent, may_renew=scored.may_renew, clauses=scored.clauses,
        evidence=dict(scored.evidence),
        entered_by=member, entered_at=at,
    )  # fmt: skip


def publish_sheet(sheet: AssessmentSheet, *, member: StaffMember, at: datetime) -> SheetPublication:
    """Confirm and publish an assessment.

    :raises OwnSheetError: the officer entered it.
    :raises AssessmentPublishedError: one of that year stands, or a later version was entered.
    """
    if sheet.entered_by_id == member.pk:
        raise OwnSheetError(officer=member.user.get_username())
    known: dict[str, Any] = {"institution_id": sheet.institution_id, "year": sheet.year, "scope": sheet.scope}
    newest = AssessmentSheet.objects.filter(**known).order_by("-version").first()
    if newest != sheet or SheetPublication.objects.filter(**known).exists():
        raise AssessmentPublishedError(year=sheet.year)
    act_as(member.user.get_username())
    return SheetPublication.objects.create(
        sheet=sheet, entered_by_id=sheet.entered_by_id, published_by=member, published_at=at, **known
    )
