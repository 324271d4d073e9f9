"""Keep the keys by which practitioners sign prescriptions, and let them end."""

from datetime import datetime
from typing import ClassVar

from yibao.core import sm2
from yibao.core.errors import YibaoError
from yibao.domains.institutions.models import Practitioner
from yibao.domains.prescriptions.models import SigningKey
from yibao.domains.prescriptions.signatures import keep_key


class UnknownSignerError(YibaoError):
    """Nobody has this national code, or no key that counts is this one."""

    code: ClassVar[str] = "prescriptions.unknown_signer"


def keep_signing_key(
    *, practitioner_code: str, public_key: str | None, certificate_number: str, certificate_name: str, at: datetime
) -> SigningKey:
    """Keep a practitioner's key; without a public key a pair is made here.

    :raises UnknownSignerError: nobody has this code.
    :raises yibao.core.sm2.UnreadableKeyError: the public key is none.
    :raises NoMasterKeyError: the private half cannot be sealed.
    """
    found = Practitioner.objects.filter(code=practitioner_code).first()
    if found is None:
        raise UnknownSignerError(signer=practitioner_code)
    return keep_key(
        practitioner_id=found.pk, public_key=public_key, at=at, certificate_number=certificate_number,
        certificate_name=certificate_name,
    )  # fmt: skip


def end_signing_key(*, public_key: str, at: datetime) -> None:
    """Let a key end at a moment.

    :raises UnknownSignerError: no key that still counts is this one.
    :raises yibao.core.sm2.UnreadableKeyError: it is none.
    """
    key = SigningKey.objects.filter(public_key=sm2.read_public_key(public_key), valid_until=None).first()
    if key is None:
        raise UnknownSignerError(signer=public_key[:16])
    key.valid_until = at
    key.save(update_fields=["valid_until"])
