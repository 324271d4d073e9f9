"""Writing down what was performed, and issuing reports."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from yibao.domains.acceptance.judging import Judgement, digest_of, plain
from yibao.domains.acceptance.models import AcceptanceReport, Performance
from yibao.domains.reference.operations import act_as
from yibao.domains.staff.models import StaffMember


def keep_performances(performances: Sequence[Performance]) -> None:
    """Write down what institutions' systems tried."""
    Performance.objects.bulk_create(performances)


@transaction.atomic
def issue_report(
    *, institution_id: int, access_point_id: int | None, judgement: Judgement, issued_by: StaffMember, at: datetime
) -> AcceptanceReport:
    """Issue a report: the judgement as it is now, for good."""
    act_as(issued_by.user.get_username())
    content = plain(judgement)
    return AcceptanceReport.objects.create(
        institution_id=institution_id,
        access_point_id=access_point_id,
        kind=judgement.kind,
        is_passed=judgement.is_passed,
        judgement=content,
        digest=digest_of(content),
        issued_by=issued_by,
        issued_at=at,
    )
