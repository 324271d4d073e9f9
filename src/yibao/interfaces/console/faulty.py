"""The gateway of a sandbox: it writes down what passes, and makes the faults that were ordered.

Only `yibao.interfaces.server.wsgi` of a deployment whose setting says sandbox builds it, and it does nothing of this
before it has seen that the database is marked as a sandbox's. Faults happen around the gateway, never inside it: what
is carried out is carried out exactly once, and a repeat gets the same bytes.
"""

import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final

import msgspec
from django.db import DatabaseError, InterfaceError, connection

from yibao.domains.messages.models import AccessPoint
from yibao.domains.sandbox.models import Fault
from yibao.domains.sandbox.operations import TakenFault, take_fault
from yibao.domains.sandbox.queries import is_marked
from yibao.interfaces.console.cutting import cut
from yibao.interfaces.console.passages import Passed, opening_of, records_of
from yibao.interfaces.console.recorder import recorder
from yibao.interfaces.console.stopwatch import Stopwatch, running
from yibao.interfaces.gateway.envelope import FAILED, answer, gateway_refusal, stamp
from yibao.interfaces.gateway.schemes import SignatureMismatchError
from yibao.interfaces.gateway.service import HttpRequest, PlatformBusyError, respond
from yibao.interfaces.gateway.texts import text_of
from yibao.interfaces.gateway.wsgi import Environ, StartResponse, Wsgi, before_pages

SLEEPERS_MAX: Final = 6
"""Late answers that may be waited for at once in a process: the others come at once, so that it keeps answering."""
_log: Final = logging.getLogger(__name__)
_sleepers: Final = threading.BoundedSemaphore(SLEEPERS_MAX)
_SIGNED_MEMBERS: Final = ("signData", "cainfo")
Kind = Fault.Kind
_CARRIED_OUT_FIRST: Final = {Kind.LATE, Kind.LOST_AFTER, Kind.ERROR_500_AFTER, Kind.DAMAGED}


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back to the client: bytes with a status, or nothing where the answer is lost."""

    body: bytes
    status: HTTPStatus = HTTPStatus.OK
    is_lost: bool = False


class OrderedFault(Exception):  # noqa: N818  # no error of ours: it was ordered
    """The connection breaks, or the server fails, because somebody ordered it."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__()


def sandboxed(pages: Wsgi) -> Wsgi:
    """The gateway of a sandbox in front of the pages."""
    gateway = before_pages(pages, _answer_to)

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return gateway(environ, start_response)
        except OrderedFault as ordered:
            return _strike(ordered.reply, environ, start_response)

    return application


def _strike(reply: Reply, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Fail as ordered: cut the connection without a byte of an answer, or answer with a server's error.

    Where the connection is not this process's own, as under another server, the answer breaks off after the first byte of its
    body: the client reads the end of the connection in the middle of an answer, which it must take for a lost one.
    """
    if reply.is_lost and cut(environ.get("REMOTE_ADDR", ""), environ.get("REMOTE_PORT", "")):
        start_response("200 OK", [("Content-Length", "0"), ("Connection", "close")])  # nobody hears it
        return [b""]
    if reply.is_lost:
        promised = str(max(2, len(reply.body)))
        start_response(
            "200 OK", [("Content-Type", "application/json"), ("Content-Length", promised), ("Connection", "close")]
        )
        return [b"{"]
    start_response(
        f"{reply.status.value} {reply.status.phrase}", [("Content-Type", "text/html"), ("Content-Length", "0")]
    )
    return [b""]


def _answer_to(request: HttpRequest, point: AccessPoint, now: datetime) -> bytes:
    """Answer as the gateway does, or fail as ordered."""
    if not _is_sandbox():
        return respond(request, point, now=now)
    reply = answer_in_sandbox(request, point, now)
    if reply.is_lost or reply.status is not HTTPStatus.OK:
        raise OrderedFault(reply)
    return reply.body


_marked: Final[list[bool]] = []
"""Not empty once the mark of the database was seen; it is never taken away."""


def _is_sandbox() -> bool:
    """Whether the database is marked as a sandbox's; while it cannot be asked, it is none."""
    if not _marked:
        try:
            if is_marked():
                _marked.append(True)
        except (DatabaseError, InterfaceError):
            connection.close()
    return bool(_marked)


def forget_mark() -> None:
    """Look at the database again; for tests, whose databases come and go."""
    _marked.clear()


def answer_in_sandbox(
    request: HttpRequest, point: AccessPoint, now: datetime, *, replay_of: int | None = None
) -> Reply:
    """Answer a request, with the fault that was ordered for it, and have it written down."""
    watch = Stopwatch()
    fault = _ordered(request, point)
    reply = _reply(fault, request, point, now, watch)
    passed = Passed(
        request=request,
        point=point,
        now=now,
        answer=reply.body,
        http_status=int(reply.status),
        is_lost=reply.is_lost,
        fault_kind=fault.kind if fault else "",
        total_us=watch.stop(),
        watch=watch,
        replay_of=replay_of,
    )
    recorder.put(lambda: records_of(passed))
    return reply


def _ordered(request: HttpRequest, point: AccessPoint) -> TakenFault | None:
    """The fault ordered for a message; none while the database cannot be asked."""
    infno, _, institution = opening_of(request)
    try:
        return take_fault(access_point_id=point.pk, institution_code=institution, infno=infno)
    except (DatabaseError, InterfaceError):
        _log.warning("sandbox: the faults on demand could not be read", exc_info=True)
        if not connection.in_atomic_block:
            connection.close()
        return None


def _reply(
    fault: TakenFault | None, request: HttpRequest, point: AccessPoint, now: datetime, watch: Stopwatch
) -> Reply:
    """What a request is answered, with a fault or without."""
    if fault is not None and fault.kind not in _CARRIED_OUT_FIRST:
        return _instead(fault, request, point, now, watch)
    try:
        with running(watch):
            body = respond(request, point, now=now, watch=watch)
    except (DatabaseError, InterfaceError):  # the stopwatch could not reach the database: neither can the gateway
        body = respond(request, point, now=now)
    return Reply(body) if fault is None else _afterwards(fault, body)


def _instead(fault: TakenFault, request: HttpRequest, point: AccessPoint, now: datetime, watch: Stopwatch) -> Reply:
    """A fault that strikes before anything is carried out."""
    if fault.kind == Kind.LOST_BEFORE:
        return Reply(b"", is_lost=True)
    if fault.kind == Kind.ERROR_500:
        return Reply(b"", HTTPStatus.INTERNAL_SERVER_ERROR)
    if fault.kind == Kind.SIGNATURE:
        mismatch = SignatureMismatchError()
        watch.refused(mismatch)
        return Reply(gateway_refusal(text_of(mismatch)))
    assert fault.kind == Kind.BUSY
    busy = PlatformBusyError(msgid=opening_of(request)[1])
    watch.refused(busy)
    at = stamp(now)
    as_text = point.infcode_type == AccessPoint.InfcodeType.STRING
    refusal = answer(
        infcode=FAILED,
        infcode_as_text=as_text,
        inf_refmsgid=None,
        refmsg_time=at,
        respond_time=at,
        err_msg=text_of(busy),
    )
    return Reply(refusal)


def _afterwards(fault: TakenFault, body: bytes) -> Reply:
    """A fault that strikes when everything was carried out."""
    if fault.kind == Kind.LOST_AFTER:
        return Reply(body, is_lost=True)
    if fault.kind == Kind.ERROR_500_AFTER:
        return Reply(body, HTTPStatus.INTERNAL_SERVER_ERROR)
    if fault.kind == Kind.DAMAGED:
        return Reply(damaged(body))
    if _sleepers.acquire(blocking=False):
        try:
            time.sleep(fault.seconds)
        finally:
            _sleepers.release()
    return Reply(body)


def damaged(body: bytes) -> bytes:
    """An answer whose signature is wrong; one that carries none is cut in its middle, so that nobody can read it."""
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        content = None
    for member in _SIGNED_MEMBERS if isinstance(content, dict) else ():
        signature = content.get(member)
        if isinstance(signature, str) and signature:
            wrong = ("B" if signature[0] == "A" else "A") + signature[1:]
            return msgspec.json.encode({**content, member: wrong})
    return body[: len(body) // 2]
