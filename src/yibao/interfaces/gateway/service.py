"""One request through the gateway: access point, signature, envelope, codec, handler, answer; errors become texts.

HTTP status is 200 for everything that could be read as a message of this interface, refusals included; a request that
the gateway cannot let in gets the gateway's own JSON. A committed transaction is never answered with an error: when the
database went away in between, the message is tried once more and then finds its own answer kept.
"""

import hashlib
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, connection
from psycopg import errors as database_errors

from yibao.core.errors import YibaoError
from yibao.domains.messages.models import AccessPoint
from yibao.interfaces.gateway import directory
from yibao.interfaces.gateway.care_division import notice_of_division
from yibao.interfaces.gateway.catalogue import NAMED_ONLY, TRANSACTIONS
from yibao.interfaces.gateway.codec import FieldsRefusedError, UnknownTransactionError, decode_input
from yibao.interfaces.gateway.context import HANDLERS, Context
from yibao.interfaces.gateway.envelope import (
    FAILED,
    InfnoDoesNotFitPathError,
    RequestEnvelope,
    answer,
    fit,
    gateway_refusal,
    path_refusal,
    require_enrolment_division,
    stamp,
)
from yibao.interfaces.gateway.handlers import counter  # noqa: F401  # importing the package registers the handlers
from yibao.interfaces.gateway.pace import TooManyMessagesError, let_in
from yibao.interfaces.gateway.parts import read_message
from yibao.interfaces.gateway.replay import Claim, claim_of
from yibao.interfaces.gateway.schemes import SCHEMES, Message, Proof, SchemeError, Seal, SignedRequest
from yibao.interfaces.gateway.schemes.ciphered import SM4, open_ciphered
from yibao.interfaces.gateway.schemes.sealed_envelope import refuse
from yibao.interfaces.gateway.schemes.tokens import TOKEN_PATH, answer_with_token
from yibao.interfaces.gateway.sealed_messages import SealedReply, read_sealed
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


class DoneAtInstitutionError(YibaoError):
    """The transaction happens on the institution's own machine: nothing of it comes to the platform (机构本机执行)."""

    code = "gateway.done_at_institution"


class PlatformBusyError(YibaoError):
    """The database cannot be reached; whether the message was carried out is unknown until it is sent again."""

    code = "gateway.platform_busy"


class TooBusyError(YibaoError):
    """More messages are in flight than the platform takes (平台繁忙): this one was not begun."""

    code = "gateway.too_busy"


class BrokenPlatformError(YibaoError):
    """A mistake of ours; nothing was changed. The serial stands in the log beside the trace."""

    code = "gateway.broken"


_NOT_LET_IN = 401
_NOT_BEGUN = (PlatformBusyError, TooManyMessagesError)
"""Refusals that cost no statement: the message may come again as it is."""


class _Arrival(NamedTuple):
    """A request that arrived at an access point."""

    request: HttpRequest
    point: AccessPoint
    now: datetime
    serial: int
    watch: Watch


class _Message(NamedTuple):
    """A message that was let in: by which keys, what it means, how its answer is sealed, the use of its nonce."""

    envelope: RequestEnvelope
    proof: Proof
    digest: bytes
    seal: Seal | None
    claim: Claim | None
    sealed: SealedReply | None = None


def respond(request: HttpRequest, point: AccessPoint, *, now: datetime, watch: Watch = UNWATCHED) -> bytes:
    """The answer to a request at an access point; a sandbox watches how it comes about."""
    serial = secrets.randbelow(10**10)
    arrival = _Arrival(request, point, now, serial, watch)
    try:
        if SCHEMES[point.scheme].issues_tokens and request.path.endswith(TOKEN_PATH):
            return _token(arrival)
        message = _unsealed(arrival) if SCHEMES[point.scheme].has_own_envelope else _let_in(arrival)
        watch.opened(message.envelope)
    except SchemeError as refused:
        return _kept_out(refused, point, watch)
    except InfnoDoesNotFitPathError as refused:
        watch.refused(refused)
        return path_refusal(text_of(refused), serial=serial)
    except YibaoError as refused:
        return _refusal(refused, point, now, watch)
    try:
        return _answered(arrival, message)
    except SchemeError as refused:
        return _kept_out(refused, point, watch)


def _answered(arrival: _Arrival, message: _Message) -> bytes:
    """The answer to a message that was let in; its nonce is noted whatever becomes of it.

    :raises SchemeError: the nonce let another message in before.
    """
    claim = message.claim
    try:
        answered = _retried(arrival, message)
    except SchemeError:
        raise
    except YibaoError as refused:
        if claim is not None and not isinstance(refused, _NOT_BEGUN):
            claim.note()
        return _refusal(refused, arrival.point, arrival.now, arrival.watch, message.seal)
    except Exception:
        envelope = message.envelope
        log.exception("gateway: %s %s failed, serial %s", envelope.infno, envelope.msgid, arrival.serial)
        return _refusal(
            BrokenPlatformError(serial=arrival.serial), arrival.point, arrival.now, arrival.watch, message.seal
        )
    if claim is not None:
        claim.note()
    return answered


def _let_in(arrival: _Arrival) -> _Message:
    """A message in the envelope of the institution interface."""
    request, proof = arrival.request, _verified(arrival)
    arrival.watch.let_in()
    return _opened(arrival, read_message(request.body, path=request.path, content_type=request.content_type), proof)


def _unsealed(arrival: _Arrival) -> _Message:
    """A message in the envelope of prescriptions and mobile payment."""
    point, now = arrival.point, arrival.now
    envelope, opened, reply = read_sealed(
        arrival.request.body,
        path=arrival.request.path,
        keys=directory.keyring_at(point),
        now=now,
        window_seconds=point.window_seconds,
    )
    arrival.watch.let_in()
    claim = claim_of(point, opened.proof, opened.digest, now=now)
    return _Message(envelope, opened.proof, opened.digest, None, claim, reply)


def _kept_out(refused: SchemeError, point: AccessPoint, watch: Watch) -> bytes:
    """The answer to a request that is not let in, in the gateway's own shape or the prescription centre's."""
    watch.refused(refused)
    shape = refuse if SCHEMES[point.scheme].has_own_envelope else gateway_refusal
    return shape(text_of(refused), code=_NOT_LET_IN)


def turned_away(error: YibaoError, point: AccessPoint, *, now: datetime) -> bytes:
    """The answer to a message that is refused before it is read."""
    return _refusal(error, point, now, UNWATCHED)


def _token(arrival: _Arrival) -> bytes:
    """The answer to a client that asks for a token."""
    return answer_with_token(
        arrival.request.headers,
        arrival.request.body,
        directory.keyring_at(arrival.point),
        now_seconds=int(arrival.now.timestamp()),
        token_seconds=arrival.point.token_seconds,
    )


def _verified(arrival: _Arrival) -> Proof:
    """Which keys the request proved to hold, by its headers."""
    point, request = arrival.point, arrival.request
    signed = SignedRequest(
        request.headers, request.body, int(arrival.now.timestamp()), point.window_seconds, point.signed_charset
    )
    return SCHEMES[point.scheme].verify(signed, directory.keyring_at(point))


def _opened(arrival: _Arrival, envelope: RequestEnvelope, proof: Proof) -> _Message:
    """The message as its sender meant it; most messages are neither signed nor ciphered themselves."""
    point = arrival.point
    scheme = SCHEMES[point.scheme]
    if scheme.signs_messages or envelope.enc_type == SM4:
        message = Message(
            envelope.text,
            envelope.input,
            envelope.fixmedins_code,
            envelope.cainfo,
            envelope.enc_type,
            int(envelope.inf_time.timestamp()),
            int(arrival.now.timestamp()),
            point.window_seconds,
        )
        opened = (
            scheme.open(message, proof, directory.keyring_at(point))
            if scheme.signs_messages
            else open_ciphered(message, proof)
        )
        claim = claim_of(point, opened.proof, opened.digest, now=arrival.now)
        return _Message(replace(envelope, input=opened.input), opened.proof, opened.digest, opened.seal, claim)
    digest = hashlib.sha256(arrival.request.body).digest()
    return _Message(envelope, proof, digest, None, claim_of(point, proof, digest, now=arrival.now))


def _retried(arrival: _Arrival, message: _Message) -> bytes:
    """Handle a message, once more on a new connection when the database went away.

    Trying again is safe: a change is keyed by its message number, so one that did commit answers from what it kept.
    """
    try:
        return _handled(arrival, message)
    except _GONE:
        if connection.in_atomic_block:
            raise
        connection.close()
    try:
        return _handled(arrival, message)
    except _GONE as gone:
        connection.close()
        envelope = message.envelope
        log.warning("gateway: %s %s: the database is away: %s", envelope.infno, envelope.msgid, gone)
        raise PlatformBusyError(msgid=envelope.msgid) from None


def _handled(arrival: _Arrival, message: _Message) -> bytes:
    """Let the transaction's handler answer."""
    envelope, point = message.envelope, arrival.point
    institution = directory.institution_speaking(code=envelope.fixmedins_code, proof=message.proof)
    arrival.watch.known(institution)
    let_in(institution.id)
    handler = HANDLERS.get(envelope.infno)
    if handler is None:
        raise _unhandled(envelope.infno)
    data = decode_input(envelope.infno, envelope.input, variant=point.variant)
    require_enrolment_division(envelope, data)
    arrival.watch.decoded()
    kept = Request(
        institution_id=institution.id,
        msgid=envelope.msgid,
        infno=envelope.infno,
        operator=envelope.opter,
        digest=message.digest,
        body=arrival.request.body,
        received_at=arrival.now,
    )
    as_text = point.infcode_type == AccessPoint.InfcodeType.STRING
    notice = notice_of_division(envelope.mdtrtarea_admvs, region=institution.region)
    context = Context(
        envelope, institution, kept, arrival.now, arrival.serial, as_text, message.seal, message.claim, message.sealed,
        notice,
    )  # fmt: skip
    answered = handler(context, data)
    arrival.watch.answered()
    return answered


def _unhandled(infno: str) -> YibaoError:
    """Why no handler answers this number: the platform does not offer the transaction, or nobody knows it."""
    transaction = TRANSACTIONS.get(infno)
    if transaction is not None and transaction.direction == "at_institution":
        return DoneAtInstitutionError(infno=infno, name=transaction.zh, name_en=transaction.en)
    known = transaction or NAMED_ONLY.get(infno)
    return (
        NotOfferedError(infno=infno, name=known.zh, name_en=known.en) if known else UnknownTransactionError(infno=infno)
    )


def _refusal(error: YibaoError, point: AccessPoint, now: datetime, watch: Watch, seal: Seal | None = None) -> bytes:
    """A refusal in an envelope: infcode -1 and a sentence that names the field and the reason."""
    watch.refused(error)
    at = stamp(now)
    field = error.facts.get("field")
    text = text_of(error)
    if field and not isinstance(error, FieldsRefusedError) and str(field) not in text:
        text = f"{text}({field})"
    if SCHEMES[point.scheme].has_own_envelope:
        return refuse(fit(text))
    return answer(
        infcode=FAILED,
        infcode_as_text=point.infcode_type == AccessPoint.InfcodeType.STRING,
        inf_refmsgid=None,
        refmsg_time=at,
        respond_time=at,
        err_msg=text,
        seal=seal,
    )
