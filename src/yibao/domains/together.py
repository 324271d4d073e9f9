"""One statement for what several messages ask or write alike: the server starts it once, and each message is a row of it.

Starting a statement costs the server more than another row of it does. The values of all travel as one JSON array, by
position; a text holds what JSON has no type for.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from types import NoneType
from typing import Any, Final, LiteralString

import msgspec

from yibao.domains.storage import LaterRows, Questions, Raw, Rows, Write, ask

FROM_EACH: Final = "/*from each*/"
EACH: Final = "/*each,*/"
_TYPES: Final[tuple[tuple[type, str], ...]] = (
    (bool, "boolean"),
    (int, "bigint"),
    (datetime, "timestamptz"),
    (date, "date"),
    (bytes, "bytea"),
    (str, "text"),
    (NoneType, "text"),
)


def ask_together(raw: Raw, askers: Iterable[Questions]) -> None:
    """Send the questions of all askers, each text once; what one of them reads first is waited for."""
    alike: dict[LiteralString, list[tuple[Sequence[Any], LaterRows]]] = {}
    for asker in askers:
        for statement, parameters, rows in asker.asked:
            alike.setdefault(statement, []).append((parameters, rows))
    for statement, asked in alike.items():
        values = [parameters for parameters, _ in asked]
        types = _types(values)
        answers = ask(raw, _for_each(statement, types), (_rows(values, types),))
        share_out = _sharing(answers, [rows for _, rows in asked])
        for _, rows in asked:
            rows.source = share_out


def _sharing(answers: Rows, waiting: Sequence[LaterRows]) -> Callable[[], None]:
    """Gives every asker the rows of its own question, once."""

    def share_out() -> None:
        shares: list[list[Any]] = [[] for _ in waiting]
        for place, *row in answers.fetchall():
            shares[place].append(row)
        for rows, share in zip(waiting, shares, strict=True):
            rows.source = None
            rows.give(share)

    return share_out


def can_join(writes: Iterable[Write]) -> bool:
    """Whether each of these writes knows how to be one row of many."""
    return all(FROM_EACH in write.statement or EACH in write.statement for write in writes)


def write_for_all(raw: Raw, writes_of_each: Iterable[Sequence[Write]]) -> None:
    """Carry out the writes of several messages as one statement; those of one text become one part of it.

    They all see the records as they were before, as in `storage.write_together`.
    """
    alike: dict[LiteralString, tuple[LiteralString, list[tuple[Any, ...]]]] = {}
    for writes in writes_of_each:
        for write in writes:
            alike.setdefault(write.statement, (write.name, []))[1].append(write.parameters)
    parts = tuple(
        (name, statement, _types(values))
        # What reads another part's rows has a FROM of its own, and stands after the others.
        for statement, (name, values) in sorted(alike.items(), key=lambda part: (EACH in part[0], part[1][0]))
    )
    ask(raw, _parts(parts), tuple(_rows(alike[statement][1], types) for _, statement, types in parts))


def _types(values: Sequence[Sequence[Any]]) -> tuple[str, ...]:
    """The type of every place, as the first value there tells; a text where there is none."""
    kinds = tuple(map(type, values[0]))
    for row in values[1:]:
        others = tuple(map(type, row))
        if others != kinds:
            kinds = tuple(b if a is NoneType else a for a, b in zip(kinds, others, strict=True))
    return _names_of(kinds)


@lru_cache(maxsize=1024)
def _names_of(kinds: tuple[type, ...]) -> tuple[str, ...]:
    return tuple(next(name for kind, name in _TYPES if issubclass(each, kind)) for each in kinds)


def _rows(values: Sequence[Sequence[Any]], types: tuple[str, ...]) -> str:
    """The values of all as the text of one JSON array of objects."""
    names, as_bytes = _columns(len(types)), _bytes_of(types)
    rows = [dict(zip(names, (place, *row), strict=True)) for place, row in enumerate(values)]
    for name in as_bytes:
        for row in rows:
            row[name] = row[name] if row[name] is None else "\\x" + row[name].hex()
    return msgspec.json.encode(rows).decode()


@lru_cache(maxsize=128)
def _bytes_of(types: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the columns that hold bytes, which JSON has no word for."""
    return tuple(f"p{place}" for place, kind in enumerate(types, 1) if kind == "bytea")


@lru_cache(maxsize=128)
def _columns(count: int) -> tuple[str, ...]:
    """The names of the columns of a row: its place, then its values."""
    return ("n", *(f"p{place}" for place in range(1, count + 1)))


@lru_cache(maxsize=256)
def _for_each(statement: LiteralString, types: tuple[str, ...]) -> LiteralString:
    """The question as one that is asked once for each row of values."""
    inner = _by_name(statement)
    return f"SELECT each.n, own.* FROM {_each(types)} CROSS JOIN LATERAL ({inner}) AS own"  # noqa: S608  # our own texts


@lru_cache(maxsize=256)
def _parts(parts: tuple[tuple[LiteralString, LiteralString, tuple[str, ...]], ...]) -> LiteralString:
    """The writes as the parts of one statement, each with rows of its own."""
    texts = []
    for name, statement, types in parts:
        each = _each(types)
        texts.append(f"{name} AS ({_by_name(statement).replace(FROM_EACH, f'FROM {each}').replace(EACH, f'{each},')})")
    return f"WITH {', '.join(texts)} SELECT"


def _by_name(statement: LiteralString) -> LiteralString:
    """The statement with columns of the rows in the place of its parameters."""
    first, *others = statement.split("%s")
    return "".join((first, *(f"each.p{place}{part}" for place, part in enumerate(others, 1))))


def _each(types: Sequence[str]) -> LiteralString:
    """The rows of values; their JSON is the parameter that stands here."""
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(_columns(len(types)), ("bigint", *types), strict=True))
    return f"json_to_recordset(%s::json) AS each({columns})"
