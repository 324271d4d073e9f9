"""Placing orders and moving them; asking for cash and keeping what the channel said. All inside the caller's transaction."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db import IntegrityError

from yibao.core.errors import YibaoError
from yibao.domains.mobile_orders.channels import CashAnswer, Word
from yibao.domains.mobile_orders.models import CashPayment, CashResult, LateCash, Order, OrderEvent
from yibao.domains.mobile_orders.states import State, Step, after

_NUMBER_IN_USE = "institution_orders_once"
_BATCH_IN_USE = "batch_stands_in_one_order"


class OrderNumberInUseError(YibaoError):
    """The institution has another order of this number (医疗机构订单号重复)."""

    code: ClassVar[str] = "mobile_orders.number_in_use"


class BatchInOrderError(YibaoError):
    """The charge batch stands in another order that is not ended (收费批次已下单)."""

    code: ClassVar[str] = "mobile_orders.batch_in_order"


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What an order consists of; amounts in fen, those of the trial add up to the total."""

    institution_id: int
    region: str
    person_id: int
    visit_id: int
    opened_visit: bool
    batch_number: str
    number_at_institution: str
    digest: bytes
    scheme: str
    medical_type: str
    fee_type: str
    uses_account: bool
    division: str
    rx_trace_code: str
    total_fen: int
    trial_fund_fen: int
    trial_account_fen: int
    trial_cash_fen: int
    trial_hospital_fen: int
    delivery_fen: int


@dataclass(frozen=True, slots=True)
class Cause:
    """Who moves an order, by which message: all empty where the platform itself does."""

    at: datetime
    infno: str = ""
    msgid: str = ""
    operator: str = ""


def place_order(*, order: NewOrder, cause: Cause) -> Order:
    """Write an order with its first event.

    :raises OrderNumberInUseError: another order of the institution has the number.
    :raises BatchInOrderError: another order holds the batch.
    """
    columns = {name: getattr(order, name) for name in NewOrder.__slots__ if name != "region"}
    try:
        placed = Order.objects.create(
            number=f"{order.region}{cause.at:%Y%m%d%H%M%S}{secrets.randbelow(10**10):010d}",
            token=secrets.token_hex(32),
            placed_by=cause.operator,
            placed_at=cause.at,
            **columns,
        )
    except IntegrityError as error:
        broken = str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", ""))
        if broken == _NUMBER_IN_USE:
            raise OrderNumberInUseError(field="medOrgOrd", number=order.number_at_institution) from None
        if broken == _BATCH_IN_USE:
            raise BatchInOrderError(field="chrgBchno", batch=order.batch_number) from None
        raise
    move(order=placed, step=Step.PLACE, cause=cause)
    return placed


def move(
    *, order: Order, step: Step, cause: Cause, settlement_id: int | None = None, serial: str = "", reason: str = ""
) -> OrderEvent:
    """Take a step: write the event, by which the database moves the order; the record at hand follows.

    :raises WrongOrderStateError: the step does not fit the state.
    """
    state = after(None if step == Step.PLACE else order.state, step)
    event = OrderEvent.objects.create(
        order=order, step=step, state=state, settlement_id=settlement_id, infno=cause.infno, msgid=cause.msgid,
        operator=cause.operator, business_serial=serial, reason=reason[:200], happened_at=cause.at,
    )  # fmt: skip
    order.state = State(state)
    if step == Step.PAY:
        order.settlement_id = settlement_id
    return event


def ask_cash(*, order: Order, channel: str, amount_fen: int, serial: str, at: datetime) -> CashPayment:
    """Write that a channel is about to be asked for the order's cash; the channel is asked after the commit."""
    return CashPayment.objects.create(
        order=order, kind=CashPayment.Kind.PAYMENT, number=_cash_number(order, "P"), channel=channel,
        amount_fen=amount_fen, business_serial=serial, asked_at=at,
    )  # fmt: skip


def ask_cash_back(*, order: Order, payment: CashPayment, amount_fen: int, serial: str, at: datetime) -> CashPayment:
    """Write that the channel is about to be asked to give a payment back, or a part of it."""
    return CashPayment.objects.create(
        order=order, kind=CashPayment.Kind.REFUND, number=_cash_number(order, "R"), channel=payment.channel,
        amount_fen=amount_fen, refunds=payment, business_serial=serial, asked_at=at,
    )  # fmt: skip


def keep_late_cash(*, payment: CashPayment, answer: CashAnswer, at: datetime) -> LateCash:
    """Write that a channel took the cash of a payment after all, though it had declined."""
    assert answer.done_at is not None
    return LateCash.objects.create(
        payment=payment, channel_number=answer.channel_number, done_at=answer.done_at, told_at=at
    )


def ask_return(*, payment: CashPayment, at: datetime) -> CashPayment:
    """Write that the channel is about to be asked to give cash back that came late."""
    return CashPayment.objects.create(
        order=payment.order, kind=CashPayment.Kind.RETURN, number=_cash_number(payment.order, "L"),
        channel=payment.channel, amount_fen=payment.amount_fen, refunds=payment, business_serial="", asked_at=at,
    )  # fmt: skip


def _cash_number(order: Order, letter: str) -> str:
    """The next number of an order's cash, its row held."""
    return f"{order.number}{letter}{CashPayment.objects.filter(order=order).count() + 1}"


def keep_result(*, payment: CashPayment, answer: CashAnswer, at: datetime) -> CashResult:
    """Write the channel's last word on a payment or refund."""
    outcome = CashResult.Outcome.DONE if answer.word == Word.DONE else CashResult.Outcome.DECLINED
    result = CashResult.objects.create(
        payment=payment, outcome=outcome, channel=payment.channel, channel_number=answer.channel_number,
        done_at=answer.done_at, reason=answer.reason[:100], told_at=at,
    )  # fmt: skip
    payment.result = result
    return result
