"""The keys of codes: made, retired, sealed anew; and the ring of them that a process remembers for seconds."""

import secrets
from datetime import datetime, timedelta
from typing import ClassVar, Final

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.domains.messages import vault
from yibao.domains.vouchers.codes import CodeSecret, secret_of
from yibao.domains.vouchers.models import CodeKey

FRESH: Final = timedelta(seconds=5)
"""How long a process goes on with the keys that it has read: a retired key is refused everywhere after that."""
_SECRET_BYTES: Final = 32


class UnknownCodeKeyError(YibaoError):
    """No key of voucher codes in force has this number."""

    code: ClassVar[str] = "vouchers.unknown_key"


def _owner(number: int) -> bytes:
    """What a sealed secret belongs to."""
    return f"voucher code key {number}".encode()


def _opened(key: CodeKey) -> CodeSecret:
    return secret_of(key.pk, vault.unseal(bytes(key.sealed), belongs_to=_owner(key.pk)))


@transaction.atomic
def make_key(*, at: datetime) -> CodeKey:
    """Make a new key; from now on codes are made with it, and those of earlier keys go on to be good.

    :raises yibao.domains.messages.vault.NoMasterKeyError: it cannot be sealed.
    """
    key = CodeKey.objects.create(sealed=b"", made_at=at)
    key.sealed = vault.seal(secrets.token_bytes(_SECRET_BYTES), belongs_to=_owner(key.pk))
    key.save(update_fields=["sealed"])
    return key


def retire_key(*, number: int, at: datetime) -> None:
    """Let a key end: its codes are forged from then on.

    :raises UnknownCodeKeyError: none in force has this number.
    """
    if not CodeKey.objects.filter(pk=number, retired_at=None).update(retired_at=at):
        raise UnknownCodeKeyError(key=number)


@transaction.atomic
def seal_anew() -> int:
    """Seal every key that is not under the newest master key anew, and give their number.

    :raises yibao.domains.messages.vault.NoMasterKeyError, yibao.domains.messages.vault.UnknownMasterKeyError: one
        cannot be opened; then nothing is changed.
    """
    stale = [k for k in CodeKey.objects.select_for_update().order_by("pk") if not vault.is_newest(bytes(k.sealed))]
    for key in stale:
        plain = vault.unseal(bytes(key.sealed), belongs_to=_owner(key.pk))
        key.sealed = vault.seal(plain, belongs_to=_owner(key.pk))
        key.save(update_fields=["sealed"])
    return len(stale)


def newest_secret(*, at: datetime) -> CodeSecret:
    """The key that codes are made with; the very first one is made by whoever asks first.

    :raises yibao.domains.messages.vault.NoMasterKeyError: there is no master key.
    """
    key = CodeKey.objects.filter(retired_at=None).order_by("-pk").first() or make_key(at=at)
    return ring.remember(key)


class KeyRing:
    """The keys in force as this process read them last."""

    def __init__(self) -> None:
        self._secrets: dict[int, CodeSecret] = {}
        self._sealed: dict[int, bytes] = {}
        self._read_at: datetime | None = None

    def find(self, number: int, *, now: datetime) -> CodeSecret | None:
        """The key of this number, if it is in force; keys are read anew after a few seconds, and for an unknown number."""
        is_fresh = self._read_at is not None and timedelta(0) <= now - self._read_at < FRESH
        if not is_fresh or number not in self._secrets:
            self._read(now)
        return self._secrets.get(number)

    def remember(self, key: CodeKey) -> CodeSecret:
        """Open a key once and keep it at hand."""
        if self._sealed.get(key.pk) != bytes(key.sealed):
            self._secrets[key.pk] = _opened(key)
            self._sealed[key.pk] = bytes(key.sealed)
        return self._secrets[key.pk]

    def _read(self, now: datetime) -> None:
        keys = list(CodeKey.objects.filter(retired_at=None))
        self._secrets = {key.pk: self.remember(key) for key in keys}
        self._sealed = {key.pk: bytes(key.sealed) for key in keys}
        self._read_at = now


ring: Final = KeyRing()
"""The ring of this process."""
