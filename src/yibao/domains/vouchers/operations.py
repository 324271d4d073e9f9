"""Activating an electronic voucher, showing it as a code, and taking a code that is shown: once."""

import base64
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Final, LiteralString

from yibao.core.errors import YibaoError
from yibao.domains.people.models import Voucher
from yibao.domains.people.operations import issue_voucher
from yibao.domains.storage import Rows, ask, driver
from yibao.domains.vouchers.codes import Code, ExpiredVoucherError, Proof, make_code
from yibao.domains.vouchers.keys import newest_secret
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


@dataclass(frozen=True, slots=True)
class TakenVoucher:
    """The voucher behind a code that was taken: its number in the register, and whose it is."""

    voucher_id: int
    number: str
    person_id: int


@dataclass(frozen=True, slots=True)
class _Taker:
    """Who took a code, and when."""

    institution_id: int
    operator: str
    redeemed_at: datetime


def redeem(text: str, *, institution_id: int, infno: str, operator: str, at: datetime, on: date) -> TakenVoucher:
    """Take a code that is shown at an institution, and give the voucher behind it; a code is taken once.

    One statement reads the voucher and writes the row; it stays written when the message fails afterwards.
    :raises yibao.domains.vouchers.codes.ForgedVoucherError: this platform did not make it.
    :raises yibao.domains.vouchers.codes.ExpiredVoucherError: its time is over, or that of the visit it was taken for.
    :raises ReplayedVoucherError: it was shown elsewhere, or to another counter.
    :raises WithdrawnVoucherError: the voucher is not in force any more.
    """
    proof = genuine(text, at)
    taker, voucher = None, None
    for _ in range(
        2
    ):  # of two at once the first has it: the second finds neither its own row nor the other's, and looks again
        found = _ask_to_take(proof, institution_id, infno, operator, at, on).fetchone()
        if found is None or not found[3]:
            raise WithdrawnVoucherError(field="mdtrt_cert_no")
        voucher = TakenVoucher(*found[:3])
        taker = _Taker(*found[4:]) if found[4] is not None else None
        if taker is not None or at >= proof.expires_at:
            break
    if voucher is None or taker is None:
        raise ExpiredVoucherError(field="mdtrt_cert_no")
    _check_again(taker, proof, institution_id=institution_id, infno=infno, operator=operator, at=at)
    return voucher


def _ask_to_take(proof: Proof, institution_id: int, infno: str, operator: str, at: datetime, on: date) -> Rows:  # noqa: PLR0917  # the columns of the row
    """Ask for the voucher and for whoever has taken the code, which is this institution where nobody had."""
    return ask(
        driver(),
        _TAKE,
        (
            on, on, proof.voucher_id, ELECTRONIC, proof.serial, institution_id, infno, operator, at, at,
            proof.expires_at, proof.voucher_id, proof.serial,
        ),
    )  # fmt: skip


_TAKE: LiteralString = (
    "WITH shown AS (SELECT w.id, w.number, w.person_id, w.valid_from <= %s AND (w.valid_until IS NULL OR w.valid_until > %s)"
    "   AND p.death_date IS NULL AS stands"
    "   FROM people_voucher w JOIN people_person p ON p.id = w.person_id WHERE w.id = %s AND w.kind = %s),"
    " taken AS (INSERT INTO vouchers_redemption (voucher_id, serial, institution_id, infno, operator, redeemed_at)"
    "   SELECT id, %s::bigint, %s::bigint, %s::varchar, %s::varchar, %s::timestamptz FROM shown"
    "   WHERE stands AND %s::timestamptz < %s::timestamptz"
    "   ON CONFLICT (voucher_id, serial) DO NOTHING RETURNING institution_id, operator, redeemed_at)"
    " SELECT s.id, s.number, s.person_id, s.stands, r.institution_id, r.operator, r.redeemed_at FROM shown s"
    " LEFT JOIN (SELECT * FROM taken UNION ALL SELECT institution_id, operator, redeemed_at FROM vouchers_redemption"
    "   WHERE voucher_id = %s AND serial = %s) r ON true"
)


def _check_again(taken: _Taker, proof: Proof, *, institution_id: int, infno: str, operator: str, at: datetime) -> None:
    """Refuse a code that belongs to somebody else by now; the one who has just taken it passes."""
    if taken.institution_id != institution_id:
        raise ReplayedVoucherError(field="mdtrt_cert_no")
    if infno in COUNTER and (at >= proof.expires_at or taken.operator != operator):
        raise ReplayedVoucherError(field="mdtrt_cert_no")
    if at >= taken.redeemed_at + GOOD_IN_VISIT:
        raise ExpiredVoucherError(field="mdtrt_cert_no")
