"""SM2 signatures (GB/T 32918.2): made and checked over SM3, with the user identity that the parties agreed on.

The library signs digests; the digest Z, by which the identity enters, is computed here (see docs/decisions/0015). Keys
are texts: a private key 64 hex digits, a public key the 128 of its point; what clients and their tools write instead
(a leading 04, Base64, DER, PEM) is read too. A signature is 64 bytes, r and s.
"""

import base64
import binascii
import hashlib
from functools import lru_cache
from typing import Any, ClassVar, Final

from tongsuopy.backends.tongsuo.backend import backend as _tongsuo
from tongsuopy.crypto import serialization
from tongsuopy.crypto.asymciphers import ec
from tongsuopy.crypto.exceptions import InternalError, UnsupportedAlgorithm

from yibao.core.errors import YibaoError

DEFAULT_ID: Final = b"1234567812345678"
"""The user identity where nothing else was agreed (GM/T 0009)."""

SIGNATURE_BYTES: Final = 64
_SIZE: Final = 32
_ORDER: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_CURVE: Final = bytes.fromhex(
    "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC"  # a
    "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93"  # b
    "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"  # x of the base point
    "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"  # y
)
_DER_MAX: Final = 80
_Refusals: Final = (ValueError, TypeError, InternalError, UnsupportedAlgorithm)
_lib: Final[Any] = _tongsuo._lib  # noqa: SLF001  # signing a digest is in the binding, not in the classes: decision 15
_ffi: Final[Any] = _tongsuo._ffi  # noqa: SLF001


class UnreadableKeyError(YibaoError):
    """The text is no SM2 key: of another form, not on the curve, or zero."""

    code: ClassVar[str] = "sm2.unreadable_key"


class UnreadableSignatureError(YibaoError):
    """The text is no SM2 signature: neither hex nor Base64 of r and s or of their DER."""

    code: ClassVar[str] = "sm2.unreadable_signature"


def new_private_key() -> str:
    """A new private key."""
    return f"{ec.generate_private_key(ec.SM2()).private_numbers().private_value:064x}"


def public_key_of(private_key: str) -> str:
    """The public key that belongs to a private one.

    :raises UnreadableKeyError: it is none.
    """
    numbers = _signing(private_key).public_key().public_numbers()
    return f"{numbers.x:064x}{numbers.y:064x}"


def read_private_key(text: str) -> str:
    """A private key as it is kept here, from hex or Base64 of the number, or of DER, or from PEM.

    :raises UnreadableKeyError: it is none.
    """
    raw = _bytes_of(text)
    if len(raw) == _SIZE + 1 and raw[0] == 0:  # a sign byte, as Java's BigInteger writes it
        raw = raw[1:]
    if len(raw) == _SIZE:
        if not 0 < int.from_bytes(raw) < _ORDER - 1:
            raise UnreadableKeyError(part="private_key")
        return raw.hex()
    return f"{_loaded(serialization.load_der_private_key, raw, 'private_key').private_numbers().private_value:064x}"


def read_public_key(text: str) -> str:
    """A public key as it is kept here, from hex or Base64 of the point (with or without 04) or of DER, or from PEM.

    :raises UnreadableKeyError: it is none, or not on the curve.
    """
    raw = _bytes_of(text)
    if len(raw) == 2 * _SIZE + 1 and raw[0] == 4:
        raw = raw[1:]
    if len(raw) != 2 * _SIZE:
        numbers = _loaded(serialization.load_der_public_key, raw, "public_key").public_numbers()
        raw = numbers.x.to_bytes(_SIZE) + numbers.y.to_bytes(_SIZE)
    _checking(raw.hex())
    return raw.hex()


def _loaded(load: Any, der: bytes, part: str) -> Any:
    """What the library reads from DER."""
    try:
        key = load(der, None) if part == "private_key" else load(der)
    except _Refusals as unreadable:
        raise UnreadableKeyError(part=part) from unreadable
    if getattr(getattr(key, "curve", None), "name", "") != ec.SM2.name:
        raise UnreadableKeyError(part=part)
    return key


def _bytes_of(text: str) -> bytes:
    """The bytes of hex, Base64 or PEM; empty where it is none of them."""
    stripped = "".join(line.strip() for line in text.splitlines() if not line.startswith("-----"))
    try:
        return bytes.fromhex(stripped)
    except ValueError:
        pass
    try:
        return base64.b64decode(stripped, validate=True)
    except (binascii.Error, ValueError):
        return b""


def read_signature(text: str) -> bytes:
    """The 64 bytes of a signature from hex or Base64 of r and s, or of their DER.

    :raises UnreadableSignatureError: it is none.
    """
    raw = _bytes_of(text)
    if len(raw) == SIGNATURE_BYTES:
        return raw
    try:
        return _from_der(raw)
    except (IndexError, OverflowError):
        raise UnreadableSignatureError from None


def _from_der(der: bytes) -> bytes:
    """R and s out of a DER sequence of two numbers."""
    if len(der) < 2 or der[0] != 0x30 or der[1] != len(der) - 2:
        raise UnreadableSignatureError
    numbers, place = b"", 2
    for _ in range(2):
        length = der[place + 1]
        if der[place] != 0x02:
            raise UnreadableSignatureError
        numbers += int.from_bytes(der[place + 2 : place + 2 + length]).to_bytes(_SIZE)
        place += 2 + length
    if place != len(der):
        raise UnreadableSignatureError
    return numbers


def _to_der(signature: bytes) -> bytes:
    """A DER sequence of r and s."""
    numbers = b""
    for half in (signature[:_SIZE], signature[_SIZE:]):
        number = half.lstrip(b"\0") or b"\0"
        number = b"\0" + number if number[0] > 0x7F else number
        numbers += bytes((0x02, len(number))) + number
    return bytes((0x30, len(numbers))) + numbers


@lru_cache(maxsize=4096)
def identity_digest(public_key: str, user_id: bytes) -> bytes:
    """The digest Z of a user identity and a public key (GB/T 32918.2, 5.5)."""
    content = (len(user_id) * 8).to_bytes(2) + user_id + _CURVE + bytes.fromhex(public_key)
    return hashlib.new("sm3", content).digest()


def _digest(public_key: str, message: bytes, user_id: bytes) -> bytes:
    """What is signed for a message (e of the standard)."""
    return hashlib.new("sm3", identity_digest(public_key, user_id) + message).digest()


@lru_cache(maxsize=4096)
def _signing(private_key: str) -> Any:
    """The library's object for a private key."""
    try:
        return ec.derive_private_key(int(private_key, 16), ec.SM2())
    except _Refusals as unreadable:
        raise UnreadableKeyError(part="private_key") from unreadable


@lru_cache(maxsize=65_536)
def _checking(public_key: str) -> Any:
    """The library's object for a public key."""
    try:
        x, y = int(public_key[: 2 * _SIZE], 16), int(public_key[2 * _SIZE :], 16)
        return ec.EllipticCurvePublicNumbers(x, y, ec.SM2()).public_key()
    except _Refusals as unreadable:
        raise UnreadableKeyError(part="public_key") from unreadable


def sign(private_key: str, message: bytes, *, user_id: bytes = DEFAULT_ID) -> bytes:
    """The signature of a message, 64 bytes.

    :raises UnreadableKeyError: the key is none.
    """
    digest = _digest(_public_of(private_key), message, user_id)
    context = _context(_signing(private_key), _lib.EVP_PKEY_sign_init)
    room, length = _ffi.new("unsigned char[]", _DER_MAX), _ffi.new("size_t *", _DER_MAX)
    done = _lib.EVP_PKEY_sign(context, room, length, digest, len(digest))
    assert done == 1
    return _from_der(_ffi.buffer(room)[: length[0]])


@lru_cache(maxsize=4096)
def _public_of(private_key: str) -> str:
    """The public key of a private one, computed once."""
    return public_key_of(private_key)


def verify(public_key: str, message: bytes, signature: bytes, *, user_id: bytes = DEFAULT_ID) -> bool:
    """Whether the signature is of this message by the holder of the key.

    :raises UnreadableKeyError: the key is none.
    """
    if len(signature) != SIGNATURE_BYTES:
        return False
    digest, der = _digest(public_key, message, user_id), _to_der(signature)
    context = _context(_checking(public_key), _lib.EVP_PKEY_verify_init)
    fits: int = _lib.EVP_PKEY_verify(context, der, len(der), digest, len(digest))
    if fits != 1:
        _tongsuo._consume_errors()  # noqa: SLF001  # else the next caller of this thread would meet them
    return fits == 1


def _context(key: Any, begin: Any) -> Any:
    """A context of the library that signs or checks with a key."""
    context = _ffi.gc(_lib.EVP_PKEY_CTX_new(key._evp_pkey, _ffi.NULL), _lib.EVP_PKEY_CTX_free)  # noqa: SLF001
    done = begin(context)
    assert done == 1
    return context
