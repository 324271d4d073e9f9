"""Keys of institutions (接入密钥): kept sealed, several at a time, each from and until a moment, so that they rotate.

An institution may hold any number of keys at an access point. In the overlap of a rotation the old and the new one are
both in force. A key is never changed: a new secret is a new key, and the old one is retired.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, NamedTuple

import msgspec
from django.db import transaction
from django.db.models import Q

from yibao.core.errors import YibaoError
from yibao.domains.messages import vault
from yibao.domains.messages.models import Credential
from yibao.domains.reference.founding import found


class UnknownKeyError(YibaoError):
    """No key has this number."""

    code: ClassVar[str] = "keys.unknown"


class KeyRetiredError(YibaoError):
    """The key ended already."""

    code: ClassVar[str] = "keys.retired"


class Material(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a key consists of; each scheme of signing needs some of these parts and leaves the others empty."""

    secret: str = ""
    """Shared secret: of HMAC (csb, x-ca), token (tif), API key, client secret (oauth), appSecret."""
    username: str = ""
    """User name that is sent with the password for a token (oauth)."""
    password: str = ""
    public_key: str = ""
    """SM2: the institution's, which checks its signatures; 128 hex digits."""
    private_key: str = ""
    """SM2: the platform's, which signs the answers; 64 hex digits."""
    sm4_key: str = ""
    """Key of input and output where enc_type is SM4 and the scheme does not say which; 32 hex digits."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the parts that are there."""
        return tuple(name for name in self.__struct_fields__ if getattr(self, name))


_MATERIAL: Final = msgspec.json.Decoder(Material)
NOTHING = Material()
"""The key of an institution that signs nothing."""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key to be kept: whose, where, under which name, from and until when (None: without a limit)."""

    access_point_id: int
    institution_id: int
    access_key: str = ""
    material: Material = NOTHING
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class SealedKey(NamedTuple):
    """A key as it is kept, with the code of its institution."""

    institution_code: str
    access_point_id: int
    institution_id: int
    access_key: str
    sealed: bytes


class _Row(NamedTuple):
    """The columns of a key."""

    access_point_id: int
    institution_id: int
    access_key: str
    sealed: bytes
    valid_from: datetime | None
    valid_until: datetime | None


def _owner(access_point_id: int, institution_id: int, access_key: str) -> bytes:
    """What a secret belongs to: moved to another institution, place or name it does not open."""
    return f"key {access_point_id} {institution_id} {access_key}".encode()


def sealed_material(row: KeyRow) -> bytes:
    """The material of a key, sealed; nothing where there is nothing to hide.

    :raises NoMasterKeyError: it cannot be sealed.
    """
    if not row.material.parts:
        return b""
    owner = _owner(row.access_point_id, row.institution_id, row.access_key)
    return vault.seal(msgspec.json.encode(row.material), belongs_to=owner)


def _columns(row: KeyRow) -> _Row:
    """The columns of a key."""
    sealed = sealed_material(row)
    return _Row(row.access_point_id, row.institution_id, row.access_key, sealed, row.valid_from, row.valid_until)


def material_of(key: SealedKey | Credential) -> Material:
    """What a key consists of.

    :raises NoMasterKeyError, UnknownMasterKeyError: it cannot be opened.
    """
    sealed = bytes(key.sealed)
    if not sealed:
        return NOTHING
    plain = vault.unseal(sealed, belongs_to=_owner(key.access_point_id, key.institution_id, key.access_key))
    return _MATERIAL.decode(plain)


def add_key(row: KeyRow) -> Credential:
    """Keep a new key.

    :raises NoMasterKeyError: it cannot be sealed.
    """
    return Credential.objects.create(**_columns(row)._asdict())


def found_keys(*, rows: Sequence[KeyRow]) -> None:
    """Keep the keys of a whole register, its history spared.

    :raises NoMasterKeyError: they cannot be sealed.
    """
    found(model=Credential, rows=[_columns(row) for row in rows])


def key_with_id(credential_id: int) -> Credential:
    """The key of this number.

    :raises UnknownKeyError: there is none.
    """
    credential = Credential.objects.select_related("access_point", "institution").filter(pk=credential_id).first()
    if credential is None:
        raise UnknownKeyError(key=credential_id)
    return credential


@transaction.atomic
def retire_key(*, credential_id: int, at: datetime) -> Credential:
    """Let a key end at a moment, or earlier where it ends earlier.

    :raises UnknownKeyError: there is none of this number.
    :raises KeyRetiredError: it ended before that moment.
    """
    credential = Credential.objects.select_for_update().filter(pk=credential_id).first()
    if credential is None:
        raise UnknownKeyError(key=credential_id)
    if credential.valid_until is not None and credential.valid_until <= at:
        raise KeyRetiredError(key=credential_id)
    credential.valid_until = at
    credential.save(update_fields=["valid_until"])
    return credential


@transaction.atomic
def rotate_key(*, credential_id: int, material: Material, at: datetime, overlap_until: datetime) -> Credential:
    """Put a new key of the same name beside one, from now on; the old one goes on until the end of the overlap.

    :raises UnknownKeyError: there is none of this number.
    :raises KeyRetiredError: it ended already.
    """
    old = key_with_id(credential_id)
    if old.valid_until is not None and old.valid_until <= at:
        raise KeyRetiredError(key=credential_id)
    if old.valid_until is None or old.valid_until > overlap_until:
        retire_key(credential_id=credential_id, at=overlap_until)
    return add_key(
        KeyRow(old.access_point_id, old.institution_id, old.access_key, material, valid_from=at, valid_until=None)
    )


@transaction.atomic
def seal_anew() -> int:
    """Seal every key that is not under the newest master key anew, and give their number.

    :raises NoMasterKeyError, UnknownMasterKeyError: one cannot be opened; then nothing is changed.
    """
    count = 0
    for credential in Credential.objects.select_for_update().exclude(sealed=b"").order_by("pk"):
        if vault.is_newest(bytes(credential.sealed)):
            continue
        row = KeyRow(
            credential.access_point_id, credential.institution_id, credential.access_key, material_of(credential)
        )
        credential.sealed = sealed_material(row)
        credential.save(update_fields=["sealed"])
        count += 1
    return count


def keys_listed(*, path_prefix: str | None, institution: str | None, at: datetime | None) -> Sequence[Credential]:
    """Keys with their access points and institutions; those that ended before a moment only where none is given."""
    found = Credential.objects.select_related("access_point", "institution").order_by("pk")
    if path_prefix is not None:
        found = found.filter(access_point__path_prefix=path_prefix)
    if institution is not None:
        found = found.filter(institution__code=institution)
    return list(found if at is None else found.filter(Q(valid_until=None) | Q(valid_until__gt=at)))


def keys_in_force(*, access_point_ids: Iterable[int], at: datetime) -> list[SealedKey]:
    """The keys that access points accept at a moment, in the order of their numbers."""
    rows = (
        Credential.objects.filter(
            Q(valid_from=None) | Q(valid_from__lte=at),
            Q(valid_until=None) | Q(valid_until__gt=at),
            access_point_id__in=list(access_point_ids),
        )
        .order_by("pk")
        .values_list("institution__code", "access_point_id", "institution_id", "access_key", "sealed")
    )
    return [SealedKey(*row[:4], bytes(row[4])) for row in rows]
