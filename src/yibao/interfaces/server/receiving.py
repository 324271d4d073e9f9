"""The door's porter: takes requests in whole, without holding a thread for slow ones, and hands them to a few threads.

Coroutines receive, threads work (decision 4). A request takes a thread only when all of it has arrived; what is too
large is refused before it is read, what is too slow is sent away, and what is too much is answered "busy" at once.
Gateway and pages wait in lanes of their own, so that neither keeps the other from its threads.
"""

import asyncio
import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]  # granian names it for its users, without a stub

from yibao.interfaces.server.lanes import Lane
from yibao.interfaces.server.wsgi_call import Answered, Arrived, Wsgi, call

SMALL_BYTES: Final = 64 * 1024
"""A body of this size is taken in at once; what larger ones hold together is bounded by LARGE_BYTES_MAX."""
LARGE_BYTES_MAX: Final = 256 * 1024 * 1024
BODY_SECONDS: Final = 20
SLOWEST_BYTES_PER_SECOND: Final = 50_000
"""A body has BODY_SECONDS, and longer as far as it is large: our default."""
LINGER_SECONDS: Final = 2.0
"""How long a stopping process waits for connections that carry no whole request, after its last answer."""
WAIT_SECONDS_MAX: Final = 20.0
"""Who waited longer for a thread has gone away: the answer is "busy", and nothing was begun."""

_log: Final = logging.getLogger(__name__)
_TEXT: Final = ("content-type", "text/plain; charset=utf-8")
_CLOSE: Final = ("connection", "close")


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a request before its body: the length is None when it is not announced.

    `client` is the peer's address, `forwarded` what a proxy in front says of it.
    """

    method: str
    path: str
    content_type: str | None
    length: int | None
    client: str
    forwarded: str | None


@dataclass(frozen=True, slots=True)
class Manners:
    """How one door wants to be approached: its lane, how much it reads, and its words for those who are turned away.

    `limit` may look at the first bytes of a body, what is announced to be longer than `most` is not read at all;
    `sender` tells whose line a request waits in.
    """

    lane: Lane["Job"]
    most: int
    limit: Callable[[Head, bytes], int]
    sender: Callable[[Head, bytes], Hashable]
    busy: Callable[[Head], Answered]
    too_large: Callable[[Head, int, int], Answered]


@dataclass(frozen=True, slots=True)
class Job:
    """A request that waits for a thread, with its way back."""

    request: Arrived
    protocol: Any
    answered: asyncio.Future[None]
    busy: Callable[[], Answered]
    since: float


class _TooLargeError(Exception):
    """More came than the door reads."""

    def __init__(self, limit: int, size: int) -> None:
        self.limit, self.size = limit, size
        super().__init__()


class _GoneError(Exception):
    """The sender went away before all of it had come."""


class _FullError(Exception):
    """Large bodies fill the memory that is set aside for them."""


class Porter:
    """The RSGI application of one worker process."""

    def __init__(
        self, application: Wsgi, *, manners_of: Callable[[Head], Manners], lanes: dict[Lane[Job], int]
    ) -> None:
        self._application, self._manners_of, self._lanes = application, manners_of, lanes
        self._loop: asyncio.AbstractEventLoop | None = None
        self._large_bytes = 0
        self._receiving: set[asyncio.Task[Any]] = set()
        self._in_flight = 0

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the threads of every lane, and be told when the server stops."""
        self._loop = loop
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        for lane, threads in self._lanes.items():
            for _ in range(threads):
                threading.Thread(target=self._work, args=(lane,), daemon=True).start()

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the threads go; granian has waited for every request."""
        for lane, threads in self._lanes.items():
            lane.close(takers=threads)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Take one request in and stay until it is answered."""
        headers = scope.headers
        client, _, port = scope.client.rpartition(":")
        head = Head(
            scope.method,
            scope.path,
            headers.get("content-type"),
            _length(headers),
            client,
            headers.get("x-forwarded-for"),
        )
        manners = self._manners_of(head)
        try:
            body = await self._body(head, manners, protocol) if head.length != 0 else b""
        except _TooLargeError as refused:
            _send(protocol, manners.too_large(head, refused.limit, refused.size), _CLOSE)
            return
        except _FullError:
            _send(protocol, manners.busy(head), _CLOSE)
            return
        except TimeoutError:
            protocol.response_empty(HTTPStatus.REQUEST_TIMEOUT, [_CLOSE])
            return
        except asyncio.CancelledError:  # the server stops, and this request was not even read
            protocol.response_empty(HTTPStatus.SERVICE_UNAVAILABLE, [_CLOSE])
            return
        except (ProtocolClosed, _GoneError):
            protocol.response_empty(HTTPStatus.BAD_REQUEST, [_CLOSE])  # nobody is there to read it
            return
        request = Arrived(
            head.method, head.path, scope.query_string, scope.scheme, scope.server, client, port, headers.items(), body
        )
        assert self._loop is not None
        answered = self._loop.create_future()
        job = Job(request, protocol, answered, lambda: manners.busy(head), time.monotonic())
        if manners.lane.offer(manners.sender(head, body), job):
            self._in_flight += 1
            await answered
            self._in_flight -= 1
        else:
            _send(protocol, manners.busy(head))

    async def _body(self, head: Head, manners: Manners, protocol: Any) -> bytes:
        """The whole body.

        :raises _TooLargeError, _FullError, _GoneError, ProtocolClosed, TimeoutError: it is not taken in.
        """
        if (head.length or 0) > manners.most:
            raise _TooLargeError(manners.most, head.length or 0)
        seconds = BODY_SECONDS + (manners.most if head.length is None else head.length) // SLOWEST_BYTES_PER_SECOND
        task: asyncio.Task[Any] | None = asyncio.current_task()
        assert task is not None
        self._receiving.add(task)
        try:
            async with asyncio.timeout(seconds):
                if head.length is not None and head.length <= SMALL_BYTES:
                    body: bytes = await protocol()
                    return body
                return await self._large_body(head, manners, protocol)
        finally:
            self._receiving.discard(task)

    async def _large_body(self, head: Head, manners: Manners, protocol: Any) -> bytes:
        """A large body, or one of unknown length, part by part."""
        parts: list[bytes] = []
        size = 0
        try:
            async for part in protocol:
                size += len(part)
                self._large_bytes += len(part)
                parts.append(part)
                limit = manners.limit(head, parts[0])
                if max(size, head.length or 0) > limit:
                    raise _TooLargeError(limit, max(size, head.length or 0))
                if self._large_bytes > LARGE_BYTES_MAX:
                    raise _FullError
            if head.length is not None and size < head.length:
                raise _GoneError
            return b"".join(parts)
        finally:
            self._large_bytes -= size

    def _stop(self) -> None:
        """Take in no more and finish what began; granian closes the door when it hears SIGINT."""
        signal.raise_signal(signal.SIGINT)
        for task in self._receiving:
            task.cancel()
        self._leave_when_done(quiet_since=time.monotonic())

    def _leave_when_done(self, quiet_since: float) -> None:
        """End the process soon after the last answer, whoever holds a connection open with half a request."""
        assert self._loop is not None
        if self._in_flight:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since > LINGER_SECONDS:
            os._exit(0)
        self._loop.call_later(0.05, self._leave_when_done, quiet_since)

    def _work(self, lane: Lane[Job]) -> None:
        """One thread: answer what waits, until the lane is closed."""
        while (taken := lane.take()) is not None:
            sender, job = taken
            try:
                if time.monotonic() - job.since > WAIT_SECONDS_MAX:
                    answer = job.busy()
                else:
                    answer = call(self._application, job.request)
                _send(job.protocol, answer)
            except Exception:  # noqa: BLE001  # a thread of the server outlives whatever a page does
                _log.exception("%s %s failed", job.request.method, job.request.path)
                job.protocol.response_empty(HTTPStatus.INTERNAL_SERVER_ERROR, [])
            finally:
                lane.done(sender)
                self._release(job.answered)

    def _release(self, answered: asyncio.Future[None]) -> None:
        """Let the coroutine go that stays with the request."""
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop has ended, and with it whoever waited
            self._loop.call_soon_threadsafe(_set, answered)


def _set(answered: asyncio.Future[None]) -> None:
    if not answered.done():
        answered.set_result(None)


def _length(headers: Any) -> int | None:
    """The announced length of the body; none is announced when it comes in chunks."""
    announced = headers.get("content-length")
    if announced is not None and announced.isascii() and announced.isdigit():
        return int(announced)
    return None if headers.get("transfer-encoding") else 0


def _send(protocol: Any, answer: Answered, *more: tuple[str, str]) -> None:
    protocol.response_bytes(answer.status, [*answer.headers, *more], answer.body)


def text(status: HTTPStatus, sentence: str, *more: tuple[str, str]) -> Answered:
    """An answer of one plain sentence."""
    return Answered(status, [_TEXT, *more], f"{sentence}\n".encode())
