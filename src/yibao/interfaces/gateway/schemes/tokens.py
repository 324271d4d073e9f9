"""Bearer tokens of the scheme `oauth`: they say whose they are and until when, under a seal that every process checks.

Nothing is kept: the seal is HMAC-SM3 under a key that only the platform has (the private key of the institution's answers),
together with the client's secret, so that a token ends with the key it was given for.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import ClassVar, Final
from urllib.parse import parse_qs

import msgspec

from yibao.domains.messages.keys import Material
from yibao.interfaces.gateway.schemes.base import (
    MissingHeaderError,
    SchemeError,
    SignatureMismatchError,
    UnknownAccessKeyError,
    required_headers,
)
from yibao.interfaces.gateway.schemes.keyring import Keyring, KnownKey

TOKEN_PATH: Final = "/auth/oauth/token"  # noqa: S105  # a path
"""Where clients fetch tokens: below the prefix of the access point, or at the root."""

_AUTHORIZATION: Final = "Authorization"
_EXPIRY_BYTES: Final = 8
_SEAL_BYTES: Final = 32


class StaleTokenError(SchemeError):
    """The token has expired."""

    code: ClassVar[str] = "gateway.scheme.stale_token"


class UnknownGrantError(SchemeError):
    """A token was asked for in a way that is not offered."""

    code: ClassVar[str] = "gateway.scheme.unknown_grant"


def _seal(key: KnownKey, content: bytes) -> bytes:
    """What makes a token ours."""
    secret = hashlib.new("sm3", key.material.secret.encode()).digest()
    return hmac.digest(bytes.fromhex(key.material.private_key), b"token" + secret + content, "sm3")


def token_for(key: KnownKey, *, until_seconds: int) -> str:
    """A token of a key that is accepted until a moment."""
    content = until_seconds.to_bytes(_EXPIRY_BYTES) + key.access_key.encode()
    return base64.urlsafe_b64encode(_seal(key, content) + content).decode().rstrip("=")


def holders(token: str, keys: Keyring, *, now_seconds: int) -> tuple[KnownKey, ...]:
    """The keys for which a token was given.

    :raises UnknownAccessKeyError: it is none of ours, or its key has ended.
    :raises StaleTokenError: it has expired.
    """
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        seal, content = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
        access_key = content[_EXPIRY_BYTES:].decode()
    except (binascii.Error, ValueError):
        raise UnknownAccessKeyError(access_key="") from None
    known = tuple(key for key in keys.named(access_key) if hmac.compare_digest(_seal(key, content), seal))
    if not known:
        raise UnknownAccessKeyError(access_key=access_key[:64])
    if int.from_bytes(content[:_EXPIRY_BYTES]) <= now_seconds:
        raise StaleTokenError
    return known


def bearer_of(headers: Mapping[str, str]) -> str:
    """The token of a request.

    :raises MissingHeaderError: there is none.
    """
    return _credentials(headers, "bearer")


def client_of(headers: Mapping[str, str]) -> tuple[str, str]:
    """The client's number and secret that ask for a token.

    :raises MissingHeaderError: they are missing.
    """
    try:
        text = base64.b64decode(_credentials(headers, "basic"), validate=True).decode()
    except (binascii.Error, ValueError):
        raise MissingHeaderError(header=_AUTHORIZATION) from None
    client_id, _, secret = text.partition(":")
    return client_id, secret


def _credentials(headers: Mapping[str, str], kind: str) -> str:
    """What follows the kind of authorization in the header."""
    (value,) = required_headers(headers, (_AUTHORIZATION,))
    sent, _, rest = value.partition(" ")
    if sent.lower() != kind or not rest.strip():
        raise MissingHeaderError(header=_AUTHORIZATION)
    return rest.strip()


def answer_with_token(
    headers: Mapping[str, str], body: bytes, keys: Keyring, *, now_seconds: int, token_seconds: int
) -> bytes:
    """The answer to a client that asks for a token: number and secret in the header, user name and password in a form.

    :raises MissingHeaderError, UnknownAccessKeyError, SignatureMismatchError, UnknownGrantError: it gets none.
    """
    client_id, secret = client_of(headers)
    form = {name: values[0] for name, values in parse_qs(body.decode(errors="replace"), keep_blank_values=True).items()}
    if form.get("grant_type", "password") != "password":
        raise UnknownGrantError(grant=form["grant_type"][:40])
    known = keys.named(client_id)
    if not known:
        raise UnknownAccessKeyError(access_key=client_id[:64])
    sent = Material(secret, form.get("username", ""), form.get("password", ""))
    key = next((key for key in reversed(known) if _fits(key.material, sent)), None)
    if key is None:
        raise SignatureMismatchError
    return msgspec.json.encode(
        {
            "access_token": token_for(key, until_seconds=now_seconds + token_seconds),
            "token_type": "bearer",
            "expires_in": token_seconds,
            "scope": form.get("scope", ""),
        }
    )


def _fits(kept: Material, sent: Material) -> bool:
    """Whether secret, user name and password are those of the key; all are compared, in constant time."""
    pairs = ((kept.secret, sent.secret), (kept.username, sent.username), (kept.password, sent.password))
    return all([hmac.compare_digest(one.encode(), other.encode()) for one, other in pairs])  # noqa: C419  # none is left out
