"""Send a message of the sandbox again: as it was, under a new number, or edited."""

import itertools
import re
from datetime import datetime
from typing import Final, Literal

import msgspec

from yibao.domains.sandbox.models import Exchange
from yibao.interfaces.console.faulty import answer_in_sandbox
from yibao.interfaces.console.passages import opening_of
from yibao.interfaces.console.recorder import recorder
from yibao.interfaces.console.signed import has_own_envelope, signed_message, signs_bodies
from yibao.interfaces.gateway.catalogue.values import BEIJING
from yibao.interfaces.gateway.service import HttpRequest

Way = Literal["as_is", "new_msgid", "edited"]
_MSGID: Final = re.compile(rb'("msgid"\s*:\s*)("(?:[^"\\]|\\.)*"|[^,}\s]+)')
_serials: Final = itertools.count(1)


def replay(exchange: Exchange, *, way: Way, edited: str, now: datetime) -> Exchange | None:
    """Send a message again, signed anew, and give what became of it; None while it could not be written down."""
    request = _request(exchange, way=way, edited=edited, now=now)
    answer_in_sandbox(request, exchange.access_point, now, replay_of=exchange.pk)
    recorder.write_now()
    return Exchange.objects.filter(replay_of=exchange.pk).order_by("-id").first()


def _request(exchange: Exchange, *, way: Way, edited: str, now: datetime) -> HttpRequest:
    """The request that is sent: what is signed in its headers is signed anew, what is signed in itself when it was edited.

    A message whose body carries the signature of its sender goes out again with the headers it came with.
    """
    point = exchange.access_point
    body = bytes(exchange.body) if way == "as_is" else plain_body(exchange)
    if way == "new_msgid":
        body = with_new_msgid(body, institution_code=exchange.institution_code, now=now)
    elif way == "edited":
        body = edited.replace("\r\n", "\n").encode()
    request = HttpRequest(exchange.path, exchange.headers, body, exchange.content_type or None)
    if signs_bodies(point) and way == "as_is":
        return request
    infno, _msgid, institution = opening_of(request)
    sender = institution or exchange.institution_code
    signed = signed_message(point, institution_code=sender, body=body, infno=infno, at=now)
    return HttpRequest(request.path, signed.headers, signed.body, request.content_type)


def with_new_msgid(body: bytes, *, institution_code: str, now: datetime) -> bytes:
    """The same bytes under a new message number of the usual form: institution, moment, four digits."""
    number = f"{institution_code[:12]}{now.astimezone(BEIJING):%Y%m%d%H%M%S}{next(_serials) % 10_000:04d}"
    return _MSGID.sub(lambda found: found[1] + f'"{number}"'.encode(), body, count=1)


def plain_body(exchange: Exchange) -> bytes:
    """The request with its input as it was deciphered; where nothing was ciphered, as it came.

    Of an envelope that hides the whole, the input is the business object; a new envelope is put around it.
    """
    body = bytes(exchange.body)
    if exchange.opened_input and has_own_envelope(exchange.access_point):
        return bytes(exchange.opened_input)
    if not exchange.opened_input:
        return body
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body
    return msgspec.json.encode({**members, "input": msgspec.Raw(bytes(exchange.opened_input))})
