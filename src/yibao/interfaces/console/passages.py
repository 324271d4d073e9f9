"""One message of the sandbox as records: what is shown on the console, and what it proves for the acceptance."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import msgspec

from yibao.core.errors import YibaoError
from yibao.domains.acceptance.models import Performance
from yibao.domains.messages.models import AccessPoint
from yibao.domains.sandbox.models import Exchange
from yibao.interfaces.console.business import business_of
from yibao.interfaces.console.stopwatch import Stopwatch
from yibao.interfaces.gateway.codec import FieldFault, FieldsRefusedError
from yibao.interfaces.gateway.envelope import InfnoDoesNotFitPathError, route_of
from yibao.interfaces.gateway.pace import TooManyMessagesError
from yibao.interfaces.gateway.schemes import SchemeError
from yibao.interfaces.gateway.service import BrokenPlatformError, HttpRequest, PlatformBusyError, TooBusyError
from yibao.interfaces.gateway.texts import text_of, text_of_fault

KEPT_BYTES_MAX: Final = 256 * 1024
"""Bytes of a request or an answer that the ring keeps."""
_DEPTH: Final = 6
_NOT_THE_CLIENTS: Final = (BrokenPlatformError, PlatformBusyError, TooBusyError, TooManyMessagesError)
"""Refusals that say nothing about the client."""
Result = Exchange.Result


class Opening(msgspec.Struct):
    """The members of a request by which it is recognised, whatever else is wrong with it."""

    infno: Any = None
    msgid: Any = None
    fixmedins_code: Any = None


_OPENINGS: Final = msgspec.json.Decoder(Opening)
_ANY: Final = msgspec.json.Decoder(float_hook=str)


@dataclass(frozen=True, slots=True)
class Passed:
    """A message that passed: what came, what went out, how it fared."""

    request: HttpRequest
    point: AccessPoint
    now: datetime
    answer: bytes
    http_status: int
    is_lost: bool
    fault_kind: str
    total_us: int
    watch: Stopwatch
    replay_of: int | None


def opening_of(request: HttpRequest) -> tuple[str, str, str]:
    """Transaction, message number and institution code of a request as sent, empty where they cannot be read."""
    try:
        opening = _OPENINGS.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        opening = Opening()
    infnos = route_of(request.path).infnos
    infno = _short(opening.infno, 10) or (infnos[0] if infnos else "")
    return infno, _short(opening.msgid, 64), _short(opening.fixmedins_code, 30)


def records_of(passed: Passed) -> tuple[Exchange, Performance | None]:
    """The records of a message."""
    exchange = _exchange(passed)
    return exchange, _performance(passed, exchange)


def _exchange(passed: Passed) -> Exchange:
    """The message as the console shows it."""
    request, watch = passed.request, passed.watch
    infno, msgid, institution = opening_of(request)
    if watch.envelope is not None and not institution:  # an envelope that hides who sent it
        msgid, institution = watch.envelope.msgid, watch.envelope.fixmedins_code
    code, zh, en, faults = told(watch.error)
    return Exchange(
        access_point_id=passed.point.pk,
        institution_code=institution,
        infno=infno,
        msgid=msgid,
        path=request.path[:300],
        content_type=(request.content_type or "")[:100],
        headers={_header(name): value[:2000].replace("\0", "") for name, value in request.headers.items()},
        body=request.body[:KEPT_BYTES_MAX],
        opened_input=_opened_input(passed)[:KEPT_BYTES_MAX],
        answer=passed.answer[:KEPT_BYTES_MAX],
        is_cut=max(len(request.body), len(passed.answer)) > KEPT_BYTES_MAX,
        result=_result(passed),
        http_status=passed.http_status,
        error_code=code,
        sentence_zh=zh,
        sentence_en=en,
        faults=faults,
        stages=watch.stages,
        total_us=passed.total_us,
        fault_kind=passed.fault_kind,
        replay_of=passed.replay_of,
        received_at=passed.now,
    )


def _opened_input(passed: Passed) -> bytes:
    """The input as it was deciphered; empty where it came as it was meant."""
    envelope = passed.watch.envelope
    if envelope is None or bytes(envelope.input) in passed.request.body:
        return b""
    return bytes(envelope.input)


def _result(passed: Passed) -> str:
    """What the client got."""
    error = passed.watch.error
    if passed.is_lost:
        return Result.LOST
    if passed.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR or isinstance(error, BrokenPlatformError):
        return Result.BROKEN
    if isinstance(error, SchemeError | InfnoDoesNotFitPathError):
        return Result.KEPT_OUT
    return Result.ACCEPTED if error is None else Result.REFUSED


def _performance(passed: Passed, exchange: Exchange) -> Performance | None:
    """What the message proves: nothing while its sender is not known, nor where the platform itself was at fault."""
    watch = passed.watch
    if watch.institution is None or watch.envelope is None or isinstance(watch.error, _NOT_THE_CLIENTS):
        return None
    if not watch.is_done and watch.error is None:
        return None
    visit, undoes = _subjects(watch.envelope.input, passed.answer)
    return Performance(
        institution_id=watch.institution.id,
        access_point_id=passed.point.pk,
        infno=watch.envelope.infno,
        msgid=watch.envelope.msgid,
        is_performed=watch.error is None,
        visit=visit,
        business=business_of(
            region=watch.institution.region,
            insured_at=watch.envelope.insuplc_admdvs,
            medical_type=_short(_first(_read(watch.envelope.input), "med_type"), 10),
            at=passed.now,
        ),
        undoes=undoes,
        error_code=exchange.error_code,
        sentence_zh=exchange.sentence_zh,
        sentence_en=exchange.sentence_en,
        faults=exchange.faults,
        received_at=passed.now,
    )


def told(error: YibaoError | None) -> tuple[str, str, str, list[dict[str, Any]]]:
    """Code, sentences in both languages and refused fields of a refusal; empty for none."""
    if error is None:
        return "", "", "", []
    return error.code, text_of(error, "zh"), text_of(error, "en"), _faults(error)


def _faults(error: YibaoError) -> list[dict[str, Any]]:
    """The refused fields, each with its path and sentences."""
    if isinstance(error, FieldsRefusedError):
        return [_fault(fault) for fault in error.faults]
    field = error.facts.get("field")
    if not field:
        return []
    return [{"path": str(field), "zh": text_of(error, "zh"), "en": text_of(error, "en"), "reason": error.code}]


def _fault(fault: FieldFault) -> dict[str, Any]:
    return {
        "path": fault.path,
        "zh": text_of_fault(fault, "zh"),
        "en": text_of_fault(fault, "en"),
        "reason": fault.reason,
    }


def _subjects(asked: bytes, answer: bytes) -> tuple[str, str]:
    """The visit that a message was about, and the message that it undid."""
    sent, got = _read(asked), _read(answer)
    return _short(_first(sent, "mdtrt_id") or _first(got, "mdtrt_id"), 30), _short(_first(sent, "omsgid"), 64)


def first_of(raw: bytes, name: str) -> str:
    """The first member of this name in the JSON of a message, also in an `input` that is text; empty for none."""
    content = _read(raw)
    if isinstance(content, dict) and isinstance(content.get("input"), str):
        content = {**content, "input": _read(content["input"].encode())}
    return _short(_first(content, name), 64)


def _read(raw: bytes) -> object:
    """The JSON of bytes, once more where it is text inside JSON; None for what is none."""
    value: object = raw
    for _ in range(2):
        if not isinstance(value, bytes | str):
            break
        try:
            value = _ANY.decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
    return value


def _first(value: object, name: str, depth: int = _DEPTH) -> object:
    """The first member of this name, looked for from the outside inwards along the first rows."""
    if isinstance(value, list):
        return _first(value[0], name, depth - 1) if value and depth else None
    if not isinstance(value, dict) or not depth:
        return None
    if value.get(name):
        return value[name]
    found = (_first(member, name, depth - 1) for member in value.values() if isinstance(member, dict | list))
    return next((one for one in found if one), None)


def _short(value: object, most: int) -> str:
    """A value as text that fits a column, empty for what is neither text nor number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip().replace("\0", "")[:most]


def _header(name: str) -> str:
    """A header's name as it is usually written: WSGI hands it over in capitals."""
    return name.lower().replace("_", "-")[:100]
