"""Writing what people decide on the findings of the audit: a review, and another officer's verification of a violation."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.domains.internet_care.models import AuditRun, Review, Verification
from yibao.domains.reference.operations import act_as
from yibao.domains.staff.models import StaffMember


class NotAReviewerError(YibaoError):
    """Only agency officers of the region review and verify."""

    code: ClassVar[str] = "internet_care.not_a_reviewer"


class ReviewedError(YibaoError):
    """The findings were reviewed before, or the review was verified before."""

    code: ClassVar[str] = "internet_care.reviewed"


class OwnReviewError(YibaoError):
    """Who refused a payment does not verify the violation (四眼原则)."""

    code: ClassVar[str] = "internet_care.own_review"


class RefusedLineError(YibaoError):
    """A line that is not to be paid is none of the settlement's."""

    code: ClassVar[str] = "internet_care.unknown_line"


def check_reviewer(member: StaffMember, audit: AuditRun) -> None:
    """Refuse who is no agency officer of the region of the institution.

    :raises NotAReviewerError: another role or region.
    """
    region = audit.settlement.institution.division.pooling_region
    if member.role != StaffMember.Role.AGENCY or member.region_id != region:
        raise NotAReviewerError(user=str(member.user), region=region)


@transaction.atomic
def review_findings(
    *,
    audit: AuditRun,
    verdict: str,
    route: str,
    line_ids: Sequence[int],
    reason: str,
    member: StaffMember,
    at: datetime,
) -> Review:
    """Say whether what was found is paid; a refusal has no effect until another officer verifies it.

    :raises NotAReviewerError, ReviewedError: nothing was changed.
    """
    check_reviewer(member, audit)
    locked = AuditRun.objects.select_for_update().get(pk=audit.pk)
    if Review.objects.filter(audit=locked).exists():
        raise ReviewedError(settlement=locked.pk)
    act_as(str(member.user))
    return Review.objects.create(
        audit=locked, verdict=verdict, route=route, line_ids=list(line_ids), reason=reason, reviewed_by=member,
        reviewed_at=at,
    )  # fmt: skip


def keep_verification(
    *,
    review: Review,
    is_verified: bool,
    note: str,
    fund_codes: Sequence[str],
    amounts_fen: Sequence[int],
    member: StaffMember,
    at: datetime,
) -> Verification:
    """Keep another officer's word on a refusal, within the caller's transaction.

    :raises NotAReviewerError, OwnReviewError, ReviewedError: nothing was changed.
    """
    check_reviewer(member, review.audit)
    if review.reviewed_by_id == member.pk:
        raise OwnReviewError(user=str(member.user))
    Review.objects.select_for_update().get(pk=review.pk)
    if review.verdict != Review.Verdict.REFUSE or Verification.objects.filter(review=review).exists():
        raise ReviewedError(settlement=review.audit_id)
    act_as(str(member.user))
    return Verification.objects.create(
        review=review, is_verified=is_verified, note=note, fund_codes=list(fund_codes), amounts_fen=list(amounts_fen),
        verified_by=member, verified_at=at,
    )  # fmt: skip
