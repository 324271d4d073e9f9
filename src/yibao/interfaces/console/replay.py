"""Send a message of the sandbox again: as it was, under a new number, or edited."""

import itertools
import re
from datetime import datetime
from typing import Final, Literal

from yibao.domains.sandbox.models import Exchange
from yibao.interfaces.console.faulty import answer_in_sandbox
from yibao.interfaces.console.passages import opening_of
from yibao.interfaces.console.recorder import recorder
from yibao.interfaces.console.signed import signed_headers
from yibao.interfaces.gateway.catalogue.values import BEIJING
from yibao.interfaces.gateway.service import HttpRequest

Way = Literal["as_is", "new_msgid", "edited"]
_MSGID: Final = re.compile(rb'("msgid"\s*:\s*)("(?:[^"\\]|\\.)*"|[^,}\s]+)')
_serials: Final = itertools.count(1)


def replay(exchange: Exchange, *, way: Way, edited: str, now: datetime) -> Exchange | None:
    """Send a message again, signed anew, and give what became of it; None while it could not be written down."""
    body = bytes(exchange.body)
    if way == "new_msgid":
        body = with_new_msgid(body, institution_code=exchange.institution_code, now=now)
    elif way == "edited":
        body = edited.replace("\r\n", "\n").encode()
    request = HttpRequest(exchange.path, {}, body, exchange.content_type or None)
    infno, _msgid, institution = opening_of(request)
    point = exchange.access_point
    headers = signed_headers(point, institution_code=institution, body=body, infno=infno, at=now)
    answer_in_sandbox(HttpRequest(request.path, headers, body, request.content_type), point, now, replay_of=exchange.pk)
    recorder.write_now()
    return Exchange.objects.filter(replay_of=exchange.pk).order_by("-id").first()


def with_new_msgid(body: bytes, *, institution_code: str, now: datetime) -> bytes:
    """The same bytes under a new message number of the usual form: institution, moment, four digits."""
    number = f"{institution_code[:12]}{now.astimezone(BEIJING):%Y%m%d%H%M%S}{next(_serials) % 10_000:04d}"
    return _MSGID.sub(lambda found: found[1] + f'"{number}"'.encode(), body, count=1)
