"""A person pays an order on their own page: shown who would pay what and why, they agree, and that very settlement is made.

It is the payment of 6202 without a message of the institution: the same settlement, the same asking for cash, the same conclusion.
The institution hears of it by 6302 and 6301. Whether persons may is the region's choice (setting `mobile_orders.portal_pays`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from yibao.core.errors import YibaoError
from yibao.domains.mobile_orders.authorising import check_authorisation, use_authorisation
from yibao.domains.mobile_orders.choosing import channel_in_use
from yibao.domains.mobile_orders.models import CashPayment, Order
from yibao.domains.mobile_orders.queries import (
    Amounts,
    amounts_of,
    locked_order,
    open_payment,
    order_numbered,
    serial_of_payment,
)
from yibao.domains.mobile_orders.states import Step as OrderStep
from yibao.domains.mobile_orders.states import after
from yibao.domains.people.queries import LockedPerson
from yibao.domains.reference.queries import choice
from yibao.domains.settlement.operations import MOBILE_PAYMENT, NewSettlement
from yibao.domains.storage import Raw
from yibao.workflows.conclude_cash import HeldOrder, ask_channel, conclude_alone
from yibao.workflows.exactly_once import Request
from yibao.workflows.mobile_order_parties import UnknownOrderError
from yibao.workflows.on_held_person import on_held_person
from yibao.workflows.pay_mobile_order import settle_order
from yibao.workflows.place_mobile_order import bill_of_order
from yibao.workflows.settle_visit import try_settlement
from yibao.workflows.show_credential import authorise_payment

PAYS_KEY: Final = "mobile_orders.portal_pays"
"""Setting: whether persons pay orders on their own pages; without it they do (our default), else they only authorise."""
THROUGH: Final = "portal"


class OwnPaymentClosedError(YibaoError):
    """The region lets institutions alone settle orders (本地区由医疗机构发起结算)."""

    code: ClassVar[str] = "mobile_orders.own_payment_closed"


class AmountsChangedError(YibaoError):
    """Who would pay how much is not any more what the person agreed to (金额已变化)."""

    code: ClassVar[str] = "mobile_orders.amounts_changed"


@dataclass(frozen=True, slots=True)
class Offer:
    """What an order would cost whom if it were paid now, and the trial that says why (预结算)."""

    amounts: Amounts
    trial: NewSettlement
    uses_account: bool


@dataclass(frozen=True, slots=True)
class OwnPaymentWish:
    """A person's word that an order be paid as it was shown to them.

    `serial` is that of the page they pressed on, the same however often it is sent; `agreed` what it showed; `operator`
    says by which right it was pressed.
    """

    number: str
    person_id: int
    serial: str
    uses_account: bool
    agreed: Amounts
    operator: str
    at: datetime


def may_pay_themselves() -> bool:
    """Whether persons pay orders on their own pages here."""
    return bool(choice(PAYS_KEY, default=True))


def offer_payment(order: Order, *, uses_account: bool, at: datetime) -> Offer:
    """Try an order's settlement as it would be made now; nothing is changed.

    :raises OwnPaymentClosedError, WrongOrderStateError, NoChannelError: it cannot be paid here; nor by whatever settling refuses.
    """
    if not may_pay_themselves():
        raise OwnPaymentClosedError
    after(order.state, OrderStep.PAY)
    request = Request(order.institution_id, "", MOBILE_PAYMENT, THROUGH, b"", b"", at)
    trial = try_settlement(bill_of_order(order, uses_account=uses_account, at=at), request).settlement
    amounts = Amounts(
        trial.total_fen, trial.fund_fen, trial.account_fen, trial.shared_account_fen, trial.cash_fen,
        trial.hospital_fen, order.delivery_fen,
    )  # fmt: skip
    if amounts.own_fen:
        channel_in_use()
    return Offer(amounts, trial, uses_account)


def pay_own_order(wish: OwnPaymentWish) -> Order:
    """Settle as agreed, ask the channel, and give the order as it stands then; sent again, nothing happens again.

    :raises UnknownOrderError, OwnPaymentClosedError, WrongOrderStateError, AmountsChangedError, NoChannelError: nothing was
        changed; nor by whatever settling refuses.
    """
    order = order_numbered(wish.number)
    if order is None or order.person_id != wish.person_id:
        raise UnknownOrderError(field="payOrdId", order=wish.number)
    if not may_pay_themselves():
        raise OwnPaymentClosedError
    msgid = f"{THROUGH.upper()}{wish.serial}"
    request = Request(order.institution_id, msgid, MOBILE_PAYMENT, wish.operator, b"", b"", wish.at)
    payment = on_held_person(order.person.number, lambda raw, person: _begin(raw, person, order.pk, wish, request))
    if payment is not None:
        conclude_alone(payment, ask_channel(payment, at=wish.at), at=wish.at)
    return Order.objects.get(pk=order.pk)


def _begin(raw: Raw, person: LockedPerson, order_id: int, wish: OwnPaymentWish, request: Request) -> CashPayment | None:
    """Settle and write down the cash, when it comes to what was agreed; nothing again where this page was here before."""
    order = locked_order(order_id)
    if serial_of_payment(order.pk) == wish.serial:
        return open_payment(order.pk, CashPayment.Kind.PAYMENT)
    after(order.state, OrderStep.PAY)
    code = authorise_payment(
        person_id=person.id, institution_id=order.institution_id, through=THROUGH, at=wish.at
    )  # the word stands in the same place as one that an institution brings
    given = check_authorisation(
        code=code, person_id=person.id, institution_id=order.institution_id, field="payAuthNo", at=wish.at
    )
    use_authorisation(authorisation=given, order=order, field="payAuthNo", at=wish.at)
    payment = settle_order(HeldOrder(raw, person, order), request, uses_account=wish.uses_account, serial=wish.serial)
    if amounts_of(order) != wish.agreed:
        raise AmountsChangedError(order=order.number)
    return payment
