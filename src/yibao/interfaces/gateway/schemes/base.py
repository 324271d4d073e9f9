"""What a scheme of signing is, the refusals they share, and the registry of schemes by name.

A scheme may do three things, in this order: check the headers (`verify`), open the message (`open`: check a signature
inside it, decipher its input), and seal the answer (`Opened.seal`). Most do the first alone; then the other two cost
nothing. For clients, benches and tests each also makes what it accepts (`sign`).
"""

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, NamedTuple

from yibao.core.errors import YibaoError
from yibao.domains.messages.keys import Material
from yibao.interfaces.gateway.schemes.keyring import Keyring, KnownKey

Members = dict[str, Any]
Seal = Callable[[Members], Members]
"""Signs and ciphers the members of an answer; `output` is JSON text (msgspec.Raw) or None."""


class SchemeError(YibaoError):
    """A request that is not let in; answered with code 401 in the gateway's own shape."""

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


class MissingSignatureError(SchemeError):
    """The message carries no signature where its scheme wants one (cainfo)."""

    code: ClassVar[str] = "gateway.scheme.missing_signature"


class UndecipherableError(SchemeError):
    """The input says that it is cipher text, and no key opens it."""

    code: ClassVar[str] = "gateway.scheme.undecipherable"


class SignedRequest(NamedTuple):
    """What a scheme sees before the message is read; `charset` is the access point's."""

    headers: Mapping[str, str]
    body: bytes
    now_seconds: int
    window_seconds: int
    charset: str = "utf-8"


class Proof(NamedTuple):
    """Which keys a request proved to hold, and what lets in one message only (None: nothing does)."""

    keys: tuple[KnownKey, ...] = ()
    nonce: str | None = None


class Message(NamedTuple):
    """A message whose envelope was read: its JSON text, and the members that schemes look at; `input` is as sent."""

    text: bytes
    input: bytes
    institution: str
    cainfo: str | None
    enc_type: str | None
    sent_at_seconds: int
    now_seconds: int
    window_seconds: int


class Opened(NamedTuple):
    """A message as its sender meant it.

    `input` is plain JSON text; `digest` is of what was meant, so that the same message signed anew is the same; `seal`
    makes the answer fit, None where it stays plain.
    """

    proof: Proof
    input: bytes
    digest: bytes
    seal: Seal | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as a client sends it."""

    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Scheme:
    """One way of signing; a subclass says what it needs of a key and overrides what it does."""

    name: ClassVar[str]
    """The name that access points use."""
    parts: ClassVar[tuple[str, ...]] = ()
    """The parts of `Material` that its keys must have; a key without them is none here."""
    optional_parts: ClassVar[tuple[str, ...]] = ("sm4_key",)
    """Further parts that its keys may have."""
    signs_messages: ClassVar[bool] = False
    """Whether every message must be opened; else only one that says it is cipher text."""
    issues_tokens: ClassVar[bool] = False
    """Whether clients fetch a token first."""
    has_own_envelope: ClassVar[bool] = False
    """Whether its messages come in another envelope than that of the institution interface."""

    def verify(self, request: SignedRequest, keys: Keyring) -> Proof:
        """Check the headers of a request and say which keys it proved.

        :raises SchemeError: it is not let in.
        """
        raise NotImplementedError

    def open(self, message: Message, proof: Proof, keys: Keyring) -> Opened:
        """Check and decipher a message; asked of schemes that sign messages.

        :raises SchemeError: it is not let in.
        """
        raise NotImplementedError

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
        """Make the request that is let in, for clients and tests; `material.private_key` is the client's own here."""
        raise NotImplementedError


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


def proven(
    access_key: str, keys: Iterable[KnownKey], signature_by: Callable[[str], str], received: str
) -> tuple[KnownKey, ...]:
    """The keys of a name whose secret made the signature that was received; compared in constant time.

    :raises UnknownAccessKeyError: there is no key.
    :raises SignatureMismatchError: none of them made it.
    """
    known = tuple(keys)
    if not known:
        raise UnknownAccessKeyError(access_key=access_key[:64])
    fitting = tuple(
        key for key in known if hmac.compare_digest(signature_by(key.material.secret).encode(), received.encode())
    )
    if not fitting:
        raise SignatureMismatchError
    return fitting
