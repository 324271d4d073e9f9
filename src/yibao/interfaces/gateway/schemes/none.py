"""Scheme `none`: requests are not signed, as on networks that end at a front machine in the institution."""

from collections.abc import Mapping
from typing import Final

from yibao.interfaces.gateway.schemes.base import AccessKey, SecretOf, register


class NoScheme:
    """Accepts every request; who may reach the access point is the network's business."""

    name: Final = "none"

    def verify(
        self, headers: Mapping[str, str], body: bytes, *, secret_of: SecretOf, now_seconds: int, window_seconds: int
    ) -> AccessKey:
        """Accept, with the empty access key."""
        del headers, body, secret_of, now_seconds, window_seconds
        return AccessKey("")

    def sign(
        self, body: bytes, *, access_key: str, secret: str, now_seconds: int, api_name: str = "", nonce: str = ""
    ) -> dict[str, str]:
        """No headers."""
        del body, access_key, secret, now_seconds, api_name, nonce
        return {}


register(NoScheme())
