"""Scheme `tif` of government-cloud gateways (Guangdong, Hebei): SHA-256 over timestamp, token and nonce.

Source: public clients of these provinces (third party). The body is not signed; the nonce lets one message in.
"""

import hashlib
import secrets
from typing import ClassVar, Final

from yibao.domains.messages.keys import Material
from yibao.interfaces.gateway.schemes.base import (
    Proof,
    Scheme,
    Signed,
    SignedRequest,
    check_timestamp,
    proven,
    register,
    required_headers,
)
from yibao.interfaces.gateway.schemes.keyring import Keyring

_HEADERS: Final = ("x-tif-paasid", "x-tif-timestamp", "x-tif-nonce", "x-tif-signature")


def _signature(timestamp: str, token: str, nonce: str) -> str:
    """Lower hex of SHA-256 over timestamp + token + nonce + timestamp."""
    return hashlib.sha256(f"{timestamp}{token}{nonce}{timestamp}".encode()).hexdigest()


class TifScheme(Scheme):
    """Headers x-tif-paasid (the access key), x-tif-timestamp (s), x-tif-nonce, x-tif-signature."""

    name: ClassVar[str] = "tif"
    parts: ClassVar[tuple[str, ...]] = ("secret",)

    def verify(self, request: SignedRequest, keys: Keyring) -> Proof:
        """Check headers, timestamp, access key and signature, in this order."""
        access_key, timestamp, nonce, received = required_headers(request.headers, _HEADERS)
        check_timestamp(timestamp, now_seconds=request.now_seconds, window_seconds=request.window_seconds)
        fitting = proven(
            access_key,
            keys.named(access_key),
            lambda secret: _signature(timestamp, secret, nonce),
            received.lower(),
        )
        return Proof(fitting, f"{access_key} {nonce}")

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
        """The four headers, with a nonce of its own where none is given."""
        del api_name, token
        timestamp, nonce = str(now_ms // 1000), nonce or secrets.token_hex(8)
        values = (access_key, timestamp, nonce, _signature(timestamp, material.secret, nonce))
        return Signed(dict(zip(_HEADERS, values, strict=True)), body)


register(TifScheme())
