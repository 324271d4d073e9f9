"""The ways of a state machine: from which states a step may be taken, and where it leads. The tables stand in the domains."""

from typing import Generic, NamedTuple, TypeVar

State = TypeVar("State")


class Way(NamedTuple, Generic[State]):
    """From which states a step may be taken, and where it leads; a step without a source begins the life."""

    sources: frozenset[State]
    target: State


def way(*sources: State, to: State) -> Way[State]:
    """The way from any of these states to another."""
    return Way(frozenset(sources), to)
