"""The migrated database that every test database is a copy of: made once for each state of the migrations, then kept.

Migrating takes longer than many a test file; a copy takes a moment. The workers of one run wait for the first of them.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
import psycopg
from django.db import connection

from yibao.interfaces.server.migrating import migrate

LOCK = 77_001
PREFIX = "yibao_template_"
SOURCE = Path(__file__).resolve().parent.parent / "src" / "yibao"


def ready() -> str:
    """The name of a database in which everything is migrated and nothing else was done."""
    name = PREFIX + _digest()
    with server() as opened:
        opened.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        found = {
            row[0]
            for row in opened.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (PREFIX,))
        }
        if name not in found:
            for old in found:  # of other migrations, or left half done
                opened.execute(f'DROP DATABASE "{old}" WITH (FORCE)')
            opened.execute(f'CREATE DATABASE "{name}_unfinished"')
            with turned_to(f"{name}_unfinished"):
                migrate()
            opened.execute(f'ALTER DATABASE "{name}_unfinished" RENAME TO "{name}"')
    return name


def server() -> psycopg.Connection[tuple[Any, ...]]:
    """A connection to the tests' server that is in none of their databases."""
    settings = connection.get_connection_params() | {"dbname": "postgres"}
    known = {key: settings[key] for key in ("host", "port", "user", "password", "dbname") if settings.get(key)}
    return psycopg.connect(**known, autocommit=True)


@contextmanager
def turned_to(name: str) -> Iterator[None]:
    """Turn the connection of the tests to another database."""
    own = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own


def _digest() -> str:
    """What the schema depends on: the migrations, Django's own, and the month whose tables they make."""
    seen = hashlib.sha256(f"{django.__version__} {datetime.now(UTC):%Y-%m}".encode())
    for file in sorted(SOURCE.glob("**/migrations/*.py")):
        seen.update(str(file.relative_to(SOURCE)).encode() + file.read_bytes())
    return seen.hexdigest()[:16]
