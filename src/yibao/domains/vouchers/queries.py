"""Checking a code that is shown, and finding the voucher of a person."""

from datetime import date, datetime

from django.db.models import Q

from yibao.domains.people.models import Voucher
from yibao.domains.vouchers.codes import ExpiredVoucherError, ForgedVoucherError, Proof, key_number, read_code
from yibao.domains.vouchers.keys import ring

ELECTRONIC = "01"
"""医保电子凭证 in the national dictionary mdtrt_cert_type (就诊凭证类型)."""
ACTIVATED_PREFIX = "EV"
"""How the numbers begin that activation gives: they are the register's own and are never shown."""


def genuine(text: str, now: datetime) -> Proof:
    """What a code says, when this platform made it, however old it is.

    :raises ForgedVoucherError: it did not.
    """
    secret = ring.find(key_number(text), now=now)
    if secret is None:
        raise ForgedVoucherError(field="mdtrt_cert_no")
    return read_code(secret, text, now=now)


def verify(text: str, now: datetime) -> Proof:
    """Check a code (凭证验证): genuine and within its time; whether it was shown before is asked by `operations.redeem`.

    Reads the database once in some seconds for the keys.
    :raises ForgedVoucherError: this platform did not make it.
    :raises ExpiredVoucherError: its time is over.
    """
    proof = genuine(text, now)
    if now >= proof.expires_at:
        raise ExpiredVoucherError(field="mdtrt_cert_no")
    return proof


def electronic_voucher(*, person_id: int, on: date) -> Voucher | None:
    """The person's electronic voucher in force on a day: the activated one, else one with a fixed number; none before activation."""
    in_force = Q(valid_from__lte=on) & (Q(valid_until=None) | Q(valid_until__gt=on))
    found = list(Voucher.objects.filter(in_force, person_id=person_id, kind=ELECTRONIC).order_by("-pk"))
    return next((one for one in found if one.number.startswith(ACTIVATED_PREFIX)), found[0] if found else None)


def is_registered_number(number: str) -> bool:
    """Whether this is a number that activation gave, which nobody shows."""
    return number.startswith(ACTIVATED_PREFIX) and len(number) == 2 + 26
