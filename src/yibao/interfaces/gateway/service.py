"""One request through the gateway: access point, signature, envelope, codec, handler, answer; errors become texts.

HTTP status is 200 for everything that could be read as a message of this interface, refusals included; a request that
the gateway cannot let in gets the gateway's own JSON. A committed transaction is never answered with an error: when the
database went away in between, the message is tried once more and then finds its own answer kept.
"""

import hashlib
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection
from psycopg import errors as database_errors

from yibao.core.errors import YibaoError
from yibao.domains.messages.models import AccessPoint
from yibao.interfaces.gateway import directory
from yibao.interfaces.gateway.catalogue import NAMED_ONLY, TRANSACTIONS
from yibao.interfaces.gateway.codec import FieldsRefusedError, UnknownTransactionError, decode_input
from yibao.interfaces.gateway.context import HANDLERS, Context
from yibao.interfaces.gateway.envelope import (
    FAILED,
    InfnoDoesNotFitPathError,
    RequestEnvelope,
    answer,
    gateway_refusal,
    path_refusal,
    require_enrolment_division,
    stamp,
)
from yibao.interfaces.gateway.handlers import counter  # noqa: F401  # importing the package registers the handlers
from yibao.interfaces.gateway.parts import read_message
from yibao.interfaces.gateway.schemes import SCHEMES, SchemeError
from yibao.interfaces.gateway.texts import text_of
from yibao.interfaces.gateway.watch import UNWATCHED, Watch
from yibao.workflows.exactly_once import Request

log = logging.getLogger(__name__)

_GONE = (OperationalError, InterfaceError, database_errors.OperationalError, database_errors.InterfaceError)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What arrived: path, headers as sent, body, content type."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    content_type: str | None


class NotOfferedError(YibaoError):
    """The transaction exists and is not offered here: its fields were never published, or it calls the institution."""

    code = "gateway.not_offered"


class PlatformBusyError(YibaoError):
    """The database cannot be reached; whether the message was carried out is unknown until it is sent again."""

    code = "gateway.platform_busy"


class BrokenPlatformError(YibaoError):
    """A mistake of ours; nothing was changed. The serial stands in the log beside the trace."""

    code = "gateway.broken"


def respond(request: HttpRequest, point: AccessPoint, *, now: datetime, watch: Watch = UNWATCHED) -> bytes:
    """The answer to a request at an access point; a sandbox watches how it comes about."""
    serial = secrets.randbelow(10**10)
    try:
        access_key = _verified(request, point, now)
        watch.let_in()
        envelope = read_message(request.body, path=request.path, content_type=request.content_type)
        watch.opened(envelope)
    except SchemeError as refused:
        watch.refused(refused)
        return gateway_refusal(text_of(refused))
    except InfnoDoesNotFitPathError as refused:
        watch.refused(refused)
        return path_refusal(text_of(refused), serial=serial)
    except YibaoError as refused:
        return _refusal(refused, point, now, watch)
    try:
        return _retried(_Arrival(envelope, request, point, access_key, now, serial, watch))
    except YibaoError as refused:
        return _refusal(refused, point, now, watch)
    except Exception:
        log.exception("gateway: %s %s failed, serial %s", envelope.infno, envelope.msgid, serial)
        return _refusal(BrokenPlatformError(serial=serial), point, now, watch)


def _verified(request: HttpRequest, point: AccessPoint, now: datetime) -> str:
    """The access key that signed the request, empty where the access point has no scheme."""
    key = SCHEMES[point.scheme].verify(
        request.headers,
        request.body,
        secret_of=lambda access_key: directory.secret_of(point, access_key),
        now_seconds=int(now.timestamp()),
        window_seconds=point.window_seconds,
    )
    return key or ""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A message that was let in."""

    envelope: RequestEnvelope
    request: HttpRequest
    point: AccessPoint
    access_key: str
    now: datetime
    serial: int
    watch: Watch


def _retried(arrival: _Arrival) -> bytes:
    """Handle a message, once more on a new connection when the database went away.

    Trying again is safe: a change is keyed by its message number, so one that did commit answers from what it kept.
    """
    try:
        return _handled(arrival)
    except _GONE:
        if connection.in_atomic_block:
            raise
        connection.close()
    try:
        return _handled(arrival)
    except _GONE as gone:
        connection.close()
        envelope = arrival.envelope
        log.warning("gateway: %s %s: the database is away: %s", envelope.infno, envelope.msgid, gone)
        raise PlatformBusyError(msgid=envelope.msgid) from None


def _handled(arrival: _Arrival) -> bytes:
    """Let the transaction's handler answer."""
    envelope, point = arrival.envelope, arrival.point
    institution = directory.institution_speaking(point, code=envelope.fixmedins_code, access_key=arrival.access_key)
    arrival.watch.known(institution)
    handler = HANDLERS.get(envelope.infno)
    if handler is None:
        raise _unhandled(envelope.infno)
    data = decode_input(envelope.infno, envelope.input)
    require_enrolment_division(envelope, data)
    arrival.watch.decoded()
    kept = Request(
        institution_id=institution.id,
        msgid=envelope.msgid,
        infno=envelope.infno,
        operator=envelope.opter,
        digest=hashlib.sha256(arrival.request.body).digest(),
        body=arrival.request.body,
        received_at=arrival.now,
    )
    as_text = point.infcode_type == AccessPoint.InfcodeType.STRING
    answered = handler(Context(envelope, institution, kept, arrival.now, arrival.serial, as_text), data)
    arrival.watch.answered()
    return answered


def _unhandled(infno: str) -> YibaoError:
    """Why no handler answers this number: the platform does not offer the transaction, or nobody knows it."""
    known = TRANSACTIONS.get(infno) or NAMED_ONLY.get(infno)
    return (
        NotOfferedError(infno=infno, name=known.zh, name_en=known.en) if known else UnknownTransactionError(infno=infno)
    )


def _refusal(error: YibaoError, point: AccessPoint, now: datetime, watch: Watch) -> bytes:
    """A refusal in an envelope: infcode -1 and a sentence that names the field and the reason."""
    watch.refused(error)
    at = stamp(now)
    field = error.facts.get("field")
    text = text_of(error)
    if field and not isinstance(error, FieldsRefusedError) and str(field) not in text:
        text = f"{text}({field})"
    return answer(
        infcode=FAILED,
        infcode_as_text=point.infcode_type == AccessPoint.InfcodeType.STRING,
        inf_refmsgid=None,
        refmsg_time=at,
        respond_time=at,
        err_msg=text,
    )
