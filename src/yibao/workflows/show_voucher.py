"""What was shown at the counter becomes the number that the register keeps: the one way from a voucher's code to a person.

Numbers of identity cards and social-security cards, and fixed numbers of electronic vouchers, pass untouched.
"""

from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeVar

from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.vouchers.codes import ForgedVoucherError, is_code
from yibao.domains.vouchers.operations import TakenVoucher, redeem
from yibao.domains.vouchers.queries import ELECTRONIC, is_registered_number


class VoucherWish(Protocol):
    """What a wish of a visit says about the voucher shown; a dataclass with `voucher_refusal` besides."""

    @property
    def institution_id(self) -> int:
        """Where it was shown."""

    @property
    def voucher_kind(self) -> str:
        """Its kind (mdtrt_cert_type)."""

    @property
    def voucher_number(self) -> str:
        """What was sent as its number (mdtrt_cert_no); with `voucher_is_proven` the register's, not what was shown."""

    @property
    def at(self) -> datetime:
        """When."""


Wish = TypeVar("Wish", bound=VoucherWish)


def voucher_behind_code(
    kind: str, number: str, *, institution_id: int, infno: str, operator: str, at: datetime
) -> TakenVoucher | None:
    """The voucher behind a code that is shown, which is taken by this; nothing for what is no code.

    :raises ForgedVoucherError, yibao.domains.vouchers.codes.ExpiredVoucherError,
        yibao.domains.vouchers.operations.ReplayedVoucherError,
        yibao.domains.vouchers.operations.WithdrawnVoucherError: the code is refused.
    """
    if kind != ELECTRONIC:
        return None
    if is_registered_number(number):  # the register's own number, which nobody shows
        raise ForgedVoucherError(field="mdtrt_cert_no")
    if not is_code(number):
        return None
    return redeem(number, institution_id=institution_id, infno=infno, operator=operator[:30], at=at, on=localdate(at))


def with_voucher(wish: Wish, *, infno: str, operator: str) -> Wish:
    """The wish with the register's number where a code was shown; a refused one has none, and the reason to be raised.

    It is raised where numbers are compared, after the message store was asked: a message that is sent again gets the
    answer that was kept, however old its code is.
    """
    if getattr(wish, "voucher_is_proven", False):  # shown before, to 6101: the number is the register's own already
        return wish
    number, refusal = wish.voucher_number, None
    try:
        found = voucher_behind_code(
            wish.voucher_kind, number, institution_id=wish.institution_id, infno=infno, operator=operator, at=wish.at
        )
    except YibaoError as error:
        number, refusal = "", error
    else:
        number = number if found is None else found.number
    if number == wish.voucher_number:
        return wish
    changes = {"voucher_number": number, "voucher_refusal": refusal, "voucher_is_proven": True}
    return replace(wish, **changes)  # type: ignore[type-var]  # wishes are dataclasses
