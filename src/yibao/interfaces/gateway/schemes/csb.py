"""Scheme `csb` of cloud service bus gateways (Jiangsu, Hunan, Hainan, Guangxi): HMAC-SHA1 over four headers.

Source: public clients of these provinces (third party). The body is not signed. A signature with milliseconds lets one
message in; one with whole seconds cannot, because all messages that a client sends within a second carry it.
"""

import base64
import hashlib
import hmac
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

_SIGNED: Final = ("_api_access_key", "_api_name", "_api_timestamp", "_api_version")
_SIGNATURE: Final = "_api_signature"
_MILLISECONDS_DIGITS: Final = 13


def _signature(values: tuple[str, ...], secret: str) -> str:
    """Base64 of HMAC-SHA1 over `name=value` pairs in the order of names, joined by `&`."""
    text = "&".join(f"{name}={value}" for name, value in zip(_SIGNED, values, strict=True))
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


class CsbScheme(Scheme):
    """Headers _api_name, _api_version, _api_timestamp (ms or s), _api_access_key, _api_signature."""

    name: ClassVar[str] = "csb"
    parts: ClassVar[tuple[str, ...]] = ("secret",)

    def verify(self, request: SignedRequest, keys: Keyring) -> Proof:
        """Check headers, timestamp, access key and signature, in this order."""
        *signed, received = required_headers(request.headers, (*_SIGNED, _SIGNATURE))
        access_key, _, timestamp, _ = signed
        check_timestamp(timestamp, now_seconds=request.now_seconds, window_seconds=request.window_seconds)
        values = tuple(signed)
        fitting = proven(access_key, keys.named(access_key), lambda secret: _signature(values, secret), received)
        return Proof(fitting, received if len(timestamp) == _MILLISECONDS_DIGITS else None)

    def sign(
        self,
        body: bytes,
        *,
        access_key: str,
        material: Material,
        now_ms: int,
        api_name: str = "yibao",
        nonce: str = "",
        token: str = "",
    ) -> Signed:
        """The five headers, the timestamp in milliseconds."""
        del nonce, token
        values = (access_key, api_name or "yibao", str(now_ms), "1.0.0")
        headers = {**dict(zip(_SIGNED, values, strict=True)), _SIGNATURE: _signature(values, material.secret)}
        return Signed(headers, body)


register(CsbScheme())
