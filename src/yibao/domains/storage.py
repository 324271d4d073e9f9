"""One transaction, one pipeline: raw cursors over Django's own connection, for the paths where round trips count."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection
from psycopg.rows import TupleRow

Cursor = psycopg.Cursor[TupleRow]


def driver() -> "psycopg.Connection[Any]":
    """The psycopg connection that Django holds for this thread, opened when there is none yet."""
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    return raw


@contextmanager
def transaction() -> Iterator["psycopg.Connection[Any]"]:
    """One database transaction (a savepoint inside a running one), committed when the block ends well.

    Inside it, `pipelined` sends statements without waiting for each answer.
    """
    raw = driver()
    with raw.transaction():
        yield raw


def cursor(raw: "psycopg.Connection[Any]") -> Cursor:
    """A cursor with parameters bound by the server, so that a repeated statement is prepared once."""
    return psycopg.Cursor(raw)
