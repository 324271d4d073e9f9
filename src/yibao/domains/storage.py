"""One transaction, one pipeline: raw cursors over Django's own connection, for the paths where round trips count."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, LiteralString

import psycopg
from django.db import connection
from psycopg.adapt import PyFormat
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg.types.numeric import Int8Dumper

Raw = psycopg.Connection[TupleRow]
Rows = psycopg.Cursor[TupleRow]


def driver() -> Raw:
    """The psycopg connection that Django holds for this thread, opened when there is none yet."""
    connection.ensure_connection()
    raw: Raw = connection.connection
    if raw.adapters.get_dumper(int, PyFormat.AUTO) is not Int8Dumper:
        # By default a number's size decides its type, and a statement would be prepared anew for each mixture of sizes.
        raw.adapters.register_dumper(int, Int8Dumper)
    return raw


@contextmanager
def transaction() -> Iterator[Raw]:
    """One database transaction in pipeline mode, committed when the block ends well and undone when it does not.

    Statements asked with `ask` travel together; reading the first answer sends what waits. Begin and commit ride
    with the first and the last of them. Inside a running transaction it is a savepoint.
    """
    raw = driver()
    if raw.info.transaction_status != TransactionStatus.IDLE:
        with raw.transaction(), raw.pipeline():
            yield raw
        return
    try:
        with raw.pipeline():
            _command(raw, b"BEGIN")
            yield raw
            _command(raw, b"COMMIT")
    except BaseException:
        if not raw.closed:
            raw.rollback()
        raise


def _command(raw: Raw, command: bytes) -> None:
    """Queue a command without parameters or answer, as the driver does for its own transactions."""
    pipeline = raw._pipeline  # noqa: SLF001  # see _QueuedCursor
    assert pipeline is not None
    raw.pgconn.send_query_params(command, None)
    pipeline.result_queue.append(None)


def ask(raw: Raw, statement: LiteralString, parameters: Sequence[Any] = ()) -> Rows:
    """Send one statement, without waiting inside a pipeline; parameters are bound by the server (it prepares repeats)."""
    rows = _QueuedCursor(raw)
    rows.execute(_numbered(statement), parameters or None)
    return rows


class _QueuedCursor(psycopg.RawCursor[TupleRow]):
    """A cursor that leaves its statement in libpq's buffer while a pipeline is open.

    The driver's own cursor offers each statement to the socket at once, a poll and a send apiece; here they leave
    together when the first answer is read. It overrides one inner method of psycopg 3.3, which the lock file pins;
    tests/unit/domains/test_storage.py says when a newer one no longer fits.
    """

    def _execute_gen(
        self, query: Any, params: Any = None, *, prepare: bool | None = None, binary: bool | None = None
    ) -> Generator[Any, Any, None]:
        yield from self._start_query(query)
        yield from self._maybe_prepare_gen(self._convert_query(query, params), prepare=prepare, binary=binary)
        pipeline = self._conn._pipeline  # noqa: SLF001  # see the class
        while pipeline and pipeline.command_queue:
            pipeline.command_queue.popleft()()
        self._last_query = query
        yield from self._conn._prepared.maintain_gen(self._conn)  # noqa: SLF001  # as above


@lru_cache(maxsize=1024)
def _numbered(statement: LiteralString) -> bytes:
    """The statement with $1, $2 … for its placeholders, so that the driver need not read it at every use."""
    first, *others = statement.split("%s")
    return "".join((first, *(f"${place}{part}" for place, part in enumerate(others, 1)))).encode()


@dataclass(frozen=True, slots=True)
class Write:
    """A writing statement of one domain that may travel with those of others; names are unique within one journey."""

    name: LiteralString
    statement: LiteralString
    parameters: tuple[Any, ...]


def write_together(raw: Raw, writes: Sequence[Write]) -> None:
    """Carry out several writes as one statement, so that the server prepares and plans the whole once.

    They all see the records as they were before; what binds them together is checked when the transaction ends.
    """
    parameters: list[Any] = []
    for write in writes:
        parameters += write.parameters
    ask(raw, _together(tuple((write.name, write.statement) for write in writes)), parameters)


@lru_cache(maxsize=256)
def _together(named: tuple[tuple[LiteralString, LiteralString], ...]) -> LiteralString:
    """The statements as the parts of one; the same parts give the same text, which is then prepared already."""
    parts: LiteralString = ", ".join(f"{name} AS ({statement})" for name, statement in named)
    return f"WITH {parts} SELECT"


def array_of(values: Iterable[int | str | None]) -> str:
    """Numbers, or codes of letters and digits, as the text of an array, which costs the driver nothing to bind."""
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


@contextmanager
def reading() -> Iterator[Raw]:
    """Read without a transaction of one's own; statements asked together travel together."""
    raw = driver()
    with raw.pipeline():
        yield raw
