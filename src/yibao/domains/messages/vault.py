"""The vault (密钥保险箱): what must stay secret in the database is sealed with SM4-GCM under a master key (主密钥).

The master keys come from the environment (YIBAO_MASTER_KEY), the newest first; an embedded installation makes and keeps
its own. What was sealed names its master key by a fingerprint, so that a new one may be put before the old, and what is
kept be sealed anew while the gateway goes on (docs/keys.md).
"""

import hmac
import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings

from yibao.core.errors import YibaoError

MASTER_KEY_LETTERS_MIN: Final = 32
"""A master key is a text of at least so many characters; `yibao keys master` prints one of 43."""

_FORM: Final = b"\x01"
_FINGERPRINT_BYTES: Final = 4
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_KEY_BYTES: Final = 16
_SEALED_FROM: Final = len(_FORM) + _FINGERPRINT_BYTES + _NONCE_BYTES


class NoMasterKeyError(YibaoError):
    """Secrets are to be sealed or opened, and no master key is named: a server of one's own needs YIBAO_MASTER_KEY."""

    code: ClassVar[str] = "keys.no_master_key"


class ShortMasterKeyError(YibaoError):
    """A master key is too short to be one."""

    code: ClassVar[str] = "keys.short_master_key"


class UnknownMasterKeyError(YibaoError):
    """A secret was sealed under a master key that is not named any more, or was changed since."""

    code: ClassVar[str] = "keys.unknown_master_key"


@dataclass(frozen=True, slots=True)
class _MasterKey:
    """A master key as it is used: what names it, and the key of the cipher."""

    fingerprint: bytes
    key: bytes


@lru_cache(maxsize=16)
def _derived(text: str) -> _MasterKey:
    """The key of the cipher and the fingerprint that belong to a master key."""
    if len(text) < MASTER_KEY_LETTERS_MIN:
        raise ShortMasterKeyError(least=MASTER_KEY_LETTERS_MIN)
    key = text.encode()
    return _MasterKey(
        hmac.digest(key, b"yibao: fingerprint of a master key", "sm3")[:_FINGERPRINT_BYTES],
        hmac.digest(key, b"yibao: secrets at rest", "sm3")[:_KEY_BYTES],
    )


def _master_keys() -> tuple[_MasterKey, ...]:
    """The master keys, the newest first.

    :raises NoMasterKeyError: there is none.
    :raises ShortMasterKeyError: one is too short.
    """
    keys = tuple(_derived(text) for text in settings.MASTER_KEYS)
    if not keys:
        raise NoMasterKeyError
    return keys


def new_master_key() -> str:
    """A new master key, to be put before the present one."""
    return secrets.token_urlsafe(32)


def check() -> None:
    """Refuse to go on without a usable master key.

    :raises NoMasterKeyError: there is none.
    :raises ShortMasterKeyError: one is too short.
    """
    _master_keys()


def seal(plain: bytes, *, belongs_to: bytes) -> bytes:
    """Seal some bytes under the newest master key; they open only together with what they belong to.

    :raises NoMasterKeyError: there is none.
    """
    master = _master_keys()[0]
    nonce = secrets.token_bytes(_NONCE_BYTES)
    working = Cipher(algorithms.SM4(master.key), modes.GCM(nonce)).encryptor()
    working.authenticate_additional_data(belongs_to)
    return _FORM + master.fingerprint + nonce + working.update(plain) + working.finalize() + working.tag


def unseal(sealed: bytes, *, belongs_to: bytes) -> bytes:
    """The bytes that were sealed.

    :raises NoMasterKeyError: there is no master key.
    :raises UnknownMasterKeyError: none of them sealed it, or it was changed, or moved to where it does not belong.
    """
    fingerprint = sealed[len(_FORM) : len(_FORM) + _FINGERPRINT_BYTES]
    nonce = sealed[len(_FORM) + _FINGERPRINT_BYTES : _SEALED_FROM]
    for master in _master_keys():
        if master.fingerprint == fingerprint:
            working = Cipher(algorithms.SM4(master.key), modes.GCM(nonce, sealed[-_TAG_BYTES:])).decryptor()
            working.authenticate_additional_data(belongs_to)
            try:
                return working.update(sealed[_SEALED_FROM:-_TAG_BYTES]) + working.finalize()
            except InvalidTag:
                break
    raise UnknownMasterKeyError(fingerprint=fingerprint.hex())


def is_newest(sealed: bytes) -> bool:
    """Whether something is sealed under the newest master key.

    :raises NoMasterKeyError: there is none.
    """
    return sealed.startswith(_FORM + _master_keys()[0].fingerprint)
