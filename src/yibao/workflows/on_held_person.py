"""Change what concerns a person, whose row is held, where no message is kept with it: a step of several, or the platform's own."""

from collections.abc import Callable
from typing import TypeVar

from psycopg import errors as database_errors

from yibao.domains import storage
from yibao.domains.people.queries import LockedPerson, ask_for_lock, locked_person
from yibao.domains.storage import Raw
from yibao.workflows.exactly_once import ATTEMPTS, OthersInvolved, UnknownPersonNumberError

Made = TypeVar("Made")


def on_held_person(person_number: str, act: Callable[[Raw, LockedPerson], Made]) -> Made:
    """Hold the person, act, commit; begun anew with others held too where the change moves their accounts.

    :raises UnknownPersonNumberError: nobody has the number.
    """
    others: frozenset[int] = frozenset()
    for _ in range(ATTEMPTS - 1):
        try:
            return _attempt(person_number, others, act)
        except OthersInvolved as found:
            others |= found.person_ids
        except database_errors.DeadlockDetected:
            continue  # everything was undone, and whoever was in the way has gone on
    return _attempt(person_number, others, act)


def _attempt(person_number: str, others: frozenset[int], act: Callable[[Raw, LockedPerson], Made]) -> Made:
    """One try at the whole."""
    with storage.transaction() as raw:
        person = locked_person(ask_for_lock(raw, number=person_number, others=others), number=person_number)
        if person is None:
            raise UnknownPersonNumberError(number=person_number)
        return act(raw, person)
