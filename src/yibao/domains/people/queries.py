"""Finding people: by number under the one lock that every change to their affairs takes first, by voucher, by document."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import LiteralString

import msgspec

from yibao.domains.people.models import Person
from yibao.domains.storage import Raw, Rows, array_of, ask


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """What the register says of a person."""

    id: int
    number: str
    name: str
    document_type: str
    document_number: str
    sex: str
    ethnicity: str
    birth_date: date


@dataclass(frozen=True, slots=True)
class LockedPerson(KnownPerson):
    """The person whose row this transaction holds, and the numbers of the others whose rows it holds too."""

    others: frozenset[int] = frozenset()


_SHOWN: LiteralString = "FROM people_voucher WHERE kind = %s AND number = %s AND valid_from <= %s AND (valid_until IS NULL OR valid_until > %s)"
"""The voucher of a kind and number that may be shown on a day, which is named twice."""
_KNOWN: LiteralString = "SELECT id, number, name, document_type, document_number, sex, ethnicity, birth_date"


def ask_for_lock(raw: Raw, *, number: str, others: Collection[int] = ()) -> Rows:
    """Lock the person with this number until the transaction ends, and others with them in the one fixed order.

    Read the row with `locked_person`. Statements asked after it see everything that was committed before the lock was
    granted.
    """
    if others:
        return ask(raw, _LOCK_SEVERAL, (number, array_of(sorted(others))))
    return ask(raw, _LOCK_ONE, (number,))


def ask_for_free_locks(raw: Raw, *, numbers: Sequence[str]) -> Rows:
    """Lock those of these persons whom nobody else holds, without waiting; read who was locked with `locked_persons`."""
    return ask(raw, _LOCK_FREE, (msgspec.json.encode(numbers).decode(),))


def locked_persons(rows: Rows) -> dict[str, LockedPerson]:
    """The persons who were locked, by number."""
    return {row[1]: LockedPerson(*row[:8]) for row in rows.fetchall()}


# A connection plans each statement of this transaction once for all values, which costs less than the work itself. It
# prefers indexes, so that a plan made when a young installation's tables were empty stays right, and joins by them row by
# row: a transaction is about sixteen persons at most, and the planner takes their values for a hundred rows, for which it
# would read a whole table of some thousand. As a subquery each is set once and not again for every person.
_LOCK: LiteralString = (
    _KNOWN + ","  # noqa: S608  # our own texts
    " (SELECT set_config('plan_cache_mode', 'force_generic_plan', true)), (SELECT set_config('enable_seqscan', 'off', true)),"
    " (SELECT set_config('enable_hashjoin', 'off', true)), (SELECT set_config('enable_mergejoin', 'off', true))"
    " FROM people_person WHERE number = %s"
)
_LOCK_ONE: LiteralString = _LOCK + " FOR NO KEY UPDATE"
_LOCK_FREE: LiteralString = (
    _LOCK.replace("= %s", "= ANY(ARRAY(SELECT json_array_elements_text(%s::json)))")
    + " ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
)
_LOCK_SEVERAL: LiteralString = _LOCK + " OR id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"


def locked_person(rows: Rows, *, number: str | None = None) -> LockedPerson | None:
    """The locked person, or nothing when nobody has the number; `number` tells the person from others locked with them."""
    found = rows.fetchall()
    for row in found:
        if number is None or row[1] == number:
            others = frozenset(other[0] for other in found if other is not row)
            return replace(LockedPerson(*row[:8]), others=others) if others else LockedPerson(*row[:8])
    return None


def ask_for_person(raw: Raw, *, person_id: int) -> Rows:
    """Ask who has this number of a row; read it with `known_person`."""
    return ask(raw, _KNOWN + " FROM people_person WHERE id = %s", (person_id,))


def ask_for_person_with_voucher(raw: Raw, *, kind: str, number: str, on: date) -> Rows:
    """Ask who may show this voucher on that day; read it with `known_person`."""
    return ask(
        raw,
        _KNOWN + f" FROM people_person WHERE id = (SELECT person_id {_SHOWN})",
        (kind, number, on, on),
    )


def ask_for_person_with_document(raw: Raw, *, document_type: str, number: str) -> Rows:
    """Ask who has this identity document; read it with `known_person`."""
    return ask(
        raw,
        _KNOWN + " FROM people_person WHERE document_type = %s AND document_number = %s",
        (document_type, number),
    )


def known_person(rows: Rows) -> KnownPerson | None:
    """The person who was asked for, or nobody."""
    row = rows.fetchone()
    return KnownPerson(*row) if row else None


def person_with_document(*, document_type: str, number: str) -> Person | None:
    """The person with this identity document, or nobody."""
    return Person.objects.filter(document_type=document_type, document_number=number).first()


def ask_for_voucher(raw: Raw, *, person_id: int, kind: str, number: str, on: date) -> Rows:
    """Ask whether a person may show this voucher on that day; one row if so."""
    return ask(raw, f"SELECT 1 {_SHOWN} AND person_id = %s", (kind, number, on, on, person_id))
