"""How a client signs: one small signer per header scheme of the national interface; hand yours to `Client`."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Signer(Protocol):
    """Gives the HTTP headers of one request."""

    def __call__(self, *, infno: str, body: bytes, milliseconds: int) -> dict[str, str]:
        """Sign a request of a transaction at a moment (milliseconds since 1970)."""


def unsigned(*, infno: str, body: bytes, milliseconds: int) -> dict[str, str]:  # noqa: ARG001  # a signer that adds nothing
    """Sign nothing, where the access point asks for nothing."""
    return {}


@dataclass(frozen=True, slots=True)
class Csb:
    """CSB: Base64 of HMAC-SHA1 over the sorted `_api_` headers; the body is not signed."""

    access_key: str
    secret: str
    api_version: str = "1.0.0"

    def __call__(self, *, infno: str, body: bytes, milliseconds: int) -> dict[str, str]:  # noqa: ARG002  # the body is not signed
        """Sign access key, transaction, version and moment."""
        signed = {
            "_api_access_key": self.access_key,
            "_api_name": infno,
            "_api_timestamp": str(milliseconds),
            "_api_version": self.api_version,
        }
        text = "&".join(f"{name}={value}" for name, value in sorted(signed.items()))
        digest = hmac.new(self.secret.encode(), text.encode(), hashlib.sha1).digest()
        return {**signed, "_api_signature": base64.b64encode(digest).decode()}


@dataclass(frozen=True, slots=True)
class Tif:
    """x-tif: lower hex of SHA-256 over timestamp, token, nonce, timestamp."""

    paasid: str
    token: str
    nonce: Callable[[], str] = lambda: secrets.token_hex(8)

    def __call__(self, *, infno: str, body: bytes, milliseconds: int) -> dict[str, str]:  # noqa: ARG002  # the body is not signed
        """Sign the moment and a nonce that is used once."""
        seconds, nonce = milliseconds // 1000, self.nonce()
        text = f"{seconds}{self.token}{nonce}{seconds}"
        return {
            "x-tif-paasid": self.paasid,
            "x-tif-timestamp": str(seconds),
            "x-tif-nonce": nonce,
            "x-tif-signature": hashlib.sha256(text.encode()).hexdigest(),
        }


@dataclass(frozen=True, slots=True)
class XCa:
    """x-ca: the moment and the upper hex of HMAC-SM3 over moment and body; `charset` is what the region signs."""

    key: str
    secret: str
    charset: str = "utf-8"

    def __call__(self, *, infno: str, body: bytes, milliseconds: int) -> dict[str, str]:  # noqa: ARG002  # the transaction is not signed
        """Sign the moment and the body."""
        seconds = str(milliseconds // 1000)
        signed = f"{seconds}\n".encode() + body.decode().encode(self.charset)
        mac = hmac.new(self.secret.encode(), signed, "sm3").hexdigest().upper()
        return {"x-ca-key": self.key, "x-ca-signature": f"{seconds}:{mac}"}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A constant key in the header `apikey`."""

    key: str

    def __call__(self, *, infno: str, body: bytes, milliseconds: int) -> dict[str, str]:  # noqa: ARG002  # nothing is signed
        """Give the key."""
        return {"apikey": self.key}
