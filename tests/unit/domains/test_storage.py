"""The pipeline on Django's connection: what leaves together, what is undone together."""

import itertools
import tempfile
from datetime import UTC, date, datetime

import psycopg
import pytest
from django.db import connection

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


class TestAsking:
    def test_leans_on_a_driver_that_the_lock_file_pins(self):
        assert psycopg.__version__.startswith("3.3.")
        with storage.transaction() as raw:
            waiting = list(raw._pipeline.result_queue)
            assert isinstance(waiting[-1][0], storage.Rows)
            assert not raw._pipeline.command_queue

    def test_a_statement_is_prepared_once_and_anew_for_other_types(self):
        def prepared():
            rows = ask(
                storage.driver(),
                "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s",
                ("SELECT $1 AS odd%",),
            )
            return rows.fetchone()[0]

        for value in (1, 2, "x", 3, "y", None):
            with storage.transaction() as raw:
                assert ask(raw, "SELECT %s AS odd", (value,)).fetchall() == [(value,)]
        assert prepared() <= 3

    def test_a_statement_that_could_not_be_prepared_is_tried_again(self):
        for _ in range(2):
            with pytest.raises(psycopg.errors.UndefinedTable), storage.transaction() as raw:
                ask(raw, "SELECT * FROM not_there_yet").fetchone()
        with storage.transaction() as raw:
            ask(raw, "CREATE TEMPORARY TABLE not_there_yet AS SELECT 7 AS n")
        assert ask(storage.driver(), "SELECT * FROM not_there_yet").fetchone() == (7,)
        ask(storage.driver(), "DROP TABLE not_there_yet")

    def test_a_failure_reaches_whoever_reads_first_and_the_next_transaction_is_clean(self):
        with pytest.raises(psycopg.errors.DivisionByZero), storage.transaction() as raw:
            broken, sound = ask(raw, "SELECT 1 / %s", (0,)), ask(raw, "SELECT 1")
            sound.fetchone()
            broken.fetchone()
        with storage.transaction() as raw:
            assert ask(raw, "SELECT %s::int", (5,)).fetchone() == (5,)

    def test_rows_are_read_once_from_first_to_last(self):
        with storage.transaction() as raw:
            rows = ask(raw, "SELECT n FROM generate_series(1, 3) AS n")
            assert (rows.fetchone(), rows.fetchall(), rows.fetchone()) == ((1,), [(2,), (3,)], None)

    def test_values_keep_their_kind(self):
        sent = (2**40, "词", None, True, date(2026, 11, 21), datetime(2026, 11, 21, 8, tzinfo=UTC), b"\x00\xff")
        with storage.transaction() as raw:
            marks = "%s::bigint, %s::text, %s::int, %s::bool, %s::date, %s::timestamptz, %s::bytea"
            assert ask(raw, f"SELECT {marks}", sent).fetchone() == sent

    def test_statements_of_djangos_own_cursors_keep_their_place(self):
        with storage.transaction() as raw:
            ask(raw, "CREATE TEMPORARY TABLE in_order (n int) ON COMMIT DROP")
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO in_order VALUES (1)")
            ask(raw, "UPDATE in_order SET n = n + 1")
            with connection.cursor() as cursor:
                cursor.execute("SELECT n FROM in_order")
                assert cursor.fetchone() == (2,)


class TestArrayOf:
    def test_numbers_codes_and_nothing(self):
        assert array_of([1, None, -3]) == "{1,NULL,-3}"
        assert array_of(["310100", "310200"]) == "{310100,310200}"
        assert array_of([]) == "{}"
