"""How long each part of an answer took, and how long the database was waited for: measured in a sandbox only."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.interfaces.gateway.directory import KnownInstitution
from yibao.interfaces.gateway.envelope import RequestEnvelope
from yibao.interfaces.gateway.watch import Watch

_running: Final = threading.local()
"""The stopwatch of the request that this thread answers, in `watch`."""


class Stopwatch(Watch):
    """Notes the stages of one request, in microseconds, and what it was found to be."""

    __slots__ = ("_begun", "_last", "envelope", "error", "institution", "is_done", "stages")

    def __init__(self) -> None:
        self._begun = self._last = time.perf_counter()
        self.stages: dict[str, int] = {}
        self.envelope: RequestEnvelope | None = None
        self.institution: KnownInstitution | None = None
        self.error: YibaoError | None = None
        self.is_done = False

    def let_in(self) -> None:
        """The signature was checked."""
        self._add("signature")

    def opened(self, envelope: RequestEnvelope) -> None:
        """The envelope was read."""
        self._add("codec")
        self.envelope = envelope

    def known(self, institution: KnownInstitution) -> None:
        """The institution was looked up."""
        self._add("institution")
        self.institution = institution

    def decoded(self) -> None:
        """The fields were read."""
        self._add("codec")

    def answered(self) -> None:
        """The work was done, the answer written."""
        self._add("work")
        self.is_done = True

    def refused(self, error: YibaoError) -> None:
        """The request was refused."""
        self._add("refusal")
        self.error = error

    def waited(self, seconds: float) -> None:
        """The database was waited for: counted beside the stages, within which it falls."""
        self.stages["database"] = self.stages.get("database", 0) + _microseconds(seconds)

    def stop(self) -> int:
        """The whole time since the beginning, in microseconds."""
        return _microseconds(time.perf_counter() - self._begun)

    def _add(self, stage: str) -> None:
        now = time.perf_counter()
        self.stages[stage] = self.stages.get(stage, 0) + _microseconds(now - self._last)
        self._last = now


@contextmanager
def running(watch: Stopwatch) -> Iterator[None]:
    """Count this thread's waiting for the database towards a stopwatch."""
    _running.watch = watch
    try:
        _time_waiting(storage.driver())
        yield
    finally:
        _running.watch = None


def _time_waiting(raw: storage.Raw) -> None:
    """Measure whenever this connection waits for the server; a connection is fitted out once."""
    if "wait" in vars(raw):
        return
    wait = raw.wait

    def timed(*args: Any, **named: Any) -> Any:
        watch = getattr(_running, "watch", None)
        if watch is None:
            return wait(*args, **named)
        begun = time.perf_counter()
        try:
            return wait(*args, **named)
        finally:
            watch.waited(time.perf_counter() - begun)

    vars(raw)["wait"] = timed


def _microseconds(seconds: float) -> int:
    return int(seconds * 1_000_000)
