"""Activating an electronic voucher, showing it as a code, and taking a code that is shown: once."""

import base64
import secrets
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.domains.people.models import Voucher
from yibao.domains.people.operations import issue_voucher
from yibao.domains.vouchers.codes import Code, ExpiredVoucherError, Proof, make_code
from yibao.domains.vouchers.keys import newest_secret
from yibao.domains.vouchers.models import Redemption
from yibao.domains.vouchers.queries import ACTIVATED_PREFIX, ELECTRONIC, electronic_voucher, genuine

GOOD_IN_VISIT: Final = timedelta(hours=24)
"""How long a code that was taken proves the person's identity in the visit at that institution (our default)."""
COUNTER: Final = frozenset({"1101", "1162", "6101", "7202"})
"""Messages that ask who stands at the counter."""
_NUMBER_BYTES: Final = 16


class ReplayedVoucherError(YibaoError):
    """The code was shown before, elsewhere or to another counter (凭证已使用)."""

    code: ClassVar[str] = "vouchers.replayed"


class WithdrawnVoucherError(YibaoError):
    """The voucher behind the code was ended, or its holder died (凭证已注销)."""

    code: ClassVar[str] = "vouchers.withdrawn"


class NotActivatedError(YibaoError):
    """The person has no electronic voucher: it was never activated, or was ended (电子凭证未激活)."""

    code: ClassVar[str] = "vouchers.not_activated"


def activate_voucher(*, person_id: int, on: date, actor: str) -> Voucher:
    """Give a person an electronic voucher of the register (激活电子凭证), unless there is an activated one in force.

    Whoever calls has made sure that it is this person (实人认证).
    """
    held = electronic_voucher(person_id=person_id, on=on)
    if held is not None and held.number.startswith(ACTIVATED_PREFIX):
        return held
    number = ACTIVATED_PREFIX + base64.b32encode(secrets.token_bytes(_NUMBER_BYTES)).decode().rstrip("=")
    return issue_voucher(person_id=person_id, kind=ELECTRONIC, number=number, valid_from=on, actor=actor)


def show_code(*, person_id: int, now: datetime, on: date) -> Code:
    """Make a code for the person's electronic voucher.

    :raises NotActivatedError: the person has none on the day.
    """
    voucher = electronic_voucher(person_id=person_id, on=on)
    if voucher is None:
        raise NotActivatedError
    return make_code(newest_secret(at=now), voucher_id=voucher.pk, now=now)


@transaction.atomic
def redeem(text: str, *, institution_id: int, infno: str, operator: str, at: datetime, on: date) -> Voucher:
    """Take a code that is shown at an institution, and give the voucher behind it; a code is taken once.

    :raises yibao.domains.vouchers.codes.ForgedVoucherError: this platform did not make it.
    :raises yibao.domains.vouchers.codes.ExpiredVoucherError: its time is over, or that of the visit it was taken for.
    :raises ReplayedVoucherError: it was shown elsewhere, or to another counter.
    :raises WithdrawnVoucherError: the voucher is not in force any more.
    """
    proof = genuine(text, at)
    voucher = Voucher.objects.select_related("person").filter(pk=proof.voucher_id, kind=ELECTRONIC).first()
    if voucher is None or not _in_force(voucher, on):
        raise WithdrawnVoucherError(field="mdtrt_cert_no")
    taken = Redemption.objects.filter(voucher_id=voucher.pk, serial=proof.serial).first()
    if taken is None:
        if at >= proof.expires_at:
            raise ExpiredVoucherError(field="mdtrt_cert_no")
        mine = Redemption(
            voucher_id=voucher.pk,
            serial=proof.serial,
            institution_id=institution_id,
            infno=infno,
            operator=operator,
            redeemed_at=at,
        )
        Redemption.objects.bulk_create([mine], ignore_conflicts=True)
        taken = Redemption.objects.get(voucher_id=voucher.pk, serial=proof.serial)  # of two at once the first has it
    _check_again(taken, proof, institution_id=institution_id, infno=infno, operator=operator, at=at)
    return voucher


def _check_again(
    taken: Redemption, proof: Proof, *, institution_id: int, infno: str, operator: str, at: datetime
) -> None:
    """Refuse a code that belongs to somebody else by now; the one who has just taken it passes."""
    if taken.institution_id != institution_id:
        raise ReplayedVoucherError(field="mdtrt_cert_no")
    if infno in COUNTER and (at >= proof.expires_at or taken.operator != operator):
        raise ReplayedVoucherError(field="mdtrt_cert_no")
    if at >= taken.redeemed_at + GOOD_IN_VISIT:
        raise ExpiredVoucherError(field="mdtrt_cert_no")


def _in_force(voucher: Voucher, on: date) -> bool:
    """Whether the voucher counts on a day, and its holder lives."""
    ends = voucher.valid_until
    return voucher.valid_from <= on and (ends is None or on < ends) and voucher.person.death_date is None
