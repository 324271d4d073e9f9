"""Go on with orders that wait for their channel's word: after a crash, a lost answer, or a payment that takes its time."""

import logging
from datetime import datetime, timedelta
from typing import Final

from yibao.core.errors import YibaoError
from yibao.domains.mobile_orders.channels import CHANNELS, CashAnswer, Word, channel_named
from yibao.domains.mobile_orders.models import CashPayment, Order
from yibao.domains.mobile_orders.queries import open_payment, payment_numbered, undecided_orders
from yibao.domains.mobile_orders.states import State
from yibao.domains.reference.queries import choice
from yibao.workflows.conclude_cash import ask_channel, conclude_alone
from yibao.workflows.return_late_cash import return_late_cash

MINUTES_KEY: Final = "mobile_orders.payment_minutes"
MINUTES: Final = 15
"""How long a payment may take before it is closed: our default, nobody published one. Setting: mobile_orders.payment_minutes."""
LOOK_AFTER: Final = timedelta(seconds=20)
"""Orders that moved just now are in the hands of a message."""
AT_ONCE: Final = 200

_LOG: Final = logging.getLogger(__name__)


def ask_again(order: Order, *, at: datetime) -> None:
    """Ask the channel what became of an undecided order's cash, and conclude by what it says.

    A refund that the channel never heard of is sent again under its number; a payment is not: whoever wanted it is asked.
    """
    payment = _open_cash(order)
    if payment is None:
        return
    answer = channel_named(payment.channel).query(payment.number, at=at)
    if answer.word == Word.UNKNOWN and payment.kind == CashPayment.Kind.REFUND:
        answer = ask_channel(payment, at=at)
    conclude_alone(payment, answer, at=at)


def resume_orders(*, at: datetime) -> int:
    """Look at every undecided order; payments beyond their time are closed at the channel, and fail if it agrees.

    Results that channels tell by themselves are taken too, again and again if need be, and cash that came late is given
    back. Gives how many orders moved on.
    """
    moved = _take_told(at=at)
    latest_begin = at - timedelta(minutes=int(choice(MINUTES_KEY, MINUTES)))
    for order in undecided_orders(before=at - LOOK_AFTER, limit=AT_ONCE):
        try:
            ask_again(order, at=at)
            payment = _open_cash(order)
            if payment is not None and payment.kind == CashPayment.Kind.PAYMENT and payment.asked_at <= latest_begin:
                conclude_alone(payment, channel_named(payment.channel).close(payment.number, at=at), at=at)
        except YibaoError as error:
            _LOG.warning("order %s waits: %s", order.number, error)
            continue
        moved += _open_cash(order) is None
    return_late_cash(at=at)
    return moved


def take_result(number: str, answer: CashAnswer, *, at: datetime) -> bool:
    """Take what a channel tells by itself (支付结果通知): concluded once, however often it is told; false for a number not ours."""
    payment = payment_numbered(number)
    if payment is None:
        return False
    conclude_alone(payment, answer, at=at)
    return True


def _take_told(*, at: datetime) -> int:
    """Take what all channels want to tell."""
    told = 0
    for channel in CHANNELS.values():
        for number, answer in channel.told(at=at):
            try:
                told += take_result(number, answer, at=at)
            except YibaoError as error:
                _LOG.warning("result of %s waits: %s", number, error)
    return told


def _open_cash(order: Order) -> CashPayment | None:
    """What was asked of a channel and is not answered."""
    current = Order.objects.values_list("state", flat=True).get(pk=order.pk)
    if current == State.SETTLING:
        return open_payment(order.pk, CashPayment.Kind.PAYMENT)
    return open_payment(order.pk, CashPayment.Kind.REFUND) if current == State.CASH_OWED else None
