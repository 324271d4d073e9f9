"""Scheme `csb` of cloud service bus gateways (Jiangsu, Hunan, Hainan, Guangxi): HMAC-SHA1 over four headers.

Source: public clients of these provinces (third party). The body is not signed: msgid idempotency guards repeats.
"""

import base64
import hashlib
import hmac
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

_SIGNED: Final = ("_api_access_key", "_api_name", "_api_timestamp", "_api_version")
_SIGNATURE: Final = "_api_signature"


def _signature(values: tuple[str, ...], secret: str) -> str:
    """Base64 of HMAC-SHA1 over `name=value` pairs in the order of names, joined by `&`."""
    text = "&".join(f"{name}={value}" for name, value in zip(_SIGNED, values, strict=True))
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


class CsbScheme:
    """Headers _api_name, _api_version, _api_timestamp (ms or s), _api_access_key, _api_signature."""

    name: Final = "csb"

    def verify(
        self, headers: Mapping[str, str], body: bytes, *, secret_of: SecretOf, now_seconds: int, window_seconds: int
    ) -> AccessKey:
        """Check headers, timestamp, access key and signature, in this order."""
        del body
        *signed, received = required_headers(headers, (*_SIGNED, _SIGNATURE))
        access_key, _, timestamp, _ = signed
        check_timestamp(timestamp, now_seconds=now_seconds, window_seconds=window_seconds)
        check_signature(_signature(tuple(signed), known_secret(access_key, secret_of)), received)
        return AccessKey(access_key)

    def sign(
        self, body: bytes, *, access_key: str, secret: str, now_seconds: int, api_name: str = "yibao", nonce: str = ""
    ) -> dict[str, str]:
        """The five headers, the timestamp in milliseconds."""
        del body, nonce
        values = (access_key, api_name, f"{now_seconds}000", "1.0.0")
        return {**dict(zip(_SIGNED, values, strict=True)), _SIGNATURE: _signature(values, secret)}


register(CsbScheme())
