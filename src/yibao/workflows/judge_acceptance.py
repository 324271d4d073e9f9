"""Judge whether an institution's system is accepted (接口验收), and issue the report."""

from datetime import datetime

from yibao.domains.acceptance.judging import Judgement, judge
from yibao.domains.acceptance.models import AcceptanceReport
from yibao.domains.acceptance.operations import issue_report
from yibao.domains.acceptance.programme import Programme
from yibao.domains.acceptance.queries import evidence_of
from yibao.domains.staff.models import StaffMember


def judge_acceptance(programme: Programme, *, institution_id: int, access_point_id: int | None) -> Judgement:
    """Judge what an institution's system performed, at one access point or (None) at all of them, by a programme."""
    return judge(programme, evidence_of(institution_id=institution_id, access_point_id=access_point_id))


def issue_acceptance(
    programme: Programme, *, institution_id: int, access_point_id: int | None, issued_by: StaffMember, at: datetime
) -> AcceptanceReport:
    """Judge and issue the report, which stays as it is whatever is performed later."""
    judgement = judge_acceptance(programme, institution_id=institution_id, access_point_id=access_point_id)
    return issue_report(
        institution_id=institution_id,
        access_point_id=access_point_id,
        judgement=judgement,
        issued_by=issued_by,
        at=at,
    )
