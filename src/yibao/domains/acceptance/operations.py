"""Writing down what was performed, publishing the interface, and issuing reports."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar

from django.db import IntegrityError, transaction

from yibao.core.errors import YibaoError
from yibao.domains.acceptance.judging import Judgement, digest_of, plain
from yibao.domains.acceptance.models import AcceptanceReport, InterfaceSpecification, Performance
from yibao.domains.reference.operations import act_as
from yibao.domains.staff.models import StaffMember


def keep_performances(performances: Sequence[Performance]) -> None:
    """Write down what institutions' systems tried."""
    Performance.objects.bulk_create(performances)


class SpecificationKnownError(YibaoError):
    """The region published a specification of this version, or one that begins on this day (接口规范版本重复)."""

    code: ClassVar[str] = "acceptance.specification_known"


@transaction.atomic
def publish_specification(
    *, version: str, document: str, digest: str, in_force_from: date, member: StaffMember, at: datetime
) -> InterfaceSpecification:
    """Publish the interface that the platform speaks now as a version of the region's specification (公布接口规范).

    :raises SpecificationKnownError: version or first day are taken.
    """
    act_as(member.user.get_username())
    new = InterfaceSpecification(
        region_id=member.region_id, version=version, document=document, digest=digest, in_force_from=in_force_from,
        published_by=member, published_at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            new.save(force_insert=True)
    except IntegrityError:
        raise SpecificationKnownError(version=version, day=in_force_from.isoformat()) from None
    return new


@transaction.atomic
def issue_report(
    *,
    institution_id: int,
    access_point_id: int | None,
    judgement: Judgement,
    issued_by: StaffMember,
    at: datetime,
    specification: InterfaceSpecification | None = None,
) -> AcceptanceReport:
    """Issue a report: the judgement as it is now, for good, with the specification that it was judged by."""
    act_as(issued_by.user.get_username())
    content = plain(judgement)
    if specification is not None:
        content["specification"] = {"version": specification.version, "digest": specification.digest}
    return AcceptanceReport.objects.create(
        institution_id=institution_id,
        access_point_id=access_point_id,
        kind=judgement.kind,
        is_passed=judgement.is_passed,
        specification=specification,
        judgement=content,
        digest=digest_of(content),
        issued_by=issued_by,
        issued_at=at,
    )
