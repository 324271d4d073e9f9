"""Carry out a change from a page: the same steps as messages take, in a transaction of their own, without a message to keep."""

from typing import TypeVar

from yibao.domains import storage
from yibao.domains.storage import write_together
from yibao.workflows.exactly_once import Step

Made = TypeVar("Made")


def carry_out(step: Step[None, Made]) -> Made:
    """Do what a step does and give what it made.

    :raises YibaoError: as the step says; then nothing was changed.
    """
    with storage.transaction() as raw:
        outcome = step.act(raw, None, step.ask(raw))
        if outcome.writes:
            write_together(raw, outcome.writes)
    return outcome.made
