"""Keys made for an institution, or read from what it or the province hands over, as a scheme of signing needs them."""

import re
import secrets
from collections.abc import Callable, Mapping
from typing import ClassVar, Final

import msgspec

from yibao.core import sm2
from yibao.core.errors import YibaoError
from yibao.domains.messages.keys import Material
from yibao.interfaces.gateway.schemes.base import Scheme

_SIXTEEN_BYTES: Final = re.compile(r"[0-9a-f]{32}").fullmatch


class UnreadableMaterialError(YibaoError):
    """What was handed over is no key of this scheme: no JSON object of texts, or a part is missing or of another form."""

    code: ClassVar[str] = "keys.unreadable_material"


def made_material(scheme: Scheme, *, public_key: str | None = None) -> tuple[Material, dict[str, str]]:
    """A new key, and what of it the institution must be told.

    Where the scheme signs with SM2, the institution's public key is taken, or a pair is made for it; the platform's own
    pair is made, and its public half told.
    :raises sm2.UnreadableKeyError: the public key is none.
    """
    parts, told = {}, {}
    if "secret" in scheme.parts:
        parts["secret"] = told["secret"] = secrets.token_hex(16)
    if "password" in scheme.optional_parts:
        parts["username"] = told["username"] = f"u{secrets.token_hex(4)}"
        parts["password"] = told["password"] = secrets.token_urlsafe(12)
    if "public_key" in scheme.parts:
        if public_key is None:
            told["private_key"] = sm2.new_private_key()
            public_key = sm2.public_key_of(told["private_key"])
        parts["public_key"] = told["public_key"] = sm2.read_public_key(public_key)
        parts["private_key"] = sm2.new_private_key()
        told["platform_public_key"] = sm2.public_key_of(parts["private_key"])
    return Material(**parts), told


def read_material(scheme: Scheme, text: bytes) -> Material:
    """A key from a JSON object with its parts; keys of SM2 in any form.

    :raises UnreadableMaterialError: it is none of this scheme.
    :raises sm2.UnreadableKeyError: a part is no key of SM2.
    """
    try:
        material = _HANDED.decode(text)
    except msgspec.DecodeError as unreadable:
        raise UnreadableMaterialError(reason=str(unreadable)) from None
    read: Mapping[str, Callable[[str], str]] = {
        "public_key": sm2.read_public_key,
        "private_key": sm2.read_private_key,
        "sm4_key": _sm4_key,
    }
    parts = {name: read.get(name, str)(value) for name, value in msgspec.structs.asdict(material).items() if value}
    missing = [name for name in scheme.parts if name not in parts]
    if missing:
        raise UnreadableMaterialError(reason=f"missing: {', '.join(missing)}")
    return Material(**parts)


class _Handed(Material, frozen=True, forbid_unknown_fields=True):
    """A key as it is handed over; a word misspelt is refused."""


def _sm4_key(text: str) -> str:
    """A key of SM4 as it is kept."""
    if not _SIXTEEN_BYTES(text.lower()):
        raise UnreadableMaterialError(reason="sm4_key: 32 hexadecimal digits")
    return text.lower()


_HANDED: Final = msgspec.json.Decoder(_Handed)
