"""Who stands behind a message on a mobile payment order: the institution's own order, and the person it names."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from django.db.models import Q

from yibao.core.errors import YibaoError
from yibao.domains.mobile_orders.models import Order
from yibao.domains.mobile_orders.queries import order_numbered
from yibao.domains.people.models import Person, Voucher
from yibao.domains.people.queries import LockedPerson

_BEST_FIRST: Final = ("01", "02", "03")


class UnknownOrderError(YibaoError):
    """The institution has no such order, or the token is not that of the order (支付订单不存在)."""

    code: ClassVar[str] = "mobile_orders.unknown_order"


class PersonDoesNotFitError(YibaoError):
    """Name, document or its type are not those of the person (人员信息不符)."""

    code: ClassVar[str] = "mobile_orders.person_does_not_fit"


class NoVoucherInForceError(YibaoError):
    """The person has no voucher in force that a visit could be registered by (无有效就诊凭证)."""

    code: ClassVar[str] = "mobile_orders.no_voucher"


@dataclass(frozen=True, slots=True)
class SaidOrder:
    """An order as an institution names it, with its token, and whose it is said to be."""

    institution_id: int
    number: str
    token: str
    person_name: str
    document_type: str
    document_number: str
    at: datetime

    def order(self) -> Order:
        """The institution's own order of this number and token.

        :raises UnknownOrderError: there is none.
        """
        return own_order(institution_id=self.institution_id, number=self.number, token=self.token)

    def check(self, person: Person | LockedPerson) -> None:
        """Insist that the order is this person's.

        :raises PersonDoesNotFitError: another one is named.
        """
        check_person(
            person, name=self.person_name, document_type=self.document_type, document_number=self.document_number
        )


def own_order(*, institution_id: int, number: str, token: str | None = None) -> Order:
    """The institution's order of this number; where a token is sent, it must be the order's.

    :raises UnknownOrderError: otherwise.
    """
    order = order_numbered(number)
    if order is None or order.institution_id != institution_id:
        raise UnknownOrderError(field="payOrdId", order=number)
    if token is not None and not secrets.compare_digest(token.encode(), order.token.encode()):
        raise UnknownOrderError(field="payToken", order=number)
    return order


def check_person(person: Person | LockedPerson, *, name: str, document_type: str, document_number: str) -> None:
    """Insist that what was sent of a person is what the register says.

    :raises PersonDoesNotFitError: it is not; the first field that differs is named.
    """
    for field, sent, known in (
        ("userName", name, person.name),
        ("idType", document_type, person.document_type),
        ("idNo", document_number.upper(), person.document_number.upper()),
    ):
        if sent != known:
            raise PersonDoesNotFitError(field=field)


def voucher_in_force(person_id: int, *, on: date) -> tuple[str, str]:
    """Kind and number of the voucher that a visit is registered by: the electronic one first.

    :raises NoVoucherInForceError: there is none.
    """
    covers = Q(valid_from__lte=on) & (Q(valid_until=None) | Q(valid_until__gt=on))
    found = {voucher.kind: voucher for voucher in Voucher.objects.filter(covers, person_id=person_id).order_by("pk")}
    for kind in (*_BEST_FIRST, *sorted(found.keys() - set(_BEST_FIRST))):
        if kind in found:
            return kind, found[kind].number
    raise NoVoucherInForceError(day=on)
