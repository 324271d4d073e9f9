"""The envelope (报文头) of the national institution interface: bytes of a request to a frozen value, answers to bytes.

Source: gateway texts of several provinces and real clients (third party); where provinces differ, the access point says.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Literal

import msgspec

from yibao.core.errors import YibaoError
from yibao.interfaces.gateway.catalogue import ENVELOPE, TRANSACTIONS
from yibao.interfaces.gateway.catalogue.values import BEIJING
from yibao.interfaces.gateway.codec import FieldFault, FieldsRefusedError, plan_fields, read_fields

BODY_LIMIT_BYTES: Final = 4 * 1024 * 1024
"""Largest request body that is read; the texts speak of 40,000 characters of input, real inpatient uploads are larger."""

ERR_MSG_LIMIT: Final = 200
"""Characters that err_msg may have (错误信息)."""

OK: Final = 0
FAILED: Final = -1

_BOM: Final = b"\xef\xbb\xbf"
_CONTENT_TYPES: Final = frozenset(("application/json", "text/plain"))
_POSITION: Final = re.compile(r"\(byte (\d+)\)").search
_INFNO: Final = re.compile(r"[0-9]{4}[A-Z]?|D00[0-9]").fullmatch
_OPEN_BRACKET: Final = re.compile(r"[(（][^)）]*$")
_PLANS: Final = plan_fields(ENVELOPE)
_ENCODER: Final = msgspec.json.Encoder()


class BodyTooLargeError(YibaoError):
    """The request body is larger than `BODY_LIMIT_BYTES`."""

    code: ClassVar[str] = "gateway.body_too_large"


class ContentTypeError(YibaoError):
    """The body is neither application/json nor text/plain."""

    code: ClassVar[str] = "gateway.content_type"


class NotUtf8Error(YibaoError):
    """The body is not UTF-8; `position` counts bytes from 1."""

    code: ClassVar[str] = "gateway.not_utf8"


class MalformedJsonError(YibaoError):
    """The body is no JSON; `line` and `column` (in characters) say where, both from 1."""

    code: ClassVar[str] = "gateway.malformed_json"


class NotAnEnvelopeError(YibaoError):
    """The body is JSON, but not an object."""

    code: ClassVar[str] = "gateway.not_an_envelope"


class EnvelopeRefusedError(FieldsRefusedError):
    """Members of the envelope are missing or cannot be read; all are named."""

    code: ClassVar[str] = "gateway.envelope_refused"


class InfnoDoesNotFitPathError(YibaoError):
    """The path is that of another transaction; answered in the gateway's own shape, not in an envelope."""

    code: ClassVar[str] = "gateway.infno_does_not_fit_path"


@dataclass(frozen=True, slots=True)
class Route:
    """What a path says: its shape, and the transactions that it may carry (none: any)."""

    shape: Literal["call_service", "service", "infno"]
    infnos: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RequestEnvelope:
    """The members of a request; blank ones are None, `input` is the JSON text as the sender wrote it."""

    infno: str
    msgid: str
    mdtrtarea_admvs: str
    insuplc_admdvs: str | None
    recer_sys_code: str | None
    cainfo: str | None
    signtype: str | None
    infver: str | None
    opter_type: str | None
    opter: str
    opter_name: str | None
    inf_time: datetime
    fixmedins_code: str
    fixmedins_name: str | None
    sign_no: str | None
    enc_type: str | None
    input: bytes
    text: bytes
    """The JSON text of the whole message."""


class _Wire(msgspec.Struct):
    """The request as it arrives: any type where clients differ, extra members ignored."""

    input: msgspec.Raw = msgspec.Raw(b"null")
    infno: Any = None
    msgid: Any = None
    mdtrtarea_admvs: Any = None
    insuplc_admdvs: Any = None
    recer_sys_code: Any = None
    cainfo: Any = None
    signtype: Any = None
    infver: Any = None
    opter_type: Any = None
    opter: Any = None
    opter_name: Any = None
    inf_time: Any = None
    fixmedins_code: Any = None
    fixmedins_name: Any = None
    sign_no: Any = None
    enc_type: Any = None
    encType: Any = None  # noqa: N815  # as Jilin writes it


_DECODER: Final = msgspec.json.Decoder(_Wire, float_hook=str)


def _by_service_path() -> dict[str, tuple[str, ...]]:
    """The transactions by the last two segments of their service path."""
    services: dict[str, tuple[str, ...]] = {}
    for infno, transaction in TRANSACTIONS.items():
        for path in transaction.paths:
            service = _last_two(path)
            services[service] = (*services.get(service, ()), infno)
    return services


def _last_two(path: str) -> str:
    """Service and method of a path, whatever prefix the province puts in front."""
    return "/".join(path.strip("/").split("/")[-2:])


_SERVICES: Final[Mapping[str, tuple[str, ...]]] = _by_service_path()


def route_of(path: str) -> Route:
    """Recognise the three shapes: one path for all, one per service, the transaction number appended."""
    last = path.strip("/").rpartition("/")[2]
    if _INFNO(last):
        return Route("infno", (last,))
    infnos = _SERVICES.get(_last_two(path), ())
    return Route("service", infnos) if infnos else Route("call_service", ())


def read_request(
    body: bytes, *, path: str = "", content_type: str | None = None, limit: int = BODY_LIMIT_BYTES
) -> RequestEnvelope:
    """Read a request: envelope members by the catalogue, `input` untouched for the codec.

    :raises ContentTypeError, BodyTooLargeError, NotUtf8Error, MalformedJsonError, NotAnEnvelopeError: no envelope.
    :raises InfnoDoesNotFitPathError: the path belongs to another transaction.
    :raises EnvelopeRefusedError: members are missing or unreadable.
    """
    _check_content_type(content_type)
    wire = _parsed(body, limit)
    if wire.enc_type is None:
        wire.enc_type = wire.encType
    faults: list[FieldFault] = []
    members = read_fields(_PLANS, {name: getattr(wire, name) for name in _Wire.__struct_fields__}, "", faults)
    members["infno"] = _resolved(members["infno"], route_of(path), faults)
    if faults:
        raise EnvelopeRefusedError(faults, msgid=members["msgid"], infno=members["infno"])
    return RequestEnvelope(**members, input=bytes(wire.input), text=body)


def require_enrolment_division(envelope: RequestEnvelope, values: Mapping[str, Any]) -> None:
    """Insist on insuplc_admdvs (参保地医保区划) as soon as the decoded input holds a psn_no, as real platforms do.

    :raises EnvelopeRefusedError: it is blank.
    """
    if envelope.insuplc_admdvs is not None:
        return
    rows = (row for node in values.values() for row in (node if isinstance(node, list) else [node]) if row)
    if any(row.get("psn_no") is not None for row in rows):
        field = next(plan.field for plan in _PLANS if plan.name == "insuplc_admdvs")
        fault = FieldFault(field.name, field.zh, field.en, "missing", {})
        raise EnvelopeRefusedError([fault], msgid=envelope.msgid, infno=envelope.infno)


def _check_content_type(content_type: str | None) -> None:
    """Clients send JSON as application/json or as text/plain; none at all is taken as JSON."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind and kind not in _CONTENT_TYPES:
        raise ContentTypeError(content_type=kind)


def _parsed(body: bytes, limit: int) -> _Wire:
    """The JSON object of a body, a byte order mark tolerated."""
    if len(body) > limit:
        raise BodyTooLargeError(limit=limit, size=len(body))
    text = body.removeprefix(_BOM)
    try:
        text.decode()
        return _DECODER.decode(text)
    except UnicodeDecodeError as undecodable:
        raise NotUtf8Error(position=undecodable.start + 1) from None
    except msgspec.ValidationError:
        raise NotAnEnvelopeError from None
    except msgspec.DecodeError as malformed:
        found = _POSITION(str(malformed))
        raise _malformed(text, int(found[1]) if found else len(text)) from None
    except RecursionError:
        raise _malformed(text, 0) from None


def _malformed(text: bytes, offset: int) -> MalformedJsonError:
    """The error at this byte, told as line and column."""
    before = text[:offset].decode(errors="ignore")
    line = before.count("\n") + 1
    return MalformedJsonError(line=line, column=len(before) - before.rfind("\n"))


def _resolved(infno: str | None, route: Route, faults: list[FieldFault]) -> str | None:
    """The transaction of a request: the body's number, which the path must fit; the path's when the body has none."""
    if infno is None:
        if not route.infnos:
            field = _PLANS[0].field
            faults.append(FieldFault("infno", field.zh, field.en, "missing", {}))
            return None
        return route.infnos[0]
    if route.infnos and infno.removesuffix("A") not in {known.removesuffix("A") for known in route.infnos}:
        raise InfnoDoesNotFitPathError(infno=infno)
    return infno


def stamp(moment: datetime) -> str:
    """A moment as yyyyMMddHHmmssSSS of Beijing's clock (refmsg_time, respond_time)."""
    local = moment if moment.tzinfo is None else moment.astimezone(BEIJING)
    return (  # strftime would take ten times as long
        f"{local.year:04d}{local.month:02d}{local.day:02d}{local.hour:02d}{local.minute:02d}{local.second:02d}"
        f"{local.microsecond // 1000:03d}"
    )


def reference_id(division: str, moment: datetime, serial: int) -> str:
    """The receiver's message id (inf_refmsgid): division 6, yyyyMMddHHmmss, serial 10."""
    return f"{division:0<6.6}{stamp(moment)[:14]}{serial % 10**10:010d}"


def answer(
    *,
    infcode: int,
    infcode_as_text: bool = False,
    inf_refmsgid: str | None,
    refmsg_time: str,
    respond_time: str,
    err_msg: str | None = None,
    warn_msg: str | None = None,
    output: bytes | None = None,
    seal: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
) -> bytes:
    """Write an answer.

    `output` is JSON text from the codec, `infcode_as_text` the access point's setting, `seal` signs and ciphers the
    members where the scheme of signing does.
    """
    members = {
        "infcode": str(infcode) if infcode_as_text else infcode,
        "inf_refmsgid": inf_refmsgid,
        "refmsg_time": refmsg_time,
        "respond_time": respond_time,
        "err_msg": None if err_msg is None else fit(err_msg),
        "warn_msg": warn_msg,
        "output": None if output is None else msgspec.Raw(output),
        "cainfo": None,
        "signtype": None,
    }
    return _ENCODER.encode(members if seal is None else seal(members))


def fit(text: str, limit: int = ERR_MSG_LIMIT) -> str:
    """Cut a message to `limit` characters: between two faults where possible, never inside a field name."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    cut = max(head.rfind(mark) for mark in "；;")
    head = head[:cut] if cut > 0 else _OPEN_BRACKET.sub("", head)
    return (head or text[: limit - 1]) + "…"


def gateway_refusal(message: str, *, code: int = 401) -> bytes:
    """The gateway's own answer to trouble with signatures and headers; no envelope."""
    return _ENCODER.encode({"code": code, "message": message})


def path_refusal(message: str, *, serial: int) -> bytes:
    """The gateway's own answer to a number that does not fit the path; no envelope, a serial for the logs (异常流水号)."""
    return _ENCODER.encode({"type": "error", "infcode": FAILED, "err_msg": f"{fit(message, 170)},异常流水号:{serial}"})
