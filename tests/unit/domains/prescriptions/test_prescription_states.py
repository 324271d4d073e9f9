"""The life of a prescription: from where each step leads where, and from where it does not."""

import pytest

from yibao.domains.prescriptions.states import (
    AVAILABLE,
    ENDED,
    HELD,
    UPLOADED,
    WAYS,
    PrescriptionStateError,
    State,
    Step,
    after,
    possible_steps,
)


def test_the_straight_way():
    state = State.CHECKED
    for step, expected in (
        (Step.SIGN, "signed"),
        (Step.APPROVE, "approved"),
        (Step.CHOOSE, "placed"),
        (Step.CLAIM, "claimed"),
        (Step.RETAIL_APPROVE, "reviewed"),
        (Step.DISPENSE_PART, "partly"),
        (Step.CLAIM, "claimed"),
        (Step.RETAIL_APPROVE, "reviewed"),
        (Step.DISPENSE, "dispensed"),
        (Step.RETURN_ALL, "returned"),
    ):
        state = after(state, step)
        assert state == expected


@pytest.mark.parametrize("state", sorted(ENDED - {State.DISPENSED}))
def test_what_ended_stays_ended(state):
    assert possible_steps(state) == frozenset()


def test_nobody_dispenses_what_is_not_held():
    dispensing = (Step.DISPENSE, Step.DISPENSE_PART, Step.DISPENSE_USE)
    for state in set(State) - set(HELD):
        for step in dispensing:
            with pytest.raises(PrescriptionStateError) as refused:
                after(state, step)
            assert refused.value.facts == {"state": state.value, "step": step.value}


def test_only_what_nobody_holds_is_claimed_and_only_what_is_unsigned_is_replaced():
    assert set(WAYS[Step.CLAIM]) == set(AVAILABLE)
    assert set(WAYS[Step.REPLACE]) == {State.CHECKED}
    assert not set(WAYS[Step.WITHDRAW]) & {*HELD, State.PARTLY, State.DISPENSED}


@pytest.mark.parametrize("step", [Step.RELEASE, Step.LAPSE])
def test_a_part_that_was_handed_over_stays_so_when_the_holder_lets_go(step):
    assert after(State.CLAIMED, step) == State.APPROVED
    assert after(State.CLAIMED, step, is_partly_dispensed=True) == State.PARTLY


def test_what_was_never_let_into_circulation_is_not_shown_as_such():
    assert {State.CHECKED, State.SIGNED, State.REFUSED} == set(State) - UPLOADED
