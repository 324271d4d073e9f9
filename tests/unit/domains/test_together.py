"""What several ask and write alike is one statement, and each gets its own."""

from datetime import UTC, date, datetime

import pytest

from yibao.domains import storage
from yibao.domains.storage import Questions, Write, ask
from yibao.domains.together import ask_together, can_join, write_for_all

from .test_storage import round_trips

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _tables():
    with storage.transaction() as raw:
        ask(raw, "CREATE TABLE account (owner text PRIMARY KEY, fen bigint NOT NULL CHECK (fen >= 0))")
        ask(raw, "CREATE TABLE entry (owner text, fen bigint, after bigint, facts jsonb, body bytea, at timestamptz)")
        ask(raw, "INSERT INTO account VALUES ('a', 10), ('b', 20), ('c', 30)")
    yield
    with storage.transaction() as raw:
        ask(raw, "DROP TABLE account, entry")


MOVE = "UPDATE account a SET fen = a.fen + %s::bigint /*from each*/ WHERE a.owner = %s RETURNING a.owner, a.fen"
ENTER = (
    "INSERT INTO entry SELECT moved.owner, %s::bigint, moved.fen, %s::jsonb, %s::bytea, %s"
    " FROM /*each,*/ moved WHERE moved.owner = %s"
)
AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


def moved(owner, fen, body):
    return [Write("moved", MOVE, (fen, owner)), Write("entered", ENTER, (fen, '{"why": "\\"test"}', body, AT, owner))]


def accounts():
    return ask(storage.driver(), "SELECT owner, fen FROM account ORDER BY owner").fetchall()


class TestAskTogether:
    def test_gives_each_its_own_rows_in_their_order(self):
        askers = [Questions() for _ in range(3)]
        series = [
            ask(asker, "SELECT n, %s FROM generate_series(1, %s) AS n ORDER BY n DESC", (name, count))
            for asker, name, count in zip(askers, "abc", (2, 0, 3), strict=True)
        ]
        days = [ask(asker, "SELECT %s::date + 1", (date(2026, 11, day),)) for day, asker in enumerate(askers, 1)]
        with storage.transaction() as raw:
            ask_together(raw, askers)

            assert [rows.fetchall() for rows in series] == [[[2, "a"], [1, "a"]], [], [[3, "c"], [2, "c"], [1, "c"]]]
            assert [rows.fetchone() for rows in days] == [[date(2026, 11, 2)], [date(2026, 11, 3)], [date(2026, 11, 4)]]
            assert [rows.fetchone() for rows in (*series, *days)] == [None] * 6

    @pytest.mark.parametrize("values", [(1, None), (None, 2), (None, None)])
    def test_what_is_not_known_of_one_has_the_type_of_the_others(self, values):
        askers = [Questions(), Questions()]
        rows = [ask(asker, "SELECT %s::bigint IS NULL", (value,)) for asker, value in zip(askers, values, strict=True)]
        with storage.transaction() as raw:
            ask_together(raw, askers)

            assert [each.fetchone() for each in rows] == [[value is None] for value in values]


@pytest.mark.usefixtures("_tables")
class TestWriteForAll:
    def test_writes_the_rows_of_all_and_reads_each_others_parts_by_row(self):
        with storage.transaction() as raw:
            write_for_all(raw, [moved("a", -10, b"\x00\xff"), moved("b", 5, None), moved("c", 1, b"")])

        assert accounts() == [("a", 0), ("b", 25), ("c", 31)]
        entries = ask(storage.driver(), "SELECT owner, fen, after, facts ->> 'why', body, at FROM entry ORDER BY owner")
        assert entries.fetchall() == [
            ("a", -10, 0, '"test', b"\x00\xff", AT), ("b", 5, 25, '"test', None, AT), ("c", 1, 31, '"test', b"", AT),
        ]  # fmt: skip

    def test_is_all_or_nothing(self):
        with pytest.raises(Exception, match="account_fen_check"), storage.transaction() as raw:
            write_for_all(raw, [moved("a", -10, None), moved("b", -21, None)])

        assert accounts() == [("a", 10), ("b", 20), ("c", 30)]
        assert ask(storage.driver(), "SELECT count(*) FROM entry").fetchone() == (0,)

    def test_reads_and_writes_of_several_take_two_round_trips(self):
        def work():
            askers = [Questions(), Questions()]
            with storage.transaction() as raw:
                found = [
                    ask(asker, "SELECT fen FROM account WHERE owner = %s", (owner,))
                    for asker, owner in zip(askers, "ab", strict=True)
                ]
                ask_together(raw, askers)
                writes = [moved(owner, rows.fetchone()[0], None) for owner, rows in zip("ab", found, strict=True)]
                write_for_all(raw, writes)

        work()

        assert round_trips(work) == 2
        assert accounts() == [("a", 40), ("b", 80), ("c", 30)]


def test_only_statements_that_name_the_place_can_join():
    assert can_join(moved("a", 1, None))
    assert not can_join([*moved("a", 1, None), Write("alone", "UPDATE account SET fen = %s", (1,))])
