"""Scheme `apikey` (Inner Mongolia): one header with a key that never changes.

Source: a public client of this province (third party), where all institutions send the same key. Whoever holds the key
may speak for any institution that holds it: give each its own where the region allows it.
"""

from typing import ClassVar, Final

from yibao.domains.messages.keys import Material
from yibao.interfaces.gateway.schemes.base import (
    Proof,
    Scheme,
    Signed,
    SignedRequest,
    UnknownAccessKeyError,
    register,
    required_headers,
)
from yibao.interfaces.gateway.schemes.keyring import Keyring

_HEADER: Final = "apikey"


class ApiKeyScheme(Scheme):
    """Header apikey; nothing is signed, nothing goes stale, and no repeat can be told from the first."""

    name: ClassVar[str] = "apikey"
    parts: ClassVar[tuple[str, ...]] = ("secret",)

    def verify(self, request: SignedRequest, keys: Keyring) -> Proof:
        """Look the key up."""
        (received,) = required_headers(request.headers, (_HEADER,))
        fitting = keys.holding(received)
        if not fitting:
            raise UnknownAccessKeyError(access_key=_HEADER)
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
        """The header."""
        del access_key, now_ms, api_name, nonce, token
        return Signed({_HEADER: material.secret}, body)


register(ApiKeyScheme())
