"""Drawing agreements up and signing them online (网上签约): SM2 signatures of both parties over the digest of the text.

The agency's key is made here and sealed in the vault. An institution lets the platform keep a key for it, or names the
public half of its own and signs the digest in its own system.
"""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from yibao.core import sm2
from yibao.core.errors import YibaoError
from yibao.domains.agreements.models import Agreement, AgreementCase, AgreementSignature, Party, SigningKey
from yibao.domains.agreements.operations import CaseAct
from yibao.domains.messages import vault


class NoSigningKeyError(YibaoError):
    """The party has no key to sign with yet."""

    code: ClassVar[str] = "agreements.no_signing_key"


class OwnKeySignsElsewhereError(YibaoError):
    """The private half of the key is not kept here: the signature made in the institution's own system is wanted."""

    code: ClassVar[str] = "agreements.signature_wanted"


class SignatureDoesNotFitError(YibaoError):
    """The signature is not of this text's digest by the party's key (验签失败)."""

    code: ClassVar[str] = "agreements.signature_does_not_fit"


class AgreementNumberUsedError(YibaoError):
    """Another agreement has this number."""

    code: ClassVar[str] = "agreements.number_used"


class AgreementOverlapError(YibaoError):
    """An agreement of this kind is in force for a part of these days."""

    code: ClassVar[str] = "agreements.overlap"


def _owner(party: str, region: str, institution_id: int | None) -> bytes:
    """What a sealed key belongs to."""
    return f"signing key {party} {region} {institution_id or 0}".encode()


@transaction.atomic
def make_signing_key(*, party: Party, region: str, institution_id: int | None, at: datetime) -> SigningKey:
    """Make a key that is kept here, sealed; the one before is retired.

    :raises yibao.domains.messages.vault.NoMasterKeyError: it cannot be sealed.
    """
    private = sm2.new_private_key()
    sealed = vault.seal(private.encode(), belongs_to=_owner(party, region, institution_id))
    public_key = sm2.public_key_of(private)
    return _keep_key(party, region, institution_id, public_key=public_key, sealed=sealed, at=at)


@transaction.atomic
def register_public_key(*, region: str, institution_id: int, public_key: str, at: datetime) -> SigningKey:
    """Take the public half of a key that an institution keeps itself; the one before is retired.

    :raises yibao.core.sm2.UnreadableKeyError: it is no key.
    """
    public = sm2.read_public_key(public_key)
    return _keep_key(Party.INSTITUTION, region, institution_id, public_key=public, sealed=b"", at=at)


def _keep_key(
    party: Party, region: str, institution_id: int | None, *, public_key: str, sealed: bytes, at: datetime
) -> SigningKey:
    _standing_keys(party, region, institution_id).update(retired_at=at)
    return SigningKey.objects.create(
        party=party, region_id=region, institution_id=institution_id, public_key=public_key, sealed=sealed, valid_from=at
    )  # fmt: skip


@transaction.atomic
def seal_anew() -> int:
    """Seal every key kept here that is not under the newest master key anew, and give their number.

    :raises NoMasterKeyError, UnknownMasterKeyError: one cannot be opened; then nothing is changed.
    """
    count = 0
    for key in SigningKey.objects.select_for_update(of=("self",)).exclude(sealed=b"").order_by("pk"):
        if vault.is_newest(bytes(key.sealed)):
            continue
        owner = _owner(key.party, key.region_id, key.institution_id)
        key.sealed = vault.seal(vault.unseal(bytes(key.sealed), belongs_to=owner), belongs_to=owner)
        key.save(update_fields=["sealed"])
        count += 1
    return count


def signing_key(*, party: Party, region: str, institution_id: int | None) -> SigningKey | None:
    """The key by which a party signs now, or nothing."""
    return _standing_keys(party, region, institution_id).first()


def _standing_keys(party: Party, region: str, institution_id: int | None) -> QuerySet[SigningKey]:
    """The party's key that is not retired; one at most."""
    found = SigningKey.objects.filter(party=party, region_id=region, retired_at=None)
    return found.filter(institution=None) if institution_id is None else found.filter(institution_id=institution_id)


def digest_of_text(content: Mapping[str, Any]) -> str:
    """SM3 of an agreement's text as JSON, members in the order of their names, as 64 hexadecimal digits."""
    return hashlib.new("sm3", msgspec.json.encode(content, order="sorted")).hexdigest()


def draw_up(
    case: AgreementCase, *, number: str, content: Mapping[str, Any], valid_from: date, valid_until: date, at: datetime
) -> Agreement:
    """Write an agreement's text down, to be signed.

    :raises AgreementNumberUsedError: another agreement has the number.
    """
    if Agreement.objects.filter(number=number).exists():
        raise AgreementNumberUsedError(number=number)
    return Agreement.objects.create(
        kind=case.kind, institution=case.institution, practitioner=case.practitioner, case=case, number=number,
        content=dict(content), digest=digest_of_text(content), valid_from=valid_from, valid_until=valid_until,
        drawn_up_at=at,
    )  # fmt: skip


def sign_agreement(agreement: Agreement, *, party: Party, signature: str, act: CaseAct) -> AgreementSignature:
    """Put a party's signature under an agreement: by the key kept here, or the one that was made elsewhere (hex or Base64).

    :raises NoSigningKeyError: the party has no key.
    :raises OwnKeySignsElsewhereError: its private half is not kept here, and no signature came.
    :raises SignatureDoesNotFitError: the signature is of another text or key.
    """
    region = agreement.case.region_id
    institution_id = agreement.institution_id if party is Party.INSTITUTION else None
    key = signing_key(party=party, region=region, institution_id=institution_id)
    if key is None:
        raise NoSigningKeyError(party=str(party.value))
    message = agreement.digest.encode()
    if signature.strip():
        made = _read(signature)
    elif bytes(key.sealed):
        private = vault.unseal(bytes(key.sealed), belongs_to=_owner(party, region, institution_id)).decode()
        made = sm2.sign(private, message)
    else:
        raise OwnKeySignsElsewhereError(digest=agreement.digest)
    if digest_of_text(agreement.content) != agreement.digest or not sm2.verify(key.public_key, message, made):
        raise SignatureDoesNotFitError(digest=agreement.digest)
    return AgreementSignature.objects.create(
        agreement=agreement, party=party, key=key, signature=made.hex(), signed_by=act.member, signed_at=act.at
    )


def _read(signature: str) -> bytes:
    """The bytes of a signature that was typed in."""
    try:
        return sm2.read_signature(signature)
    except sm2.UnreadableSignatureError:
        raise SignatureDoesNotFitError(digest="") from None


def let_begin(agreement: Agreement, *, at: datetime) -> Agreement:
    """Note that both have signed.

    :raises AgreementOverlapError: another agreement of the kind covers a part of its days.
    """
    agreement.signed_at = at
    try:
        with transaction.atomic():
            agreement.save(update_fields=["signed_at"])
    except IntegrityError as overlap:
        if "agreements_never_overlap" not in str(overlap):
            raise
        raise AgreementOverlapError(valid_from=agreement.valid_from.isoformat()) from None
    return agreement


def signatures_stand(agreement: Agreement) -> bool:
    """Whether every signature under an agreement is still one of its text."""
    return digest_of_text(agreement.content) == agreement.digest and all(
        sm2.verify(each.key.public_key, agreement.digest.encode(), bytes.fromhex(each.signature))
        for each in agreement.signatures.select_related("key")
    )
