"""Requests that carry a file (9101): how much is read of them, and the parts of multipart/form-data.

Real clients send the file as JSON (Base64 or a list of bytes), or the whole message as a text part jsonStr beside a file
part named file or in (third party; knowledge of the gateway envelope, sections 3 and 7).
"""

import base64
import io
import re
from dataclasses import replace
from typing import Any, ClassVar, Final, Protocol

import msgspec
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import MemoryFileUploadHandler, TemporaryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from yibao.core.errors import YibaoError
from yibao.domains.files.operations import LARGEST_BYTES
from yibao.interfaces.gateway.envelope import (
    BODY_LIMIT_BYTES,
    BodyTooLargeError,
    ContentTypeError,
    RequestEnvelope,
    read_request,
    route_of,
)

UPLOAD_LIMIT_BYTES: Final = LARGEST_BYTES * 4 // 3 + 64 * 1024
"""The largest body of a message that carries a file: the largest file as Base64, and the message around it."""

UPLOAD: Final = "9101"
_MULTIPART: Final = "multipart/form-data"
_NAMES_UPLOAD: Final = re.compile(rb'"infno"\s*:\s*"9101"').search
_HEAD_BYTES: Final = 4096


class MalformedPartsError(YibaoError):
    """The body calls itself multipart/form-data and cannot be read as such, or a part is missing."""

    code: ClassVar[str] = "gateway.malformed_parts"


class Readable(Protocol):
    """Where a body comes from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes."""


def read_body(stream: Readable, *, path: str, content_type: str | None) -> bytes:
    """The body of a request, one byte more than its limit at most, so that too much is noticed."""
    body = stream.read(BODY_LIMIT_BYTES + 1)
    if len(body) > BODY_LIMIT_BYTES and _may_carry_file(body, path=path, content_type=content_type):
        body += stream.read(UPLOAD_LIMIT_BYTES + 1 - len(body))
    return body


def largest_body(first: bytes, *, path: str, content_type: str | None) -> int:
    """How many bytes a body may have that begins so."""
    may_carry = _may_carry_file(first, path=path, content_type=content_type)
    return UPLOAD_LIMIT_BYTES if may_carry else BODY_LIMIT_BYTES


def read_message(body: bytes, *, path: str, content_type: str | None) -> RequestEnvelope:
    """The envelope of a request; of a multipart one the file stands in its `input` as if it had come as Base64.

    :raises MalformedPartsError: the parts cannot be read.
    :raises ContentTypeError: another message than 9101 came in parts.
    :raises YibaoError: as `read_request` says.
    """
    if not _is_multipart(content_type):
        if len(body) <= BODY_LIMIT_BYTES:
            return read_request(body, path=path, content_type=content_type)
        limit = UPLOAD_LIMIT_BYTES if _may_carry_file(body, path=path, content_type=content_type) else BODY_LIMIT_BYTES
        envelope = read_request(body, path=path, content_type=content_type, limit=limit)
        if envelope.infno != UPLOAD:
            raise BodyTooLargeError(limit=BODY_LIMIT_BYTES, size=len(body))
        return envelope
    if len(body) > UPLOAD_LIMIT_BYTES:
        raise BodyTooLargeError(limit=UPLOAD_LIMIT_BYTES, size=len(body))
    text, file = _parts(body, content_type or "")
    envelope = read_request(text, path=path)
    if envelope.infno != UPLOAD:
        raise ContentTypeError(content_type=_MULTIPART)
    return replace(envelope, input=_with_file(envelope.input, file))


def _is_multipart(content_type: str | None) -> bool:
    """Whether the body says that it has parts."""
    return (content_type or "").partition(";")[0].strip().lower() == _MULTIPART


def _may_carry_file(body: bytes, *, path: str, content_type: str | None) -> bool:
    """Whether a long body is let in: it has parts, the path is that of 9101, or it says 9101 near its beginning."""
    return (
        _is_multipart(content_type)
        or UPLOAD in route_of(path).infnos
        or _NAMES_UPLOAD(body, 0, _HEAD_BYTES) is not None
    )


def _parts(body: bytes, content_type: str) -> tuple[bytes, bytes]:
    """The text of the message and the bytes of the file."""
    handlers = [MemoryFileUploadHandler(), TemporaryFileUploadHandler()]
    meta = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body))}
    try:
        texts, files = MultiPartParser(meta, io.BytesIO(body), handlers, "utf-8").parse()
    except (MultiPartParserError, SuspiciousOperation, UnicodeError, ValueError):
        raise MalformedPartsError from None
    message = texts.get("jsonStr")
    file = files.get("file") or files.get("in")
    if not isinstance(message, str) or file is None:
        raise MalformedPartsError
    return message.encode(), file.read()


def _with_file(raw_input: bytes, file: bytes) -> bytes:
    """The `input` of 9101 with the bytes of the file in it; what is no such input stays for the codec to refuse."""
    try:
        message: Any = msgspec.json.decode(raw_input)
    except msgspec.DecodeError:
        return raw_input
    node = message.get("fsUploadIn") if isinstance(message, dict) else None
    if not isinstance(node, dict):
        return raw_input
    node["in"] = base64.b64encode(file).decode()
    return msgspec.json.encode(message)
