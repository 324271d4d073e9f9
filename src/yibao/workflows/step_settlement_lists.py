"""Submit settlement lists or take them back (4102): each settlement's latest version; all of a message or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.people.queries import LockedPerson
from yibao.domains.settlement_lists.operations import step_list
from yibao.domains.settlement_lists.queries import hold_settlement, latest_of_settlement
from yibao.domains.storage import Raw
from yibao.workflows.exactly_once import Outcome, Request, Step

STATES = {"0": "0", "1": "1"}
"""状态类型 (stas_type): 0 not submitted, 1 submitted. No public text lists the codes; recalled."""


class UnknownListError(YibaoError):
    """This institution has uploaded no list of this settlement and person (清单不存在)."""

    code: ClassVar[str] = "settlement_lists.unknown"


class UnknownListStateError(YibaoError):
    """Nobody knows this state of a list (状态类型)."""

    code: ClassVar[str] = "settlement_lists.unknown_state"


class FaultyListError(YibaoError):
    """The list has errors and cannot be submitted (质控不通过)."""

    code: ClassVar[str] = "settlement_lists.faulty"


@dataclass(frozen=True, slots=True)
class WantedState:
    """Which list should stand how; `node` names the row for the reader of a refusal."""

    node: str
    person_number: str
    settlement_id: int
    state: str


def states_step(
    *, institution_id: int, wanted: Sequence[WantedState], at: datetime, request: Request
) -> Step[None, int]:
    """The change that takes the steps and gives how many lists stand differently, for `exactly_once.perform`.

    :raises UnknownListError, UnknownListStateError, FaultyListError: nothing changed.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[int]:
        changed = 0
        for each in sorted(wanted, key=lambda one: one.settlement_id):
            if each.state not in STATES:
                raise UnknownListStateError(field=f"{each.node}.stas_type", state=each.state)
            hold_settlement(raw, settlement_id=each.settlement_id)
            found = latest_of_settlement(settlement_id=each.settlement_id, institution_id=institution_id)
            if found is None or found.person.number != each.person_number:
                raise UnknownListError(field=f"{each.node}.setl_id", settlement_id=each.settlement_id)
            if each.state == "1" and found.errors:
                raise FaultyListError(
                    field=f"{each.node}.setl_id", settlement_id=each.settlement_id, errors=found.errors
                )
            if found.state != each.state:
                step_list(
                    raw, list_id=found.pk, state=each.state, msgid=request.msgid, operator=request.operator, at=at
                )
                changed += 1
        return Outcome(changed)

    return Step(lambda _raw: None, act)
