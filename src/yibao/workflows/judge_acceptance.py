"""Publish the interface specification, judge by it whether an institution's system is accepted (接口验收), issue the report."""

from datetime import date, datetime
from typing import ClassVar

from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.acceptance.judging import Judgement, judge
from yibao.domains.acceptance.models import AcceptanceReport, InterfaceSpecification
from yibao.domains.acceptance.operations import issue_report, publish_specification
from yibao.domains.acceptance.programme import Programme
from yibao.domains.acceptance.queries import evidence_of, specification_on
from yibao.domains.staff.models import StaffMember


class UnpublishedInterfaceError(YibaoError):
    """The platform speaks another interface than the one that is published and in force (接口与已公布的规范不符)."""

    code: ClassVar[str] = "acceptance.unpublished_interface"


class NotAPublisherError(YibaoError):
    """Only an officer of the agency publishes the interface specification."""

    code: ClassVar[str] = "acceptance.not_a_publisher"


def judge_acceptance(programme: Programme, *, institution_id: int, access_point_id: int | None) -> Judgement:
    """Judge what an institution's system performed, at one access point or (None) at all of them, by a programme."""
    return judge(programme, evidence_of(institution_id=institution_id, access_point_id=access_point_id))


def publish_interface(
    *, version: str, document: str, spoken: str, in_force_from: date, member: StaffMember, at: datetime
) -> InterfaceSpecification:
    """Publish the interface that the platform speaks (`spoken` is its digest) for the officer's region.

    :raises NotAPublisherError, SpecificationKnownError: nothing was written.
    """
    if member.role != StaffMember.Role.AGENCY:
        raise NotAPublisherError(user=member.user.get_username())
    return publish_specification(
        version=version, document=document, digest=spoken, in_force_from=in_force_from, member=member, at=at
    )


def issue_acceptance(
    programme: Programme,
    *,
    institution_id: int,
    access_point_id: int | None,
    spoken: str,
    issued_by: StaffMember,
    at: datetime,
) -> AcceptanceReport:
    """Judge and issue the report, which stays as it is whatever is performed later.

    It names the specification in force; `spoken` is the digest of the interface that was really tried.
    :raises UnpublishedInterfaceError: the region published another one.
    """
    specification = specification_on(issued_by.region_id, localdate(at))
    if specification is not None and specification.digest != spoken:
        raise UnpublishedInterfaceError(version=specification.version)
    judgement = judge_acceptance(programme, institution_id=institution_id, access_point_id=access_point_id)
    return issue_report(
        institution_id=institution_id,
        access_point_id=access_point_id,
        judgement=judgement,
        issued_by=issued_by,
        at=at,
        specification=specification,
    )
