"""The months that messages and notes of reading are kept in: made ahead, and taken out when they are old (migration 0004)."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, LiteralString
from zoneinfo import ZoneInfo

from django.db import OperationalError, connection, transaction
from psycopg import errors as database_errors
from psycopg import sql

from yibao.core.errors import YibaoError
from yibao.domains import storage

MONTHS_AHEAD: Final = 3
LOCK_WAIT: Final = "5s"
_ROWS_AT_ONCE: Final = 2_000
_BEIJING: Final = ZoneInfo("Asia/Shanghai")
_MOMENT_OF: Final[dict[str, LiteralString]] = {
    "message_store_message": "received_at",
    "message_store_recordread": "read_at",
}
_log: Final = logging.getLogger(__name__)


class MonthBusyError(YibaoError):
    """Somebody reads or writes so long that the month could not be taken out: nothing was changed."""

    code: ClassVar[str] = "messages.month_busy"


@dataclass(frozen=True, slots=True)
class KeptMonth:
    """One month (Beijing time) of one table; `stands` when messages are found in it, else it is being archived."""

    table: str
    name: str
    stands: bool
    bytes_on_disk: int

    @property
    def month(self) -> str:
        """The month as 2026-11."""
        return f"{self.name[-6:-2]}-{self.name[-2:]}"


def make_months(*, at: datetime) -> list[str]:
    """Make the tables of this month and the next ones, and of months that came unprepared; gives the names of new ones.

    Whoever writes is not kept waiting. While somebody holds the tables for long (a backup) nothing is made: messages of
    a month without a table are kept among the others and move when it is made.
    """
    made: list[str] = []
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
            for table, moment in _MOMENT_OF.items():
                for month in [*_months_from(at), *_strays(cursor, table, moment)]:
                    cursor.execute("SELECT yibao_make_month(%s, %s, %s)", [table, moment, month])
                    made += [name for (name,) in cursor.fetchall() if name]
    except OperationalError as busy:
        if not isinstance(busy.__cause__, database_errors.LockNotAvailable):
            raise
        _log.warning("the tables of the next months are not made: somebody holds the messages")
        return []
    return made


def _months_from(at: datetime) -> list[datetime]:
    """A moment in each month from this one on."""
    local = at.astimezone(_BEIJING)
    places = (local.year * 12 + local.month - 1 + ahead for ahead in range(MONTHS_AHEAD + 1))
    return [datetime(place // 12, place % 12 + 1, 15, tzinfo=_BEIJING) for place in places]


def _strays(cursor: Any, table: str, moment: LiteralString) -> list[datetime]:
    """A moment in each month whose rows stand among the others."""
    cursor.execute(
        sql.SQL("SELECT min({moment}) FROM {others} GROUP BY date_trunc('month', {moment} AT TIME ZONE 'Asia/Shanghai')")
        .format(moment=sql.Identifier(moment), others=sql.Identifier(f"{table}_others"))
    )  # fmt: skip
    return [row[0] for row in cursor.fetchall()]


def kept_months() -> list[KeptMonth]:
    """Every month that is kept, oldest first, messages before readings."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT substring(c.relname, '^(.*)_[0-9]{6}$'), c.relname, c.relispartition, pg_total_relation_size(c.oid)"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'r' AND n.nspname = current_schema()"
            " AND c.relname ~ '^message_store_(message|recordread)_[0-9]{6}$'"
            " ORDER BY right(c.relname, 6), c.relname"
        )
        return [KeptMonth(*row) for row in cursor.fetchall()]


def rows_of(month: KeptMonth) -> Iterator[tuple[list[str], list[tuple[Any, ...]]]]:
    """A month's rows by id, some thousand at once: the names of the columns, and the rows."""
    raw = storage.driver()
    with transaction.atomic(), raw.cursor(name="month") as cursor:
        cursor.execute(sql.SQL("SELECT * FROM {} ORDER BY id").format(sql.Identifier(month.name)))
        columns = [column.name for column in cursor.description or ()]
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            yield columns, rows


def state_of(month: KeptMonth) -> tuple[int, int]:
    """How many rows a month has, and how many of its messages were reversed: nothing else about them ever changes."""
    reversed_ones = "count(*) FILTER (WHERE state = 'reversed')" if month.table == "message_store_message" else "0"
    statement = sql.SQL("SELECT count(*), {} FROM {}").format(sql.SQL(reversed_ones), sql.Identifier(month.name))
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return int(row[0]), int(row[1])


def take_out(month: KeptMonth) -> KeptMonth:
    """Take a month out: its table stays, but no message is found in it any more.

    :raises MonthBusyError: somebody held the messages too long.
    """
    statement = sql.SQL("ALTER TABLE {} DETACH PARTITION {}")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
            cursor.execute(statement.format(sql.Identifier(month.table), sql.Identifier(month.name)))
    except OperationalError as busy:
        if not isinstance(busy.__cause__, database_errors.LockNotAvailable):
            raise
        raise MonthBusyError(month=month.month) from None
    return KeptMonth(month.table, month.name, stands=False, bytes_on_disk=month.bytes_on_disk)


def drop(month: KeptMonth) -> None:
    """Drop the table of a month that was taken out."""
    assert not month.stands
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(month.name)))
