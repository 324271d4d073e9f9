"""Pay a mobile payment order (6202): one step of funds, accounts and cash, in two transactions around the channel.

First the settlement is made and the cash to be asked for is written down; then the channel is asked, outside of any transaction; then
its word is kept with the answer to the message. Whatever breaks in between is found by the next repeat of the message, by
6301, or by the platform's own look at undecided orders: the channel knows each number once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.messages.queries import ask_for_message, message_of
from yibao.domains.mobile_orders.authorising import check_authorisation, use_authorisation
from yibao.domains.mobile_orders.channels import SILENCE
from yibao.domains.mobile_orders.choosing import channel_in_use
from yibao.domains.mobile_orders.models import CashPayment, Order
from yibao.domains.mobile_orders.operations import Cause, ask_cash, move
from yibao.domains.mobile_orders.queries import amounts_of, locked_order, open_payment, serial_of_payment
from yibao.domains.mobile_orders.states import Step as OrderStep
from yibao.domains.mobile_orders.states import after
from yibao.domains.people.queries import LockedPerson
from yibao.domains.settlement.models import Settlement
from yibao.domains.storage import Raw, write_together
from yibao.workflows.conclude_cash import HeldOrder, ask_channel, complete, conclusion_step
from yibao.workflows.exactly_once import Request, Step
from yibao.workflows.mobile_order_parties import own_order
from yibao.workflows.on_held_person import on_held_person
from yibao.workflows.place_mobile_order import bill_of_order
from yibao.workflows.settle_visit import settlement_step


class OrderDoesNotFitError(YibaoError):
    """Visit, charge batch or kind of cost are not those of the order (与订单不符)."""

    code: ClassVar[str] = "mobile_orders.order_does_not_fit"


@dataclass(frozen=True, slots=True)
class PaymentWish:
    """Which order is to be paid, with whose word; `serial` is the institution's own (orgBizSer), the same for every repeat.

    `uses_account` is none where the order itself says.
    """

    institution_id: int
    number: str
    token: str
    serial: str
    batch_number: str
    fee_type: str
    visit_id: int
    uses_account: bool | None
    authorisation: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LastStep:
    """What is left when the channel was asked: the step that keeps its word with the message, and whose row it holds."""

    person_number: str
    step: Step[None, Order]


def pay_order(wish: PaymentWish, request: Request) -> LastStep:
    """Settle and ask the channel; the last step is for `exactly_once.perform`.

    :raises UnknownOrderError, OrderDoesNotFitError, WrongOrderStateError, UnknownAuthorisationError, AuthorisationExpiredError,
        AuthorisationUsedError, NoChannelError: nothing was changed; nor by whatever settling refuses.
    """
    order = own_order(institution_id=wish.institution_id, number=wish.number, token=wish.token)
    payment = on_held_person(order.person.number, lambda raw, person: _begin(raw, person, order.pk, wish, request))
    answer = SILENCE if payment is None else ask_channel(payment, at=wish.at)
    return LastStep(order.person.number, conclusion_step(order.pk, payment, answer, request, at=wish.at))


def _begin(raw: Raw, person: LockedPerson, order_id: int, wish: PaymentWish, request: Request) -> CashPayment | None:
    """Settle and write down the cash; nothing again where this message, or this serial, was here before."""
    earlier = message_of(raw, ask_for_message(raw, institution_id=wish.institution_id, msgid=request.msgid))
    order = locked_order(order_id)
    if earlier is not None:
        return None
    if serial_of_payment(order.pk) == wish.serial:
        return open_payment(order.pk, CashPayment.Kind.PAYMENT)
    after(order.state, OrderStep.PAY)
    _check_fits(order, wish)
    given = check_authorisation(
        code=wish.authorisation, person_id=person.id, institution_id=wish.institution_id, field="payAuthNo", at=wish.at
    )
    use_authorisation(authorisation=given, order=order, field="payAuthNo", at=wish.at)
    uses_account = order.uses_account if wish.uses_account is None else wish.uses_account
    return settle_order(HeldOrder(raw, person, order), request, uses_account=uses_account, serial=wish.serial)


def settle_order(held: HeldOrder, request: Request, *, uses_account: bool, serial: str) -> CashPayment | None:
    """Settle an order that may be paid and write down the cash that is to be asked for; an order without cash is paid by this.

    :raises NoChannelError: there is cash and nobody to take it; nor by whatever settling refuses.
    """
    raw, person, order = held
    at = request.received_at
    settling = settlement_step(bill_of_order(order, uses_account=uses_account, at=at), request)
    outcome = settling.act(raw, person, settling.ask(raw))
    write_together(raw, outcome.writes)
    cause = Cause(at, request.infno, request.msgid, request.operator)
    move(order=order, step=OrderStep.PAY, cause=cause, settlement_id=outcome.made.settlement.id, serial=serial)
    order.settlement = Settlement.objects.get(pk=outcome.made.settlement.id)
    due_fen = amounts_of(order).own_fen
    if not due_fen:
        complete(order, cause)
        return None
    return ask_cash(order=order, channel=channel_in_use().code, amount_fen=due_fen, serial=serial, at=at)


def _check_fits(order: Order, wish: PaymentWish) -> None:
    """Insist that the message is about this order."""
    for field, sent, known in (
        ("mdtrtId", wish.visit_id, order.visit_id),
        ("chrgBchno", wish.batch_number, order.batch_number),
        ("feeType", wish.fee_type, order.fee_type),
    ):
        if sent != known:
            raise OrderDoesNotFitError(field=field, sent=sent, order=order.number)
