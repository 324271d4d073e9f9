"""SM4 in blocks (GB/T 32907, ECB with PKCS7), as the interfaces of several provinces prescribe it.

The mode hides no patterns and does not notice changes: signatures have to do that. Secrets of our own are sealed otherwise.
"""

from functools import lru_cache
from typing import ClassVar, Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from yibao.core.errors import YibaoError

KEY_BYTES: Final = 16
_BLOCK: Final = 16


class UnreadableCipherError(YibaoError):
    """The bytes are no cipher text of this key: of another length, or padded otherwise."""

    code: ClassVar[str] = "sm4.unreadable_cipher"


@lru_cache(maxsize=4096)
def _cipher(key: bytes) -> Cipher[modes.ECB]:
    """The cipher of a key."""
    return Cipher(algorithms.SM4(key), modes.ECB())  # noqa: S305  # the interfaces prescribe it


def encrypt(key: bytes, plain: bytes) -> bytes:
    """The cipher text of some bytes under a key of 16 bytes."""
    padding = _BLOCK - len(plain) % _BLOCK
    working = _cipher(key).encryptor()
    return working.update(plain + bytes((padding,)) * padding) + working.finalize()


def decrypt(key: bytes, sealed: bytes) -> bytes:
    """The bytes that a cipher text hides under a key of 16 bytes.

    :raises UnreadableCipherError: it hides none.
    """
    if not sealed or len(sealed) % _BLOCK:
        raise UnreadableCipherError(length=len(sealed))
    working = _cipher(key).decryptor()
    plain = working.update(sealed) + working.finalize()
    padding = plain[-1]
    if not 0 < padding <= _BLOCK or plain[-padding:] != bytes((padding,)) * padding:
        raise UnreadableCipherError(length=len(sealed))
    return plain[:-padding]
