"""What a prescription's signatures are made over, and whose keys make them (SM2 over SM3, user identity by default).

The text is JSON with its names in order, without blanks and without what is empty, so that every system writes the same:
`docs/prescriptions.md` says its members. Source: none is published for what practitioners sign; our default.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from yibao.core import sm2
from yibao.core.errors import YibaoError
from yibao.domains.messages import vault
from yibao.domains.prescriptions.models import SigningKey

_BEIJING: Final = ZoneInfo("Asia/Shanghai")
_EMPTY: Final[tuple[object, ...]] = (None, "", [], {})


class SignatureRefusedError(YibaoError):
    """The signature is not of this prescription by a key of this practitioner (电子签名验证不通过)."""

    code: ClassVar[str] = "prescriptions.signature_refused"


class NoKeyHereError(YibaoError):
    """The platform keeps no key by which it could sign in the practitioner's place."""

    code: ClassVar[str] = "prescriptions.no_key_here"


def canonical(value: Mapping[str, Any]) -> str:
    """JSON with names in order, without blanks, without what is empty."""
    return json.dumps(_full(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _full(value: Any) -> Any:
    """A value without what is empty in it."""
    if isinstance(value, Mapping):
        inner = {name: _full(each) for name, each in value.items()}
        return {name: each for name, each in inner.items() if each not in _EMPTY}
    return [_full(each) for each in value] if isinstance(value, Sequence) and not isinstance(value, str) else value


def moment_text(moment: datetime) -> str:
    """A moment as prescriptions write it, by Beijing's clock."""
    return f"{moment.astimezone(_BEIJING):%Y-%m-%d %H:%M:%S}"


def quantity_text(quantity_e4: int) -> str:
    """A quantity without needless zeros."""
    whole, rest = divmod(quantity_e4, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".")


def _keys(signer: Q, at: datetime) -> list[SigningKey]:
    """The keys of a signer that count at a moment, the newest first."""
    in_force = Q(valid_until=None) | Q(valid_until__gt=at)
    return list(SigningKey.objects.filter(signer, in_force, valid_from__lte=at).order_by("-pk"))


def check_signature(*, practitioner_id: int, text: str, signature: str, at: datetime, field: str) -> tuple[str, str]:
    """The public key and the signature's 128 hex digits, when a key of the practitioner made it over this text.

    :raises SignatureRefusedError: none did.
    """
    try:
        raw = sm2.read_signature(signature)
    except sm2.UnreadableSignatureError:
        raise SignatureRefusedError(field=field) from None
    for key in _keys(Q(practitioner_id=practitioner_id), at):
        if sm2.verify(key.public_key, text.encode(), raw):
            return key.public_key, raw.hex()
    raise SignatureRefusedError(field=field)


def sign_here(*, practitioner_id: int, text: str, at: datetime) -> tuple[str, str]:
    """The public key and the signature that the platform makes in a practitioner's place (云签名).

    :raises NoKeyHereError: no private key of the practitioner is kept here.
    :raises NoMasterKeyError, UnknownMasterKeyError: it cannot be opened.
    """
    for key in _keys(Q(practitioner_id=practitioner_id), at):
        if bytes(key.sealed):
            return key.public_key, _signed(key, text)
    raise NoKeyHereError


@dataclass(frozen=True, slots=True)
class Sealed:
    """A text under an institution's seal: public key, signature of 128 hex digits, serial and name of the certificate."""

    public_key: str
    signature: str
    certificate_number: str
    certificate_name: str

    @property
    def signature_base64(self) -> str:
        """The signature as messages carry it."""
        return base64.b64encode(bytes.fromhex(self.signature)).decode()


def seal_text(*, institution_id: int, name: str, text: str, at: datetime) -> Sealed:
    """Sign a text by the platform's key for an institution (医保电子签名); the first time one is made.

    :raises NoMasterKeyError, UnknownMasterKeyError: the key cannot be kept or opened.
    """
    keys = [key for key in _keys(Q(institution_id=institution_id), at) if bytes(key.sealed)]
    key = keys[0] if keys else keep_key(institution_id=institution_id, public_key=None, at=at, certificate_name=name)
    number = key.certificate_number or hashlib.new("sm3", bytes.fromhex(key.public_key)).hexdigest()[:40]
    return Sealed(key.public_key, _signed(key, text), number, key.certificate_name or name)


def _signed(key: SigningKey, text: str) -> str:
    """The signature of a text by a private key that is kept here."""
    private = vault.unseal(bytes(key.sealed), belongs_to=_owner(key.practitioner_id, key.institution_id)).decode()
    return sm2.sign(private, text.encode()).hex()


def keep_key(
    *,
    public_key: str | None,
    at: datetime,
    practitioner_id: int | None = None,
    institution_id: int | None = None,
    certificate_number: str = "",
    certificate_name: str = "",
) -> SigningKey:
    """Keep the public key of a practitioner or an institution; without one a pair is made, its private half kept, sealed.

    :raises yibao.core.sm2.UnreadableKeyError: the public key is none.
    :raises NoMasterKeyError: the private half cannot be sealed.
    """
    sealed = b""
    if public_key is None:
        private = sm2.new_private_key()
        public_key = sm2.public_key_of(private)
        sealed = vault.seal(private.encode(), belongs_to=_owner(practitioner_id, institution_id))
    return SigningKey.objects.create(
        practitioner_id=practitioner_id,
        institution_id=institution_id,
        public_key=sm2.read_public_key(public_key),
        sealed=sealed,
        certificate_number=certificate_number,
        certificate_name=certificate_name,
        valid_from=at,
    )


@transaction.atomic
def seal_anew() -> int:
    """Seal every private key that is not under the newest master key anew, and give their number.

    :raises NoMasterKeyError, UnknownMasterKeyError: one cannot be opened; then nothing is changed.
    """
    count = 0
    for key in SigningKey.objects.select_for_update().exclude(sealed=b"").order_by("pk"):
        if vault.is_newest(bytes(key.sealed)):
            continue
        owner = _owner(key.practitioner_id, key.institution_id)
        key.sealed = vault.seal(vault.unseal(bytes(key.sealed), belongs_to=owner), belongs_to=owner)
        key.save(update_fields=["sealed"])
        count += 1
    return count


def _owner(practitioner_id: int | None, institution_id: int | None) -> bytes:
    """Whom a sealed key belongs to: moved to another signer it does not open."""
    return f"signing key {practitioner_id} {institution_id}".encode()
