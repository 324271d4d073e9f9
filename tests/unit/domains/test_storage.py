"""The pipeline on Django's connection: what leaves together, what is undone together."""

import itertools
import tempfile

import psycopg
import pytest

from yibao.domains import storage
from yibao.domains.storage import Write, array_of, ask, write_together

pytestmark = pytest.mark.django_db(transaction=True)


def round_trips(work):
    """How often the work waits for the server, read from libpq's own trace."""
    raw = storage.driver()
    with tempfile.TemporaryFile("w+b") as trace:
        raw.pgconn.trace(trace.fileno())
        work()
        raw.pgconn.untrace()
        trace.seek(0)
        directions = [line.split(b"\t")[1] for line in trace.read().splitlines() if b"\t" in line]
    return sum(now == b"F" and before == b"B" for before, now in itertools.pairwise([b"B", *directions]))


@pytest.fixture
def _table():
    with storage.transaction() as raw:
        ask(raw, "CREATE TABLE scratch (n int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)")
    yield
    with storage.transaction() as raw:
        ask(raw, "DROP TABLE scratch")


def numbers():
    return [row[0] for row in ask(storage.driver(), "SELECT n FROM scratch ORDER BY n").fetchall()]


@pytest.mark.usefixtures("_table")
class TestTransaction:
    def test_two_reads_and_a_write_take_two_round_trips(self):
        def work():
            with storage.transaction() as raw:
                first = ask(raw, "SELECT %s::int", (1,))
                second = ask(raw, "SELECT %s::int", (2,))
                total = first.fetchone()[0] + second.fetchone()[0]
                write_together(raw, [Write("one", "INSERT INTO scratch VALUES (%s)", (total,))])

        work()
        ask(storage.driver(), "DELETE FROM scratch")

        assert round_trips(work) == 2
        assert numbers() == [3]

    def test_everything_is_undone_when_the_commit_fails(self):
        with pytest.raises(psycopg.errors.UniqueViolation), storage.transaction() as raw:
            ask(raw, "INSERT INTO scratch VALUES (1), (2)")
            ask(raw, "INSERT INTO scratch VALUES (1)")

        assert numbers() == []

    def test_everything_is_undone_when_the_block_raises(self):
        with pytest.raises(ZeroDivisionError), storage.transaction() as raw:
            ask(raw, "INSERT INTO scratch VALUES (1)")
            raise ZeroDivisionError

        assert numbers() == []

    def test_an_inner_transaction_is_a_savepoint(self):
        with storage.transaction() as raw:
            ask(raw, "INSERT INTO scratch VALUES (1)")
            with pytest.raises(ZeroDivisionError), storage.transaction():
                ask(raw, "INSERT INTO scratch VALUES (2)")
                raise ZeroDivisionError

        assert numbers() == [1]


class TestQueuedCursor:
    def test_overrides_a_method_that_the_pinned_driver_has(self):
        assert psycopg.__version__.startswith("3.3.")
        assert "_execute_gen" in vars(storage._QueuedCursor)
        assert callable(psycopg.RawCursor._execute_gen)


class TestArrayOf:
    def test_numbers_codes_and_nothing(self):
        assert array_of([1, None, -3]) == "{1,NULL,-3}"
        assert array_of(["310100", "310200"]) == "{310100,310200}"
        assert array_of([]) == "{}"
