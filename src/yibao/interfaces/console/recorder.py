"""Writes down what passed through the sandbox, off the hot path: a queue and one thread in each process.

What waits in the queue when a process is killed is lost; a stopping process writes it first.
"""

import atexit
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from yibao.domains.acceptance.models import Performance
from yibao.domains.acceptance.operations import keep_performances
from yibao.domains.sandbox.models import Exchange
from yibao.domains.sandbox.operations import keep_exchanges

Passage = Callable[[], tuple[Exchange, Performance | None]]
"""Makes the records of one message when it is its turn: the reading of its bytes costs the client nothing."""

WAITING_MAX: Final = 5_000
"""Messages that may wait to be written; the oldest are dropped first."""
PAUSE_SECONDS: Final = 0.15
_log: Final = logging.getLogger(__name__)


class Recorder:
    """The queue of a process; `write_now` writes what waits, in the caller's thread."""

    def __init__(self) -> None:
        self._waiting: deque[Passage] = deque(maxlen=WAITING_MAX)
        self._arrived = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self.is_by_hand = False

    def put(self, passage: Passage) -> None:
        """Have a message written down soon."""
        self._waiting.append(passage)
        if self.is_by_hand:
            return
        self._arrived.set()
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def write_now(self) -> int:
        """Write what waits, and give how many messages it were."""
        with self._writing:
            passages = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if passages:
                _write(passages)
            return len(passages)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._write_for_ever, name="sandbox recorder", daemon=True)
                self._thread.start()
                atexit.register(self._write_last)

    def _write_last(self) -> None:
        """Write what waits when the process ends, if the database still listens."""
        with contextlib.suppress(DatabaseError, InterfaceError):
            self.write_now()

    def _write_for_ever(self) -> None:
        while True:
            self._arrived.wait()
            self._arrived.clear()
            try:
                self.write_now()
            except (DatabaseError, InterfaceError):
                _log.warning("sandbox: messages could not be written down", exc_info=True)
                connection.close()
            threading.Event().wait(PAUSE_SECONDS)


def _write(passages: Sequence[Passage]) -> None:
    """Write messages in the order of their coming, and what they prove."""
    made = [passage() for passage in passages]
    keep_exchanges([exchange for exchange, _ in made], most=settings.SANDBOX_MESSAGES)
    performances = [performance for _, performance in made if performance is not None]
    if performances:
        keep_performances(performances)


recorder: Final = Recorder()
"""The recorder of this process."""
