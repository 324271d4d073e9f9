"""What a scheme of signing is, the refusals they share, and the registry of schemes by name."""

import hmac
from collections.abc import Callable, Mapping
from typing import ClassVar, Final, NewType, Protocol

from yibao.core.errors import YibaoError

AccessKey = NewType("AccessKey", str)
"""The name under which an institution holds its secret (公钥标识); empty under the scheme `none`."""

SecretOf = Callable[[str], str | None]
"""Looks up the secret of an access key; None when the key is unknown or closed."""


class SchemeError(YibaoError):
    """A request whose signature is not accepted; answered with code 401 in the gateway's own shape."""

    code: ClassVar[str] = "gateway.scheme"


class MissingHeaderError(SchemeError):
    """A header of the scheme is missing or empty."""

    code: ClassVar[str] = "gateway.scheme.missing_header"


class StaleTimestampError(SchemeError):
    """The timestamp is no time, or further from the clock than the window."""

    code: ClassVar[str] = "gateway.scheme.stale_timestamp"


class UnknownAccessKeyError(SchemeError):
    """No secret is known for the access key."""

    code: ClassVar[str] = "gateway.scheme.unknown_access_key"


class SignatureMismatchError(SchemeError):
    """The signature is not the one the secret makes."""

    code: ClassVar[str] = "gateway.scheme.signature_mismatch"


class Scheme(Protocol):
    """One way of signing requests in HTTP headers."""

    @property
    def name(self) -> str:
        """The name that access points use."""
        ...

    def verify(
        self, headers: Mapping[str, str], body: bytes, *, secret_of: SecretOf, now_seconds: int, window_seconds: int
    ) -> AccessKey:
        """Check a request and give the access key that signed it.

        :raises SchemeError: one of its four kinds.
        """
        ...

    def sign(
        self, body: bytes, *, access_key: str, secret: str, now_seconds: int, api_name: str = "", nonce: str = ""
    ) -> dict[str, str]:
        """Make the headers that `verify` accepts, for clients and tests."""
        ...


SCHEMES: Final[dict[str, Scheme]] = {}
"""The schemes by name, as access points name them."""


def register(scheme: Scheme) -> None:
    """Add a scheme; its name must be new."""
    assert scheme.name not in SCHEMES
    SCHEMES[scheme.name] = scheme


def required_headers(headers: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, ...]:
    """The values of these headers; case does not matter, nor does `-` for `_` (WSGI servers fold the two).

    :raises MissingHeaderError: one is missing or empty.
    """
    folded = {name.lower().replace("_", "-"): value.strip() for name, value in headers.items()}
    values = tuple(folded.get(name.lower().replace("_", "-").strip(), "") for name in names)
    for name, value in zip(names, values, strict=True):
        if not value:
            raise MissingHeaderError(header=name)
    return values


def check_timestamp(text: str, *, now_seconds: int, window_seconds: int) -> None:
    """Insist on a timestamp of 10 digits (seconds) or 13 (milliseconds) within the window on either side of now.

    :raises StaleTimestampError: it is not.
    """
    seconds = int(text[:10]) if text.isascii() and text.isdigit() and len(text) in {10, 13} else None
    if seconds is None or abs(now_seconds - seconds) > window_seconds:
        raise StaleTimestampError(timestamp=text[:20])


def check_signature(expected: str, received: str) -> None:
    """Compare in constant time.

    :raises SignatureMismatchError: they differ.
    """
    if not hmac.compare_digest(expected.encode(), received.encode()):
        raise SignatureMismatchError


def known_secret(access_key: str, secret_of: SecretOf) -> str:
    """The secret of an access key.

    :raises UnknownAccessKeyError: there is none.
    """
    secret = secret_of(access_key)
    if secret is None:
        raise UnknownAccessKeyError(access_key=access_key[:64])
    return secret
