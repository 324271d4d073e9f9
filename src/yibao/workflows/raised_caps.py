"""Settle by a cap that the person's own history raises (奖励额度): looked up only where the cap of the law itself cuts something off.

Nearly every visit is settled once and asks nothing. One that the cap cuts is settled again with what was earned.
"""

from dataclasses import replace

from yibao.engines.benefits import BenefitCase, BenefitResult, CompiledPolicy, LayerStep, settle
from yibao.workflows.earned_incentives import RAISED, earned_raise_fen


def settle_with_raise(
    policy: CompiledPolicy, case: BenefitCase, *, person_id: int, region: str, scheme: str, year: int
) -> tuple[BenefitCase, BenefitResult]:
    """Settle a visit of a benefit year; gives the case with the raise that counted, if any did, and the result."""
    result = settle(policy, case)
    step = _cut_short(policy, result)
    if step is None or step.cap_fen is None or step.cap_accumulator is None:
        return case, result
    raise_fen = earned_raise_fen(person_id=person_id, region=region, scheme=scheme, year=year, cap_fen=step.cap_fen)
    if not raise_fen:
        return case, result
    raised = replace(case, raises={step.cap_accumulator: raise_fen})
    return raised, settle(policy, raised)


def _cut_short(policy: CompiledPolicy, result: BenefitResult) -> LayerStep | None:
    """The step whose cap may be raised and took something back; none in most visits."""
    if not policy.earned:
        return None
    for step in result.steps:
        if step.cut_fen and any(what == "cap" and clause in policy.earned for what, clause in step.further):
            return step
    return None


def raise_drawn(case: BenefitCase) -> dict[str, int]:
    """The raise that a settlement drew on, as a fact to be kept; nothing where none was."""
    return {RAISED: sum(case.raises.values())} if case.raises else {}
