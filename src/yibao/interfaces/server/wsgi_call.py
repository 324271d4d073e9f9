"""One call of the WSGI application with a request that has arrived whole."""

import io
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_FIXED: Final = {
    "SCRIPT_NAME": "",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
}
_BARE: Final = frozenset({"content-type", "content-length"})


@dataclass(frozen=True, slots=True)
class Arrived:
    """A request with its whole body; header names in lower case, `client` and `port` are the peer's."""

    method: str
    path: str
    query: str
    scheme: str
    server: str
    client: str
    port: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(slots=True)
class Answered:
    """What goes back."""

    status: int = 500
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


def call(application: Wsgi, request: Arrived) -> Answered:
    """The application's answer, as a whole."""
    answered = Answered()

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:  # noqa: ARG001  # PEP 3333
        answered.status = int(status.split(" ", 1)[0])
        answered.headers = headers

    parts = application(_environ(request), start_response)
    try:
        answered.body = b"".join(parts)
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()
    return answered


def _environ(request: Arrived) -> dict[str, Any]:
    """The request in the words of PEP 3333; a header that comes twice is joined."""
    host, _, port = request.server.rpartition(":")
    environ: dict[str, Any] = {
        **_FIXED,
        "REQUEST_METHOD": request.method,
        "PATH_INFO": request.path.encode().decode("latin-1"),
        "QUERY_STRING": request.query,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "REMOTE_ADDR": request.client,
        "REMOTE_PORT": request.port,
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": io.BytesIO(request.body),
    }
    for name, value in request.headers:
        key = name.upper().replace("-", "_")
        if name not in _BARE:
            key = f"HTTP_{key}"
        if key in environ:
            value = f"{environ[key]}{'; ' if name == 'cookie' else ','}{value}"  # noqa: PLW2901  # the value so far
        environ[key] = value
    environ["CONTENT_LENGTH"] = str(len(request.body))
    return environ
