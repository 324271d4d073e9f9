"""The gateway as a WSGI application: only what a message needs, none of the pages' middleware."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, connection

from yibao.domains.messages.models import AccessPoint
from yibao.interfaces.gateway import directory
from yibao.interfaces.gateway.catalogue.values import BEIJING
from yibao.interfaces.gateway.context import FileAnswer
from yibao.interfaces.gateway.envelope import gateway_refusal
from yibao.interfaces.gateway.parts import read_body
from yibao.interfaces.gateway.schemes import SchemeError
from yibao.interfaces.gateway.schemes.tokens import TOKEN_PATH, client_of
from yibao.interfaces.gateway.service import HttpRequest, PlatformBusyError, respond
from yibao.interfaces.gateway.texts import text_of

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]
Answer = Callable[[HttpRequest, AccessPoint, datetime], bytes]
"""Answers a request at an access point at a moment."""

_JSON = "application/json;charset=UTF-8"
_FILE = "application/octet-stream"
_UNAVAILABLE = 503


def _answer(request: HttpRequest, point: AccessPoint, now: datetime) -> bytes:
    """Answer as the gateway does, unwatched."""
    return respond(request, point, now=now)


def before_pages(pages: Wsgi, answer_to: Answer = _answer) -> Wsgi:
    """An application that answers POSTs under an access point's prefix itself and leaves the rest to the pages.

    A sandbox hands in `answer_to`: it watches, and makes the faults that were ordered.
    """

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST":
            return pages(environ, start_response)
        path = environ.get("PATH_INFO", "")
        try:
            point = directory.access_point_for(path) or _token_point(path, environ)
        except (OperationalError, InterfaceError):
            connection.close()
            answer = gateway_refusal(text_of(PlatformBusyError(msgid="-")), code=_UNAVAILABLE)
        else:
            if point is None:
                return pages(environ, start_response)
            answer = answer_to(_read(environ, path), point, datetime.now(BEIJING))
        kind = _FILE if isinstance(answer, FileAnswer) else _JSON
        start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(len(answer)))])
        return [answer]

    return application


def _token_point(path: str, environ: Environ) -> AccessPoint | None:
    """The access point whose client asks for a token at the root, outside of every prefix."""
    if path != TOKEN_PATH:
        return None
    try:
        client_id, _ = client_of({"Authorization": environ.get("HTTP_AUTHORIZATION", "")})
    except SchemeError:
        return None
    return directory.token_point(client_id)


def _read(environ: Environ, path: str) -> HttpRequest:
    """The request as the gateway takes it."""
    headers = {name[5:]: value for name, value in environ.items() if name.startswith("HTTP_")}
    content_type = environ.get("CONTENT_TYPE")
    body = read_body(environ["wsgi.input"], path=path, content_type=content_type)
    return HttpRequest(path, headers, body, content_type)
