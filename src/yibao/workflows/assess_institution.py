"""Assess an institution by the year (协议考核): scores that the records propose, confirmed or changed with a reason, published."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.domains.agreements.conduct import AssessmentSheet
from yibao.domains.agreements.conduct_operations import Scored, SheetOf, keep_sheet, publish_sheet
from yibao.domains.staff.models import StaffMember
from yibao.policies.agreement_library import assessment_law
from yibao.workflows.assessment_evidence import Proposed, proposed_scores
from yibao.workflows.record_conduct import UnknownActError, house_of, require_officer


class ScoreMissingError(YibaoError):
    """Every indicator of the law has a score from 0 to 100, and there are no others."""

    code: ClassVar[str] = "agreements.score_missing"


class ScoreUnexplainedError(YibaoError):
    """A score differs from the one that the records propose, and nothing says why."""

    code: ClassVar[str] = "agreements.score_unexplained"


def look_at_records(*, institution_code: str, year: int, scope: str, member: StaffMember) -> list[Proposed]:
    """What the records of an institution's year show, and the scores that they propose.

    :raises NotThisPartyError, UnknownHouseError: no officer, or no institution of the region.
    """
    require_officer(member)
    house = house_of(institution_code, member)
    return proposed_scores(house, region=member.region_id, year=year, scope=scope)


@transaction.atomic
def enter_assessment(
    *,
    institution_code: str,
    year: int,
    scope: str,
    scores_e2: Mapping[str, int],
    reasons: Mapping[str, str],
    member: StaffMember,
    at: datetime,
) -> AssessmentSheet:
    """Enter a year's scores of an institution; weights, grade and what follows from it are the law of the year's last day.

    Scores are hundredths of a point, 0 to 10,000; their weighted sum is rounded half up. A score that the records propose
    otherwise has a reason; what was measured and proposed is kept with it.
    :raises ScoreMissingError: an indicator has no score, or one outside of 0 to 100.
    :raises ScoreUnexplainedError: nothing was written.
    """
    require_officer(member)
    house = house_of(institution_code, member)
    law = assessment_law(member.region_id, date(year, 12, 31))
    indicators = law.of_scope(scope)
    is_whole = bool(indicators) and set(scores_e2) == {each.key for each in indicators}
    if not is_whole or not all(0 <= score <= 10_000 for score in scores_e2.values()):
        raise ScoreMissingError(scope=scope)
    proposed = proposed_scores(house, region=member.region_id, year=year, scope=scope)
    evidence = _evidence(proposed, scores_e2, reasons)
    weighted = sum(scores_e2[each.key] * each.weight for each in indicators)
    score_e2 = (2 * weighted + 100) // 200
    grade = law.grade_of(score_e2)
    scored = Scored(
        scores=scores_e2, score_e2=score_e2, grade=grade.key, payment_percent=grade.payment_percent,
        may_renew=grade.may_renew, clauses=[*(each.clause for each in indicators), grade.clause], evidence=evidence,
    )  # fmt: skip
    wanted = SheetOf(institution_id=house.pk, region=member.region_id, year=year, scope=scope)
    return keep_sheet(wanted, scored, member=member, at=at)


def _evidence(
    proposed: Sequence[Proposed], scores_e2: Mapping[str, int], reasons: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """What is kept of each indicator: the measure, its value, the proposal, its clause, and why the score differs."""
    kept: dict[str, dict[str, Any]] = {}
    for each in proposed:
        indicator, reason = each.indicator, reasons.get(each.indicator.key, "").strip()
        if each.score_e2 is not None and scores_e2[indicator.key] != each.score_e2 and not reason:
            raise ScoreUnexplainedError(
                indicator=indicator.title.zh, indicator_en=indicator.title.en, proposed=f"{each.score_e2 / 100:g}"
            )
        evidence = indicator.evidence
        kept[indicator.key] = {
            "measure": evidence.measure if evidence else "",
            "clause": evidence.clause if evidence else "",
            "value": each.value,
            "proposed_e2": each.score_e2,
            "reason": reason,
        }
    return kept


@transaction.atomic
def publish_assessment(sheet_id: int, *, member: StaffMember, at: datetime) -> AssessmentSheet:
    """Confirm and publish an assessment, by another officer than the one who entered it.

    :raises OwnSheetError, AssessmentPublishedError: nothing was written.
    """
    require_officer(member)
    sheet = (
        AssessmentSheet.objects.select_for_update(of=("self",)).filter(pk=sheet_id, region_id=member.region_id).first()
    )
    if sheet is None:
        raise UnknownActError(key=sheet_id)
    publish_sheet(sheet, member=member, at=at)
    return sheet
