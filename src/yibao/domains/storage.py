"""One transaction, one pipeline: raw cursors over Django's own connection, for the paths where round trips count."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, LiteralString
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection
from psycopg.abc import Transformer
from psycopg.adapt import PyFormat
from psycopg.adapt import Transformer as NewTransformer
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow
from psycopg.types.numeric import Int8Dumper

Raw = psycopg.Connection[TupleRow]


class Rows:
    """The answer to one statement; waited for when it is first asked for."""

    __slots__ = ("_answered", "_raw", "_rows")

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self._answered = False
        self._rows: Iterator[TupleRow] = iter(())

    def fetchone(self) -> TupleRow | None:
        """The next row, or nothing."""
        return next(self._read(), None)

    def fetchall(self) -> list[TupleRow]:
        """The rows that are left."""
        return list(self._read())

    def _read(self) -> Iterator[TupleRow]:
        pipeline = self._raw._pipeline  # noqa: SLF001  # see _send
        if not self._answered and pipeline is not None:
            with self._raw.lock:
                self._raw.wait(pipeline._fetch_gen(flush=True))  # noqa: SLF001  # see _send
        return self._rows

    def _check_results(self, results: list[PGresult]) -> None:
        """Called by the driver when the answer has come; what is raised here reaches whoever waited."""
        _refuse_failure(results[0])

    def _set_results(self, results: list[PGresult]) -> None:
        """Called by the driver after the check."""
        self._answered = True
        (result,) = results
        if result.ntuples:
            loads = _kept(self._raw).loads
            loads.set_pgresult(result)
            self._rows = iter(loads.load_rows(0, result.ntuples, tuple))


def _refuse_failure(result: PGresult) -> None:
    """Raise what the server complained about."""
    if result.status == ExecStatus.FATAL_ERROR:
        raise psycopg.errors.error_from_result(result)
    if result.status == ExecStatus.PIPELINE_ABORTED:
        raise psycopg.errors.PipelineAborted("pipeline aborted")


def driver() -> Raw:
    """The psycopg connection that Django holds for this thread, opened when there is none yet."""
    connection.ensure_connection()
    raw: Raw = connection.connection
    return raw


@contextmanager
def transaction() -> Iterator[Raw]:
    """One database transaction in pipeline mode, committed when the block ends well and undone when it does not.

    Statements asked with `ask` travel together; reading the first answer sends what waits. Begin and commit ride
    with the first and the last of them. Inside a running transaction, the driver's or Django's, it is a savepoint.
    """
    raw = driver()
    if connection.in_atomic_block and raw.info.transaction_status == TransactionStatus.IDLE:
        raw.execute("SELECT")  # Django's begins with its first statement: before that one we would commit on our own
    if raw.info.transaction_status != TransactionStatus.IDLE:
        with raw.transaction(), raw.pipeline():
            yield raw
        return
    try:
        with raw.pipeline():
            _send(raw, b"BEGIN", ())
            yield raw
            _send(raw, b"COMMIT", ())
    except BaseException:
        if not raw.closed:
            raw.rollback()
        raise


class Questions:
    """What one of several askers wants to read, in the place of a connection: `together` asks for all of them at once."""

    __slots__ = ("asked",)

    def __init__(self) -> None:
        self.asked: list[tuple[LiteralString, Sequence[Any], LaterRows]] = []

    def note(self, statement: LiteralString, parameters: Sequence[Any]) -> Rows:
        """Remember a question; its rows can be read once all were asked."""
        rows = LaterRows()
        self.asked.append((statement, parameters, rows))
        return rows


class LaterRows(Rows):
    """The answer to a question that was asked together with those of others."""

    __slots__ = ("source",)

    def __init__(self) -> None:
        self._rows = iter(())
        self.source: Callable[[], None] | None = None

    def give(self, rows: Iterable[TupleRow]) -> None:
        """Here they are."""
        self._rows = iter(rows)

    def _read(self) -> Iterator[TupleRow]:
        source, self.source = self.source, None
        if source is not None:
            source()
        return self._rows


def ask(raw: Raw | Questions, statement: LiteralString, parameters: Sequence[Any] = ()) -> Rows:
    """Send one statement, without waiting inside a pipeline; parameters are bound by the server, the statement prepared."""
    if isinstance(raw, Questions):
        return raw.note(statement, parameters)
    if raw._pipeline is not None:  # noqa: SLF001  # see _send
        return _send(raw, _numbered(statement), parameters)
    with raw.pipeline():
        return _send(raw, _numbered(statement), parameters)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a connection keeps: adapters for values going and coming, names of prepared statements by text and types."""

    dumps: Transformer
    loads: Transformer
    names: dict[tuple[bytes, tuple[int, ...]], bytes]


_KEPT: WeakKeyDictionary[Raw, _Kept] = WeakKeyDictionary()


def _kept(raw: Raw) -> _Kept:
    """What this connection keeps, from its first statement on."""
    kept = _KEPT.get(raw)
    if kept is None:
        # By default a number's size decides its type, and a statement would be prepared anew for each mixture of sizes.
        raw.adapters.register_dumper(int, Int8Dumper)
        kept = _KEPT[raw] = _Kept(NewTransformer(raw), NewTransformer(raw), {})
    return kept


class _Preparation:
    """Forgets a name when the server did not prepare it."""

    __slots__ = ("_key", "_names")

    def __init__(self, names: dict[tuple[bytes, tuple[int, ...]], bytes], key: tuple[bytes, tuple[int, ...]]) -> None:
        self._names = names
        self._key = key

    def _check_results(self, results: list[PGresult]) -> None:
        try:
            _refuse_failure(results[0])
        except psycopg.Error:
            self._names.pop(self._key, None)
            raise

    def _set_results(self, results: list[PGresult]) -> None:
        """Nothing comes with it."""


def _send(raw: Raw, statement: bytes, parameters: Sequence[Any]) -> Rows:
    """Leave a statement in libpq's buffer of an open pipeline, prepared at its first use.

    The driver's own cursor costs several times as much: it offers each statement to the socket at once, a poll and a
    send apiece, and makes a dozen objects. Here all leave together when the first answer is read. What is used of
    psycopg's inside (the pipeline's two queues and `_fetch_gen`) is of 3.3, which the lock file pins;
    tests/unit/domains/test_storage.py says when a newer one no longer fits.
    """
    pipeline, kept, pgconn = raw._pipeline, _kept(raw), raw.pgconn  # noqa: SLF001
    assert pipeline is not None
    while pipeline.command_queue:  # what a cursor of the driver left waiting goes first
        pipeline.command_queue.popleft()()
    values: Sequence[Any] | None = None
    types: tuple[int, ...] = ()
    if parameters:
        values = kept.dumps.dump_sequence(parameters, [PyFormat.AUTO] * len(parameters))
        types = kept.dumps.types or ()
    key = statement, types
    name = kept.names.get(key)
    if name is None:
        name = kept.names[key] = f"yibao_{next(_numbers)}".encode()
        pgconn.send_prepare(name, statement, types)
        pipeline.result_queue.append((_Preparation(kept.names, key), None))  # type: ignore[arg-type]
    rows = Rows(raw)
    pgconn.send_query_prepared(name, values, kept.dumps.formats if parameters else None)
    pipeline.result_queue.append((rows, None))  # type: ignore[arg-type]
    return rows


_numbers: Iterator[int] = itertools.count()


@lru_cache(maxsize=1024)
def _numbered(statement: LiteralString) -> bytes:
    """The statement with $1, $2 … for its placeholders, so that the driver need not read it at every use."""
    first, *others = statement.split("%s")
    return "".join((first, *(f"${place}{part}" for place, part in enumerate(others, 1)))).encode()


@dataclass(frozen=True, slots=True)
class Write:
    """A writing statement of one domain that may travel with those of others; names are unique within one journey.

    A statement may say where the rows of several would come in, so that one serves many messages (`together`):
    `/*from each*/` where it has no FROM, `/*each,*/` at the head of the FROM that it has.
    """

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
