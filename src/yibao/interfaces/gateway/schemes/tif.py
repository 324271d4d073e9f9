"""Scheme `tif` of government-cloud gateways (Guangdong, Hebei): SHA-256 over timestamp, token and nonce.

Source: public clients of these provinces (third party). The body is not signed: msgid idempotency guards repeats.
"""

import hashlib
from collections.abc import Mapping
from typing import Final

from yibao.interfaces.gateway.schemes.base import (
    AccessKey,
    SecretOf,
    check_signature,
    check_timestamp,
    known_secret,
    register,
    required_headers,
)

_HEADERS: Final = ("x-tif-paasid", "x-tif-timestamp", "x-tif-nonce", "x-tif-signature")


def _signature(timestamp: str, token: str, nonce: str) -> str:
    """Lower hex of SHA-256 over timestamp + token + nonce + timestamp."""
    return hashlib.sha256(f"{timestamp}{token}{nonce}{timestamp}".encode()).hexdigest()


class TifScheme:
    """Headers x-tif-paasid (the access key), x-tif-timestamp (s), x-tif-nonce, x-tif-signature."""

    name: Final = "tif"

    def verify(
        self, headers: Mapping[str, str], body: bytes, *, secret_of: SecretOf, now_seconds: int, window_seconds: int
    ) -> AccessKey:
        """Check headers, timestamp, access key and signature, in this order."""
        del body
        access_key, timestamp, nonce, received = required_headers(headers, _HEADERS)
        check_timestamp(timestamp, now_seconds=now_seconds, window_seconds=window_seconds)
        check_signature(_signature(timestamp, known_secret(access_key, secret_of), nonce), received.lower())
        return AccessKey(access_key)

    def sign(
        self, body: bytes, *, access_key: str, secret: str, now_seconds: int, api_name: str = "", nonce: str = "yibao"
    ) -> dict[str, str]:
        """The four headers."""
        del body, api_name
        timestamp = str(now_seconds)
        return dict(zip(_HEADERS, (access_key, timestamp, nonce, _signature(timestamp, secret, nonce)), strict=True))


register(TifScheme())
