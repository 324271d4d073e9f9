"""A cap that a person's own history raises: what the language says, what the engine makes of it, what is refused."""

import shutil
from dataclasses import replace
from datetime import date

import pytest

from yibao.engines.benefits import BenefitCase, UnknownAccumulatorError, settle
from yibao.policies import PolicyError, compile_folder, load
from yibao.policies.library import ROOT

CASE = BenefitCase(
    care="inpatient", level="tertiary", status="elderly", age=70, ordinal=1, place="local", total_fen=200_000_000,
    full_self_pay_fen=0, over_ceiling_fen=0, self_pay_first_fen=0, in_scope_fen=200_000_000, account_balance_fen=0,
    account_used=False, accumulators={}, tenure=1,
)  # fmt: skip


def with_raise(fen, **changes):
    """The case with so much earned."""
    return replace(CASE, raises={"critical_paid": fen}, **changes)


def critical(result):
    """The step of critical illness."""
    return next(step for step in result.steps if step.layer == "critical_illness")


def test_guangzhou_and_lishui_say_so_from_2025_on():
    for region, clause in (("440100", "gz-390-ci-cap-raised"), ("331100", "ls-390-ci-cap-raised")):
        assert load(region, "390", date(2025, 1, 1)).earned == {clause}
        assert load(region, "390", date(2024, 12, 31)).earned == frozenset()
        assert load(region, "310", date(2026, 1, 1)).earned == frozenset()


def test_a_raise_is_as_much_more_room_and_nothing_else():
    policy = load("440100", "390", date(2026, 5, 1))
    plain, raised = settle(policy, CASE), settle(policy, with_raise(300_000))
    before, after = critical(plain), critical(raised)
    assert (before.cap_fen, before.raised_fen, before.paid_fen) == (40_000_000, 0, 40_000_000)
    assert (after.cap_fen, after.raised_fen, after.paid_fen) == (40_300_000, 300_000, 40_300_000)
    assert after.cut_fen == before.cut_fen - 300_000
    assert (before.cap_used_fen, after.cap_used_fen) == (0, 0)
    assert raised.accumulator_changes["critical_paid"] == plain.accumulator_changes["critical_paid"] + 300_000
    assert raised.fund_fen - plain.fund_fen == plain.person_fen - raised.person_fen == 300_000


def test_what_was_used_before_counts_against_the_raised_cap():
    policy = load("440100", "390", date(2026, 5, 1))
    result = settle(policy, with_raise(300_000, accumulators={"critical_paid": 40_200_000}))
    step = critical(result)
    assert (step.cap_used_fen, step.paid_fen) == (40_200_000, 100_000)
    assert {name: (old, new) for name, old, new in step.accumulators}["critical_paid"] == (40_200_000, 40_300_000)


@pytest.mark.parametrize("raises", [{"critical_paid": -1}, {"no_such": 1}])
def test_a_raise_of_no_cap_is_refused(raises):
    with pytest.raises(UnknownAccumulatorError):
        settle(load("440100", "390", date(2026, 5, 1)), replace(CASE, raises=raises))


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("        value: incentives", "        value: merit", "no_value"),
        ("        of: cap\n        where: {status: [student_child, working_age, elderly]}\n        unit: earned", "        of: deductible\n        where: {status: [student_child, working_age, elderly]}\n        unit: earned", "wrong_unit"),
        ("    cap:\n      accumulator: critical_paid", "    cap:\n      accumulator: visit", "wrong_accumulator"),
    ],
)  # fmt: skip
def test_what_cannot_be_law_is_refused(tmp_path, old, new, kind):
    folder = tmp_path / "440100" / "390"
    shutil.copytree(ROOT / "440100" / "390", folder)
    path = folder / "critical_illness.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        compile_folder(folder)
    assert kind in {problem.kind for problem in refused.value.problems}
