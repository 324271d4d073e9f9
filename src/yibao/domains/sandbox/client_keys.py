"""The clients' halves of SM2 key pairs in a sandbox, where the platform signs in the place of its clients.

In earnest an institution keeps its private key to itself. A sandbox derives it from the platform's private key of the same
credential, so that nothing more has to be kept, and the console can show it to whoever tries the scheme.
"""

import hashlib
from typing import Final

from msgspec.structs import replace

from yibao.core.sm2 import UnreadableKeyError, public_key_of
from yibao.domains.messages.keys import Material

_ATTEMPTS: Final = 8


def client_private_key(platform_private_key: str) -> str:
    """The client's private key that belongs to a platform's in a sandbox, 64 hex digits."""
    digest = bytes.fromhex(platform_private_key)
    for _ in range(_ATTEMPTS):
        digest = hashlib.sha256(b"client of the sandbox" + digest).digest()
        try:
            public_key_of(digest.hex())
        except UnreadableKeyError:
            continue  # one of 2**32 digests is no number below the curve's order
        return digest.hex()
    raise AssertionError


def paired(platform: Material) -> Material:
    """The platform's material with the public key of the client's derived private one."""
    assert platform.private_key
    return replace(platform, public_key=public_key_of(client_private_key(platform.private_key)))


def as_client(platform: Material) -> Material | None:
    """What the client of a key holds: its own private key and the platform's public one; None where it cannot be known."""
    if not platform.private_key:
        return platform
    private_key = client_private_key(platform.private_key)
    if public_key_of(private_key) != platform.public_key:
        return None
    return replace(platform, private_key=private_key, public_key=public_key_of(platform.private_key))
