"""Scheme `none`: requests are not signed, as on networks that end at a front machine in the institution."""

from typing import ClassVar

from yibao.domains.messages.keys import Material
from yibao.interfaces.gateway.schemes.base import Proof, Scheme, Signed, SignedRequest, register
from yibao.interfaces.gateway.schemes.keyring import Keyring


class NoScheme(Scheme):
    """Accepts every request; who may reach the access point is the network's business."""

    name: ClassVar[str] = "none"

    def verify(self, request: SignedRequest, keys: Keyring) -> Proof:
        """Accept, as whoever needs no key."""
        del request
        return Proof(keys.named(""))

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
        """No headers."""
        del access_key, material, now_ms, api_name, nonce, token
        return Signed({}, body)


register(NoScheme())
