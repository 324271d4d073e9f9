"""The code that a voucher is shown as (凭证二维码): made and checked without a database, in microseconds.

`EC` and Base32 of 30 bytes: number of the key (2), one block of SM4 (16), a tag of HMAC-SM3 (12). The block holds the
second it was made (4), the number of the voucher (5) and a random serial (7). See docs/decisions/0024.
"""

import base64
import binascii
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from yibao.core.errors import YibaoError

LIFE: Final = timedelta(seconds=60)
"""How long a code may be shown (our default)."""
SKEW: Final = timedelta(seconds=5)
"""How far the clocks of two servers may differ."""

_PREFIX: Final = "EC"
_SHAPE: Final = re.compile(r"EC[A-Z2-7]{48}")
_KEY_BYTES: Final = 2
_TIME_BYTES: Final = 4
_VOUCHER_BYTES: Final = 5
_SERIAL_BYTES: Final = 7
_TAG_BYTES: Final = 12
_CIPHER_KEY_BYTES: Final = 16


class ForgedVoucherError(YibaoError):
    """The code was not made by this platform, or was changed since (凭证伪造)."""

    code: ClassVar[str] = "vouchers.forged"


class ExpiredVoucherError(YibaoError):
    """The time of the code is over (凭证已过期)."""

    code: ClassVar[str] = "vouchers.expired"


@dataclass(frozen=True, slots=True)
class CodeSecret:
    """A key of codes as it is used: its number, the key of the block and the key of the tag."""

    number: int
    cipher_key: bytes
    tag_key: bytes


@dataclass(frozen=True, slots=True)
class Code:
    """A code as it is shown, and until when."""

    text: str
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """What a genuine code says: number of the voucher in the register, serial of the code, from and until when it counts."""

    voucher_id: int
    serial: int
    made_at: datetime
    expires_at: datetime


def secret_of(number: int, plain: bytes) -> CodeSecret:
    """The two keys that belong to a secret."""
    return CodeSecret(
        number,
        hmac.digest(plain, b"yibao: block of a voucher code", "sm3")[:_CIPHER_KEY_BYTES],
        hmac.digest(plain, b"yibao: tag of a voucher code", "sm3"),
    )


def is_code(text: str) -> bool:
    """Whether this has the shape of a code; whether it is genuine is another question."""
    return _SHAPE.fullmatch(text) is not None


def make_code(secret: CodeSecret, *, voucher_id: int, now: datetime) -> Code:
    """Make a new code for a voucher of the register; it lives from the running second."""
    made_at = now.replace(microsecond=0)
    plain = (
        int(made_at.timestamp()).to_bytes(_TIME_BYTES)
        + voucher_id.to_bytes(_VOUCHER_BYTES)
        + secrets.token_bytes(_SERIAL_BYTES)
    )
    working = Cipher(algorithms.SM4(secret.cipher_key), modes.ECB()).encryptor()  # noqa: S305  # one block, random inside
    sealed = secret.number.to_bytes(_KEY_BYTES) + working.update(plain) + working.finalize()
    raw = sealed + _tag(secret, sealed)
    return Code(_PREFIX + base64.b32encode(raw).decode(), made_at, made_at + LIFE)


def key_number(text: str) -> int:
    """The number of the key that a code names.

    :raises ForgedVoucherError: this is no code.
    """
    return int.from_bytes(_bytes_of(text)[:_KEY_BYTES])


def read_code(secret: CodeSecret, text: str, *, now: datetime) -> Proof:
    """What a code says, once its tag is found right; whether its time is over is left to the reader.

    :raises ForgedVoucherError: tag or shape are wrong, or it was made after now.
    """
    raw = _bytes_of(text)
    sealed = raw[:-_TAG_BYTES]
    if not hmac.compare_digest(raw[-_TAG_BYTES:], _tag(secret, sealed)):
        raise ForgedVoucherError(field="mdtrt_cert_no")
    working = Cipher(algorithms.SM4(secret.cipher_key), modes.ECB()).decryptor()  # noqa: S305  # as above
    plain = working.update(sealed[_KEY_BYTES:]) + working.finalize()
    made_at = datetime.fromtimestamp(int.from_bytes(plain[:_TIME_BYTES]), UTC)
    if made_at > now + SKEW:
        raise ForgedVoucherError(field="mdtrt_cert_no")
    voucher_id = int.from_bytes(plain[_TIME_BYTES : _TIME_BYTES + _VOUCHER_BYTES])
    return Proof(voucher_id, int.from_bytes(plain[-_SERIAL_BYTES:]), made_at, made_at + LIFE)


def _tag(secret: CodeSecret, sealed: bytes) -> bytes:
    return hmac.digest(secret.tag_key, sealed, "sm3")[:_TAG_BYTES]


def _bytes_of(text: str) -> bytes:
    """The thirty bytes of a code."""
    try:
        if is_code(text):
            return base64.b32decode(text[len(_PREFIX) :])
    except binascii.Error:
        pass
    raise ForgedVoucherError(field="mdtrt_cert_no")
