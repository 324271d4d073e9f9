"""Withdraw fee lines that are not settled (2205, 2302)."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.people.queries import LockedPerson
from yibao.domains.settlement.queries import ask_for_unsettled_lines
from yibao.domains.storage import Raw
from yibao.domains.visits.operations import withdraw_lines
from yibao.workflows.change_visit import AskedVisit, VisitChange, ask_visit, visit_to_change
from yibao.workflows.exactly_once import Outcome, Step

UnsettledLine = tuple[int, str, str]
"""A line's id, its number, and the number of its batch."""

EVERYTHING = "0000"
"""The number that stands for every unsettled line of the visit."""


class NothingToWithdrawError(YibaoError):
    """No unsettled line has this number, or is of this batch (无可撤销的费用明细)."""

    code: ClassVar[str] = "visits.nothing_to_withdraw"


def withdraw_batch_step(change: VisitChange, *, batch_number: str) -> Step[AskedVisit, None]:
    """The change that withdraws a charge batch, or with '0000' every unsettled line of the visit.

    :raises NothingToWithdrawError: no such line is unsettled; nothing changed.
    """

    def choose(lines: list[UnsettledLine]) -> list[int]:
        chosen = [line_id for line_id, _, batch in lines if batch_number in (EVERYTHING, batch)]
        if not chosen:
            raise NothingToWithdrawError(number=batch_number)
        return chosen

    return _withdraw_step(change, choose)


def withdraw_lines_step(change: VisitChange, *, line_numbers: Sequence[str]) -> Step[AskedVisit, None]:
    """The change that withdraws lines by their numbers, or with '0000' every unsettled line of the visit.

    :raises NothingToWithdrawError: one of them is not an unsettled line; nothing changed.
    """
    wanted = frozenset(line_numbers)

    def choose(lines: list[UnsettledLine]) -> list[int]:
        if EVERYTHING in wanted:
            chosen = [line_id for line_id, _, _ in lines]
        else:
            chosen = [line_id for line_id, number, _ in lines if number in wanted]
        if len(chosen) < (1 if EVERYTHING in wanted else len(wanted)):
            raise NothingToWithdrawError(number=min(wanted - {number for _, number, _ in lines}))
        return chosen

    return _withdraw_step(change, choose)


def _withdraw_step(change: VisitChange, choose: Callable[[list[UnsettledLine]], list[int]]) -> Step[AskedVisit, None]:
    """The change that withdraws those of the visit's unsettled lines that are chosen."""

    def act(raw: Raw, person: LockedPerson | None, asked: AskedVisit) -> Outcome[None]:
        assert person is not None
        visit = visit_to_change(change, person, asked)
        lines: list[UnsettledLine] = [
            (row[0], row[1], row[2]) for row in ask_for_unsettled_lines(raw, visit_id=visit.id).fetchall()
        ]
        withdraw_lines(raw, line_ids=choose(lines), at=change.at)
        return Outcome(None, visit.id)

    return Step(lambda raw: ask_visit(raw, change), act)
