"""A leader waits for those who were just answered, for a moment at most."""

import threading
import time

import pytest

from yibao.workflows import perform_together
from yibao.workflows.perform_together import _Line, _Member

FOREVER = 30.0


def member(number):
    return _Member(None, number, None, None)


@pytest.fixture
def line():
    return _Line()


def group_in_a_thread(line, leader):
    """The group that a leader gathers meanwhile."""
    gathered = []
    thread = threading.Thread(target=lambda: gathered.extend(line.group_of(leader)), daemon=True)
    thread.start()
    return thread, gathered


def joining_in_a_thread(line, newcomer):
    """Comes to a line that is led."""
    thread = threading.Thread(target=line.join, args=(newcomer,), daemon=True)
    thread.start()
    return thread


def await_until(condition):
    deadline = time.monotonic() + FOREVER
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.001)


@pytest.fixture
def second(line):
    """A leader that follows one who was answered: two were there lately."""
    first, second = member("1"), member("2")
    line.join(first)
    assert line.group_of(first) == [first]
    came = joining_in_a_thread(line, second)
    await_until(lambda: second in line._waiting)
    line.pass_on()
    came.join(FOREVER)
    assert second.leads
    return second


class TestALeader:
    """Lingers while fewer wait than were there lately."""

    def test_goes_on_as_soon_as_as_many_are_back(self, line, second, monkeypatch):
        monkeypatch.setattr(perform_together, "LINGER_SECONDS", FOREVER)
        leading, gathered = group_in_a_thread(line, second)
        await_until(lambda: line._lingers is second)
        third = member("3")
        joining_in_a_thread(line, third)
        leading.join(FOREVER / 2)
        assert gathered == [second, third]

    def test_goes_on_without_those_who_do_not_come_and_waits_for_nobody_afterwards(self, line, second, monkeypatch):
        monkeypatch.setattr(perform_together, "LINGER_SECONDS", 0)
        assert line.group_of(second) == [second]
        line.pass_on()
        monkeypatch.setattr(perform_together, "LINGER_SECONDS", FOREVER)
        alone = member("3")
        line.join(alone)
        leading, gathered = group_in_a_thread(line, alone)
        leading.join(FOREVER / 2)
        assert gathered == [alone]

    def test_that_was_always_alone_waits_for_nobody(self, line, monkeypatch):
        monkeypatch.setattr(perform_together, "LINGER_SECONDS", FOREVER)
        only = member("1")
        line.join(only)
        leading, gathered = group_in_a_thread(line, only)
        leading.join(FOREVER / 2)
        assert gathered == [only]
