"""What a payment channel said of an order's cash becomes the order's state: once, however often and by whatever way it is told.

Done: the order is paid, its bill issued, patient and institution told. Declined: the settlement is reversed as if it had never
been. The cash of a refund that came back ends the order. Cash that comes after its payment was declined leaves the order as it is
and goes back: that it has to is written down here, once, and the channel is asked by `return_late_cash`.
"""

from datetime import datetime
from typing import NamedTuple

from yibao.domains.mobile_orders.bills import PatientMessage
from yibao.domains.mobile_orders.channels import (
    FINAL,
    CashAnswer,
    CashWish,
    Word,
    channel_named,
)
from yibao.domains.mobile_orders.issuing import issue_bill
from yibao.domains.mobile_orders.models import CashPayment, CashResult, Order
from yibao.domains.mobile_orders.operations import Cause, ask_return, keep_late_cash, keep_result, move
from yibao.domains.mobile_orders.queries import done_payment, late_cash_of, locked_order, refunded_fen, result_of
from yibao.domains.mobile_orders.states import Step as OrderStep
from yibao.domains.mobile_orders.telling import notify_institution, tell_patient
from yibao.domains.people.queries import LockedPerson
from yibao.domains.settlement.queries import standing_settlement
from yibao.domains.storage import Raw
from yibao.workflows.exactly_once import Outcome, Request, Step, hold
from yibao.workflows.on_held_person import on_held_person
from yibao.workflows.reverse_settlement import reverse


class HeldOrder(NamedTuple):
    """An order whose row is held after its person's."""

    raw: Raw
    person: LockedPerson
    order: Order


Kind = PatientMessage.Kind
PAY, REFUND = "6202", "6203"


def ask_channel(payment: CashPayment, *, at: datetime) -> CashAnswer:
    """Ask the channel to carry out what was written down; asked again, it does nothing new."""
    channel = channel_named(payment.channel)
    refunds = payment.refunds
    wish = CashWish(
        payment.number, payment.amount_fen, payment.order.institution_id, at, "" if refunds is None else refunds.number
    )
    return channel.pay(wish) if refunds is None else channel.refund(wish)


def conclusion_step(
    order_id: int, payment: CashPayment | None, answer: CashAnswer, request: Request, *, at: datetime
) -> Step[None, Order]:
    """The last of the steps of paying or refunding, kept with the message: the channel's word, where it said one."""

    def act(raw: Raw, person: LockedPerson | None, _asked: None) -> Outcome[Order]:
        assert person is not None
        order = locked_order(order_id)
        if payment is not None:
            conclude(HeldOrder(raw, person, order), payment, answer, request, at=at)
        return Outcome(order, order.pk)

    return Step(lambda _raw: None, act)


def conclude_alone(payment: CashPayment, answer: CashAnswer, *, at: datetime) -> None:
    """Conclude outside of any message: the channel told by itself, or was asked again."""
    if answer.word not in FINAL:
        return
    order = payment.order
    request = request_of_platform(order, PAY if payment.kind == CashPayment.Kind.PAYMENT else REFUND, at=at)
    on_held_person(
        order.person.number,
        lambda raw, person: conclude(HeldOrder(raw, person, locked_order(order.pk)), payment, answer, request, at=at),
    )


def request_of_platform(order: Order, infno: str, *, at: datetime) -> Request:
    """What the platform does by itself, in the shape of a message; the number is that of the settlement's message."""
    msgid = order.settlement.msgid if order.settlement else ""
    return Request(order.institution_id, msgid, infno, "", b"", b"", at)


def conclude(held: HeldOrder, payment: CashPayment, answer: CashAnswer, request: Request, *, at: datetime) -> None:
    """Keep a channel's last word and move the order by it; a word that is not the last, or was kept before, changes nothing."""
    if answer.word not in FINAL:
        return
    standing = CashPayment.objects.select_related("result", "late", "order__institution").get(pk=payment.pk)
    if result_of(standing) is not None:
        _take_late(standing, answer, at=at)
        return
    keep_result(payment=standing, answer=answer, at=at)
    cause = Cause(at, request.infno, request.msgid, request.operator)
    if standing.kind == CashPayment.Kind.REFUND:
        _conclude_refund(held.order, standing, answer, cause)
    elif standing.kind == CashPayment.Kind.RETURN:
        _conclude_return(held.order, standing, answer, at=at)
    elif answer.word == Word.DONE:
        complete(held.order, cause)
    else:
        _fail(held, answer, request, cause)


def _take_late(payment: CashPayment, answer: CashAnswer, *, at: datetime) -> None:
    """Cash that came though its payment was declined: write once that it did, and that it has to go back."""
    declined = result_of(payment)
    is_late = declined is not None and declined.outcome == CashResult.Outcome.DECLINED and answer.word == Word.DONE
    if not is_late or payment.kind != CashPayment.Kind.PAYMENT or late_cash_of(payment) is not None:
        return
    keep_late_cash(payment=payment, answer=answer, at=at)
    ask_return(payment=payment, at=at)
    tell_patient(order=payment.order, kind=Kind.LATE, bill=None, at=at, cash_fen=payment.amount_fen)


def _conclude_return(order: Order, back: CashPayment, answer: CashAnswer, *, at: datetime) -> None:
    """Late cash went back; where the channel would not give it, it is asked anew later."""
    if answer.word == Word.DONE:
        tell_patient(order=order, kind=Kind.RETURNED, bill=None, at=at, cash_fen=back.amount_fen)


def complete(order: Order, cause: Cause) -> None:
    """The order is paid: bill, words to the patient, notice to the institution."""
    move(order=order, step=OrderStep.CONFIRM, cause=cause)
    bill = issue_bill(order=order, at=cause.at)
    tell_patient(order=order, kind=Kind.PAID, bill=bill, at=cause.at)
    notify_institution(order=order, at=cause.at)


def _fail(held: HeldOrder, answer: CashAnswer, request: Request, cause: Cause) -> None:
    """The cash finally failed: what funds and accounts paid goes back."""
    raw, person, order = held
    assert order.settlement_id is not None
    found = standing_settlement(settlement_id=order.settlement_id)
    assert found is not None
    hold(person, found[1].shared_owner_ids)
    reversal = reverse(raw, found[1], request, at=cause.at, in_any_order=True)
    move(order=order, step=OrderStep.FAIL, cause=cause, settlement_id=reversal.id, reason=answer.reason)
    tell_patient(order=order, kind=Kind.FAILED, bill=None, at=cause.at)
    notify_institution(order=order, at=cause.at)


def _conclude_refund(order: Order, back: CashPayment, answer: CashAnswer, cause: Cause) -> None:
    """The cash went back, all or some of it, or the channel would not give it."""
    paid = done_payment(order.pk)
    if answer.word == Word.DONE and paid is not None and refunded_fen(order.pk) < paid.amount_fen:
        move(order=order, step=OrderStep.REFUND_PART, cause=cause)
        tell_patient(order=order, kind=Kind.PART, bill=None, at=cause.at, cash_fen=back.amount_fen)
        notify_institution(order=order, at=cause.at)
    elif answer.word == Word.DONE:
        end_refund(order, cause)
    else:
        move(order=order, step=OrderStep.CASH_DECLINED, cause=cause, reason=answer.reason)


def end_refund(order: Order, cause: Cause) -> None:
    """Everything was given back."""
    move(order=order, step=OrderStep.REFUND_DONE, cause=cause)
    tell_patient(order=order, kind=Kind.REFUNDED, bill=None, at=cause.at)
    notify_institution(order=order, at=cause.at)
