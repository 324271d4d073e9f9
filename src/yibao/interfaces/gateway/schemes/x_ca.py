"""Scheme `x-ca` (Zhejiang): HMAC-SM3 over the time and the body.

Source: a public client of this province (third party). The library that the province hands out signs the GB2312 bytes of
the JSON that is sent as UTF-8: the access point says which. Another body needs another signature, so none is kept.
"""

import hmac
from typing import ClassVar, Final

from yibao.domains.messages.keys import Material
from yibao.interfaces.gateway.schemes.base import (
    Proof,
    Scheme,
    Signed,
    SignedRequest,
    StaleTimestampError,
    check_timestamp,
    proven,
    register,
    required_headers,
)
from yibao.interfaces.gateway.schemes.keyring import Keyring

_HEADERS: Final = ("x-ca-key", "x-ca-signature")
_SECONDS_DIGITS: Final = 10
_CODECS: Final = {"gb2312": "gbk"}
"""Windows' code page 936, which clients call GB2312; what it lacks becomes a question mark, there and here."""


def signed_bytes(body: bytes, charset: str) -> bytes:
    """The body as it is signed: as sent, or in the character set of the access point."""
    codec = _CODECS.get(charset)
    return body if codec is None else body.decode(errors="replace").encode(codec, errors="replace")


def _signature(timestamp: str, signed: bytes, secret: str) -> str:
    """The time, a colon, upper hex of HMAC-SM3 over the time, a line feed and the body."""
    digest = hmac.digest(secret.encode(), timestamp.encode() + b"\n" + signed, "sm3")
    return f"{timestamp}:{digest.hex().upper()}"


class XCaScheme(Scheme):
    """Headers x-ca-key (the institution's code) and x-ca-signature (`<unix s>:<hex>`)."""

    name: ClassVar[str] = "x-ca"
    parts: ClassVar[tuple[str, ...]] = ("secret",)

    def verify(self, request: SignedRequest, keys: Keyring) -> Proof:
        """Check headers, timestamp, access key and signature, in this order."""
        access_key, received = required_headers(request.headers, _HEADERS)
        timestamp, _, digits = received.partition(":")
        if len(timestamp) != _SECONDS_DIGITS:
            raise StaleTimestampError(timestamp=timestamp[:20])
        check_timestamp(timestamp, now_seconds=request.now_seconds, window_seconds=request.window_seconds)
        signed = signed_bytes(request.body, request.charset)
        fitting = proven(
            access_key,
            keys.named(access_key),
            lambda secret: _signature(timestamp, signed, secret),
            f"{timestamp}:{digits.upper()}",
        )
        return Proof(fitting)

    def sign(
        self,
        body: bytes,
        *,
        access_key: str,
        material: Material,
        now_ms: int,
        api_name: str = "",
        nonce: str = "",
        token: str = "",
    ) -> Signed:
        """The two headers, over the UTF-8 bytes."""
        del api_name, nonce, token
        signature = _signature(str(now_ms // 1000), body, material.secret)
        return Signed(dict(zip(_HEADERS, (access_key, signature), strict=True)), body)


register(XCaScheme())
