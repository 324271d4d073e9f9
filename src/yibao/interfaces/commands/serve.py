"""`yibao serve`: the gateway and the office in a few processes, the ledger sealed beside them."""

import itertools
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console

from yibao.interfaces.commands.ports import free_port
from yibao.interfaces.commands.prepared import migrate, prepare

SEAL_EVERY_SECONDS = 1.0
MAKE_MONTHS_EVERY_SECONDS = 6 * 3600.0
GO_ON_EVERY_SECONDS = 15.0
"""How often orders that wait for a payment channel are looked at, and notices posted: our default."""
STATEMENTS_EVERY_ROUNDS = 240
"""After how many of these rounds the channels' statements are read for cash that came late: every hour, our default."""
LOOK_FOR_SIMULATIONS_EVERY_SECONDS = 3.0
LOW_PRIORITY = "10"
"""How far simulations stand back behind messages and pages: our default."""
FORGET_EVERY_ROUNDS = 60
"""After how many rounds of sealing the nonces of stale requests are forgotten."""
HEADER_SECONDS = 20
"""How long the head of a request may take, and how long an idle connection is kept: our default."""
CONNECTIONS_MAX = 8192
"""Connections of each worker; waiting ones cost a few kB."""
STOP_SECONDS_MAX = 20
"""A worker that has not finished what it began by then is killed, which is safe."""


def serve(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port; default YIBAO_PORT or 8400.")] = None,
    address: Annotated[str | None, typer.Option(help="Address; default YIBAO_ADDRESS or 127.0.0.1.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default YIBAO_WORKERS or 2.")] = None,
) -> None:
    """Serve the gateway and the office until stopped.

    Example: `yibao serve --port 9000`
    """
    prepare()
    from django.conf import settings

    address = address or settings.ADDRESS
    port = free_port(port or settings.PORT, address=address)
    from yibao.domains.messages import vault

    vault.check()
    migrate()
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import MPServer

    workers = workers or settings.WORKERS
    os.environ["YIBAO_WORKERS"] = str(workers)  # each of them knows how many they are
    Console(stderr=True).print(f"yibao: http://{address}:{port}/  (Ctrl-C stops)", highlight=False)
    # A forked worker would inherit what the sealer's thread holds at that instant, an import lock for one, and hang.
    multiprocessing.set_start_method("spawn", force=True)
    _allow_many_connections()
    stopping = threading.Event()
    sealer = threading.Thread(target=_seal_until, args=(stopping,), name="sealer", daemon=True)
    sealer.start()
    threading.Thread(target=_make_months_until, args=(stopping,), name="months", daemon=True).start()
    threading.Thread(target=_go_on_with_orders_until, args=(stopping,), name="orders", daemon=True).start()
    threading.Thread(target=_simulate_until, args=(stopping,), name="simulations", daemon=True).start()
    server = MPServer(
        "yibao.interfaces.server.served:porter",
        address=address,
        port=port,
        interface=Interfaces.RSGI,
        loop=Loops.uvloop,
        websockets=False,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        workers=workers,
        backlog=1024,
        backpressure=CONNECTIONS_MAX,
        log_level=LogLevels.error,
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS_MAX,
    )
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        server.serve()
    finally:
        stopping.set()
        sealer.join(timeout=10)


def _allow_many_connections() -> None:
    """Let the workers, which inherit this, hold as many connections open as the system allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _make_months_until(stopping: threading.Event) -> None:
    """Make the tables of the next months of messages, every few hours, until told to stop."""
    from django.db import DatabaseError, InterfaceError, connection

    from yibao.domains.messages.months import make_months

    while not stopping.wait(MAKE_MONTHS_EVERY_SECONDS):
        try:
            make_months(at=datetime.now(UTC))
        except (DatabaseError, InterfaceError):
            connection.close()


def _go_on_with_orders_until(stopping: threading.Event) -> None:
    """Look at mobile payment orders that wait, end prescriptions that are over, and post notices, until told to stop; what fails is tried the next time."""
    import logging

    from django.db import connection
    from django.utils import timezone

    from yibao.interfaces.gateway.notifying import tell_institutions
    from yibao.interfaces.gateway.telling_hospitals import tell_hospitals
    from yibao.workflows.end_prescription import expire_prescriptions
    from yibao.workflows.resume_mobile_orders import resume_orders
    from yibao.workflows.return_late_cash import find_late_cash

    for round_ in itertools.count():
        if stopping.wait(GO_ON_EVERY_SECONDS):
            return
        try:
            if round_ % STATEMENTS_EVERY_ROUNDS == 0:
                for days_ago in (1, 0):
                    find_late_cash(timezone.localdate() - timedelta(days=days_ago), at=datetime.now(UTC))
            resume_orders(at=datetime.now(UTC))
            tell_institutions(at=datetime.now(UTC))
            expire_prescriptions(at=datetime.now(UTC))
            tell_hospitals(at=datetime.now(UTC))
        except Exception:
            logging.getLogger(__name__).exception("orders that wait")
            connection.close()


def _simulate_until(stopping: threading.Event) -> None:
    """Let a process of its own, which yields to everything else, carry out simulations that wait, until told to stop.

    It is looked whether one runs as well: a worker of before a restart may be gone. A worker that goes on after this process
    ended comes to its end by itself.
    """
    from django.db import DatabaseError, InterfaceError, connection

    from yibao.domains.simulations.queries import anything_to_do

    while not stopping.wait(LOOK_FOR_SIMULATIONS_EVERY_SECONDS):
        try:
            waits = anything_to_do()
        except (DatabaseError, InterfaceError):
            connection.close()
            continue
        if waits:
            subprocess.run(  # noqa: S603  # our own command, in fixed words
                [sys.executable, "-m", "yibao", "simulations", "work", "--nice", LOW_PRIORITY], check=False
            )


def _seal_until(stopping: threading.Event) -> None:
    """Seal what was posted, every second, until told to stop; a database that is away is waited for.

    Once a minute the nonces are forgotten whose requests would be stale by now.
    """
    from django.db import DatabaseError, InterfaceError, connection
    from psycopg import Error

    from yibao.domains import storage
    from yibao.domains.ledger.operations import seal
    from yibao.domains.messages.nonces import forget_nonces

    for turn in itertools.count():
        ends = stopping.is_set()
        try:
            with storage.transaction() as raw:
                seal(raw, at=datetime.now(UTC))
                if turn % FORGET_EVERY_ROUNDS == 0:
                    forget_nonces(raw, now=datetime.now(UTC))
        except (Error, DatabaseError, InterfaceError):  # the driver speaks for itself, or through Django
            connection.close()
            time.sleep(SEAL_EVERY_SECONDS)
        if ends:
            return
        stopping.wait(SEAL_EVERY_SECONDS)
