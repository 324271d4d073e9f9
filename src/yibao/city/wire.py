"""One HTTP connection that is kept open, as a hospital's front machine keeps it."""

import http.client
import socket
from typing import ClassVar, Final
from urllib.parse import urlsplit

from yibao.core.errors import YibaoError

PATIENCE_SECONDS: Final = 30.0
JSON: Final = {"Content-Type": "application/json;charset=UTF-8"}


class GatewayAwayError(YibaoError):
    """Nothing answers at the gateway's address."""

    code: ClassVar[str] = "city.gateway_away"


class Wire:
    """Sends bodies to one address over one connection; a connection that broke is opened anew once."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._url = url
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=PATIENCE_SECONDS)

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        """Send a body and read the answer's; sent again when the kept connection was closed meanwhile.

        :raises GatewayAwayError: nothing answers.
        """
        for attempt in (1, 2):
            try:
                self._send(path, body, headers)
                return self._connection.getresponse().read()
            except (http.client.HTTPException, OSError) as error:
                self._connection.close()
                if attempt == 2:
                    raise GatewayAwayError(url=self._url, reason=str(error)) from None
        raise AssertionError

    def post_and_hang_up(self, path: str, body: bytes, headers: dict[str, str]) -> None:
        """Send a body and close the connection without waiting for the answer: it is lost.

        :raises GatewayAwayError: nothing answers.
        """
        try:
            self._send(path, body, headers)
        except OSError as error:
            raise GatewayAwayError(url=self._url, reason=str(error)) from None
        finally:
            self._connection.close()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _send(self, path: str, body: bytes, headers: dict[str, str]) -> None:
        """Send one request, over the open connection if there is one."""
        self._connection.request("POST", path, body=body, headers={**JSON, **headers})


def reach(url: str) -> None:
    """See that something listens at the gateway's address.

    :raises GatewayAwayError: nothing does.
    """
    parts = urlsplit(url)
    assert parts.hostname is not None
    try:
        socket.create_connection((parts.hostname, parts.port or 80), timeout=PATIENCE_SECONDS).close()
    except OSError as error:
        raise GatewayAwayError(url=url, reason=str(error)) from None
