"""Founding a register: thousands of rows at once by COPY, spared by the history because a first load is its own record."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models, transaction

from yibao.domains import storage


def found_quietly() -> None:
    """Spare the history for rows added from now on in the running transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('yibao.history', 'founding', true)")


def record_again() -> None:
    """Let the history record additions again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('yibao.history', '', true)")


def found(*, model: type[models.Model], rows: Sequence[Any]) -> list[int]:
    """Add rows by COPY in one transaction, and give the numbers that they got, in the order of the rows.

    All rows are named tuples of one class; its members are the columns.
    """
    if not rows:
        return []
    table = model._meta.db_table  # noqa: SLF001  # Django documents _meta
    columns = type(rows[0])._fields
    names = ", ".join(f'"{name}"' for name in ("id", *columns))
    with transaction.atomic():
        found_quietly()
        numbers = reserve_numbers(table=table, count=len(rows))
        with storage.driver().cursor() as cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN'.encode()) as copy:
            for number, row in zip(numbers, rows, strict=True):
                copy.write_row((number, *row))
        record_again()
    return numbers


def reserve_numbers(*, table: str, count: int) -> list[int]:
    """Take the next `count` numbers of a table's own sequence; nobody else gets them, even when they stay unused."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [f'"{table}"', count]
        )
        return [int(row[0]) for row in cursor.fetchall()]
