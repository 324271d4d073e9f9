"""Decide on an application for an agreement: the agency's side, from the review of materials to the acceptance test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.db import transaction
from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.acceptance.models import AcceptanceReport
from yibao.domains.acceptance.queries import specification_on
from yibao.domains.agreements.clocks import case_clock
from yibao.domains.agreements.models import AgreementCase, CaseEvent, ShortcomingNotice
from yibao.domains.agreements.operations import (
    CaseAct,
    SecondShortcomingNoticeError,
    StageClock,
    give_shortcoming_notice,
    locked_case,
    require_reason,
    take_step,
)
from yibao.domains.agreements.queries import is_designated_on, is_listed_on
from yibao.domains.agreements.states import CaseState, CaseStep, state_after
from yibao.policies.agreements import Condition, Procedure, Stage
from yibao.workflows.apply_for_agreement import law_of_case, missing_materials, require_stage, stage_clock


class VerdictMissingError(YibaoError):
    """The review says of every condition whether it is met, and of one that is not what is wanting."""

    code: ClassVar[str] = "agreements.verdict_missing"


class NoTestReportError(YibaoError):
    """No acceptance report of the wanted kind was issued for the institution since it asked for the test."""

    code: ClassVar[str] = "agreements.no_test_report"


class OldSpecificationError(YibaoError):
    """The report was made under another interface specification than the one in force (未按现行接口规范改造)."""

    code: ClassVar[str] = "agreements.old_specification"


class NotOverdueError(YibaoError):
    """The term is not over, so the application does not lapse."""

    code: ClassVar[str] = "agreements.not_overdue"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a condition is met, and what is wanting where it is not."""

    is_met: bool
    note: str = ""


@transaction.atomic
def review(case_id: int, verdicts: Mapping[str, Verdict], act: CaseAct) -> AgreementCase:
    """Review materials and conditions: all is there, or everything that is wanting is told in the one notice.

    What the register can answer (a designation in force) it answers, whatever the officer says.
    :raises VerdictMissingError: a condition has no verdict, or one that is not met no word on what is wanting.
    :raises SecondShortcomingNoticeError: something is wanting still after the notice; the case is refused or completed.
    """
    case = locked_case(case_id, act.member)
    state_after(case.state, CaseStep.COMPLETE)
    law = law_of_case(case).procedure
    found = _verdicts(case, law.conditions, verdicts, act)
    wanting = [{"kind": "material", "key": key, "note": ""} for key in missing_materials(case)]
    wanting += [
        {"kind": "condition", "key": key, "note": verdict.note} for key, verdict in found.items() if not verdict.is_met
    ]
    findings = {"conditions": {key: [verdict.is_met, verdict.note] for key, verdict in found.items()}}
    told = CaseAct(member=act.member, at=act.at, article=act.article, note=act.note, details=findings)
    if not wanting:
        clock = next_clock(law, state=CaseState.COMPLETE, act=act)
        return take_step(case, CaseStep.COMPLETE, told, clock=clock)
    if ShortcomingNotice.objects.filter(case=case, stage=ShortcomingNotice.Stage.MATERIALS).exists():
        raise SecondShortcomingNoticeError(case=case.pk)
    give_shortcoming_notice(case, stage=ShortcomingNotice.Stage.MATERIALS, items=wanting, act=act)
    clock = stage_clock("supplement", law.stages.supplement, localdate(act.at))
    return take_step(case, CaseStep.NOTIFY, told, clock=clock)


def _verdicts(
    case: AgreementCase, conditions: Sequence[Condition], verdicts: Mapping[str, Verdict], act: CaseAct
) -> dict[str, Verdict]:
    """A verdict on every condition.

    :raises VerdictMissingError: one is missing, or says not what is wanting.
    """
    found: dict[str, Verdict] = {}
    for condition in conditions:
        if condition.check != "declared":
            stands = _answered(case, condition.check, localdate(act.at))
            found[condition.key] = Verdict(stands, "" if stands else condition.title.zh)
            continue
        verdict = verdicts.get(condition.key)
        if verdict is None or not (verdict.is_met or verdict.note.strip()):
            raise VerdictMissingError(condition=condition.title.zh, condition_en=condition.title.en)
        found[condition.key] = verdict
    return found


def _answered(case: AgreementCase, check: str, day: date) -> bool:
    """What the registers say of a condition: designated, or under no joint punishment."""
    if check == "not_listed":
        return not is_listed_on(day, institution_id=case.institution_id, practitioner_id=case.practitioner_id)
    return is_designated_on(case.institution_id, day)


def next_clock(law: Procedure, *, state: CaseState, act: CaseAct) -> StageClock:
    """The clock that runs after a stage was done: that of the next stage of the path, at its end that of the signing."""
    done: dict[CaseState, Stage | None] = {
        CaseState.COMPLETE: None, CaseState.ASSESSED: "assess", CaseState.NEGOTIATED: "negotiate",
        CaseState.ACCEPTED: "test",
    }  # fmt: skip
    last = done[state]
    left = law.path if last is None else law.path[law.path.index(last) + 1 :]
    stage: Stage = "sign" if not left else "rebuild" if left[0] == "test" else left[0]
    term = getattr(law.stages, stage)
    return stage_clock(stage, term, localdate(act.at))


@transaction.atomic
def assess(case_id: int, *, is_passed: bool, act: CaseAct) -> AgreementCase:
    """Enter the result of the professional assessment (专业评估): passed, or refused with article and reason.

    :raises AgreementReasonMissingError: it failed, and nothing says why.
    """
    case = locked_case(case_id, act.member)
    law = law_of_case(case).procedure
    require_stage(case, law.path, "assess")
    if not is_passed:
        require_reason(act)
        return take_step(case, CaseStep.REFUSE, act)
    return take_step(case, CaseStep.ASSESS, act, clock=next_clock(law, state=CaseState.ASSESSED, act=act))


@transaction.atomic
def negotiate(case_id: int, act: CaseAct) -> AgreementCase:
    """Enter that the negotiation (协商谈判) was concluded."""
    case = locked_case(case_id, act.member)
    law = law_of_case(case).procedure
    require_stage(case, law.path, "negotiate")
    return take_step(case, CaseStep.NEGOTIATE, act, clock=next_clock(law, state=CaseState.NEGOTIATED, act=act))


def report_for(case: AgreementCase) -> AcceptanceReport | None:
    """The newest acceptance report of the wanted kind that was issued since the institution asked for the test."""
    asked = CaseEvent.objects.filter(case=case, step=CaseStep.ASK_TEST).order_by("-id").first()
    if asked is None:
        return None
    programme = law_of_case(case).procedure.test_programme
    return (
        AcceptanceReport.objects.filter(
            institution_id=case.institution_id, kind=programme, issued_at__gte=asked.at
        )
        .order_by("-id")
        .first()
    )  # fmt: skip


@transaction.atomic
def conclude_test(case_id: int, act: CaseAct) -> AgreementCase:
    """Conclude the acceptance test by the gateway's own report: passed, or failed with everything that is lacking told once.

    :raises NoTestReportError: no report was issued since the test was asked for.
    :raises OldSpecificationError: the system passed, but not by the interface specification that is in force (第十二条).
    """
    case = locked_case(case_id, act.member)
    state_after(case.state, CaseStep.PASS_TEST)
    report = report_for(case)
    if report is None:
        raise NoTestReportError(institution=case.institution.code)
    if report.is_passed:
        _require_specification(case, report, act)
    law = law_of_case(case).procedure
    told = {"report": report.pk, "digest": report.digest}
    if report.is_passed:
        done = CaseAct(member=act.member, at=act.at, note=act.note, details=told)
        clock = next_clock(law, state=CaseState.ACCEPTED, act=act)
        return take_step(case, CaseStep.PASS_TEST, done, clock=clock, report=report)
    lacking = lacking_in(report.judgement)
    failed = CaseAct(
        member=act.member, at=act.at, article=act.article or law.test.article or law.test.clause,
        note=act.note or f"{len(lacking)}", details=told,
    )  # fmt: skip
    give_shortcoming_notice(case, stage=ShortcomingNotice.Stage.TEST, items=lacking, act=act)
    return take_step(case, CaseStep.FAIL_TEST, failed, report=report)


def _require_specification(case: AgreementCase, report: AcceptanceReport, act: CaseAct) -> None:
    """Insist that a system was rebuilt to the specification that the region has in force, where it published one."""
    wanted = specification_on(case.region_id, localdate(act.at))
    if wanted is not None and report.specification_id != wanted.pk:
        raise OldSpecificationError(version=wanted.version)


def lacking_in(judgement: Mapping[str, Any]) -> list[dict[str, str]]:
    """Everything that a judgement finds lacking: transactions that were not performed, steps that chains want."""
    lacking = [
        {"kind": "transaction", "key": one["infno"], "note": one["zh"], "note_en": one["en"]}
        for one in judgement["transactions"]
        if one["state"] not in {"performed", "not_offered"}
    ]
    return lacking + [
        {"kind": "chain", "key": chain["key"], "note": f"{chain['zh']}：{' '.join(chain['lacking'])}",
         "note_en": f"{chain['en']}: {' '.join(chain['lacking'])}"}
        for chain in judgement["chains"]
        if not chain["is_done"]
    ]  # fmt: skip


@transaction.atomic
def refuse(case_id: int, act: CaseAct) -> AgreementCase:
    """Refuse an application with article and reason; before the one notice was answered nothing is refused.

    :raises AgreementReasonMissingError: article or reason is missing.
    """
    require_reason(act)
    return take_step(locked_case(case_id, act.member), CaseStep.REFUSE, act)


@transaction.atomic
def lapse(case_id: int, act: CaseAct) -> AgreementCase:
    """Let an application lapse whose institution let a term pass: for the supplement, or for rebuilding its system.

    :raises NotOverdueError: the term is not over, or is the agency's own.
    """
    case = locked_case(case_id, act.member)
    state_after(case.state, CaseStep.LAPSE)
    clock = case_clock(case, today=localdate(act.at))
    if clock.stage not in {"supplement", "rebuild"} or not clock.is_late:
        raise NotOverdueError(case=case.pk)
    return take_step(case, CaseStep.LAPSE, act)
