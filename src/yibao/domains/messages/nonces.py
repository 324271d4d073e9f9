"""Nonces that let one message in: claimed by it, kept while a repeat could still be fresh, then forgotten."""

from datetime import datetime
from typing import Final

from yibao.domains import storage
from yibao.domains.storage import Raw, Write, ask

USED_ONCE: Final = "message_store_usednonce_pkey"
"""The constraint that refuses the second use of a nonce."""

MARK_DIGITS: Final = 32
"""Hexadecimal digits of the mark of a nonce."""


def nonce_used(*, mark: str, digest: bytes, used_until: datetime) -> Write:
    """The write that notes the use of a nonce with what its message does; a second one fails the transaction."""
    return Write(
        "nonce",
        "INSERT INTO message_store_usednonce (mark, digest, used_until) SELECT %s::uuid, %s, %s /*from each*/",
        (mark, digest, used_until),
    )


def claim_nonce(*, mark: str, digest: bytes, used_until: datetime, now: datetime) -> bool:
    """Note the use of a nonce by itself; false when another message used it and it is not forgotten yet.

    The commit is not waited for: what is lost with the server's last moments is a note on a message that changed nothing.
    """
    with storage.reading() as raw:
        claimed = ask(
            raw,
            "INSERT INTO message_store_usednonce AS used (mark, digest, used_until)"
            " SELECT %s::uuid, %s, %s FROM (SELECT set_config('synchronous_commit', 'off', true)) AS quickly"
            " ON CONFLICT (mark) DO UPDATE SET digest = EXCLUDED.digest, used_until = EXCLUDED.used_until"
            " WHERE used.used_until <= %s OR used.digest = EXCLUDED.digest RETURNING mark",
            (mark, digest, used_until, now),
        )
        return claimed.fetchone() is not None


def forget_nonces(raw: Raw, *, now: datetime) -> None:
    """Forget the nonces whose requests would be stale by now."""
    ask(raw, "DELETE FROM message_store_usednonce WHERE used_until <= %s", (now,))
