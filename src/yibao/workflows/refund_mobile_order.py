"""Give a mobile payment order back (6203): all of it, or its insurance part first and its cash after, at once or in parts.

A settlement is reversed as a whole, so parts of what funds and accounts paid are not given back: no line of the bill is named in 6203.
Cash is not given back while the settlement stands: that would be waiving what the person has to pay (our default). The
channel is asked outside of any transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from yibao.core.errors import YibaoError
from yibao.domains.messages.queries import ask_for_message, message_of
from yibao.domains.mobile_orders.authorising import check_authorisation
from yibao.domains.mobile_orders.bills import PatientMessage
from yibao.domains.mobile_orders.channels import SILENCE
from yibao.domains.mobile_orders.issuing import issue_red_bill
from yibao.domains.mobile_orders.models import CashPayment, Order
from yibao.domains.mobile_orders.operations import Cause, ask_cash_back, move
from yibao.domains.mobile_orders.queries import (
    amounts_of,
    done_payment,
    locked_order,
    open_payment,
    refund_with_serial,
    refunded_fen,
)
from yibao.domains.mobile_orders.states import State, after, refused
from yibao.domains.mobile_orders.states import Step as OrderStep
from yibao.domains.mobile_orders.telling import notify_institution, tell_patient
from yibao.domains.people.queries import LockedPerson
from yibao.domains.storage import Raw
from yibao.workflows.change_visit import VisitChange
from yibao.workflows.conclude_cash import HeldOrder, ask_channel, conclusion_step, end_refund
from yibao.workflows.exactly_once import Request
from yibao.workflows.mobile_order_parties import own_order
from yibao.workflows.on_held_person import on_held_person
from yibao.workflows.pay_mobile_order import LastStep
from yibao.workflows.reverse_settlement import ReversalWish, reversal_step
from yibao.workflows.withdraw_fees import NothingToWithdrawError, withdraw_batch_step

ALL, INSURANCE, CASH = "ALL", "HI", "CASH"
_STEPS: Final = {ALL: OrderStep.REFUND_ALL, INSURANCE: OrderStep.REFUND_INSURANCE, CASH: OrderStep.REFUND_CASH}


class UnknownRefundKindError(YibaoError):
    """The kind of refund is not ALL, CASH or HI (退费类型错误)."""

    code: ClassVar[str] = "mobile_orders.unknown_refund_kind"


class RefundAmountError(YibaoError):
    """An amount is not the whole of what this part of the order came to (退费金额不符)."""

    code: ClassVar[str] = "mobile_orders.refund_amount"


class RefundSerialInUseError(YibaoError):
    """The refund serial was used for another kind of refund (应用退款流水号重复)."""

    code: ClassVar[str] = "mobile_orders.refund_serial_in_use"


@dataclass(frozen=True, slots=True)
class RefundWish:
    """Which order is given back, and how much by which payer; amounts in fen, those of account and fund may be left open."""

    institution_id: int
    number: str
    serial: str
    kind: str
    total_fen: int
    cash_fen: int
    account_fen: int | None
    fund_fen: int | None
    authorisation: tuple[str, str] | None
    at: datetime


def refund_order(wish: RefundWish, request: Request) -> LastStep:
    """Reverse the settlement and ask the channel for the cash; the last step is for `exactly_once.perform`.

    :raises UnknownOrderError, UnknownRefundKindError, WrongOrderStateError, RefundAmountError, RefundSerialInUseError: nothing
        was changed; nor by whatever reversing refuses.
    """
    if wish.kind not in _STEPS:
        raise UnknownRefundKindError(field="refdType", sent=wish.kind)
    order = own_order(institution_id=wish.institution_id, number=wish.number)
    payment = on_held_person(order.person.number, lambda raw, person: _begin(raw, person, order.pk, wish, request))
    answer = SILENCE if payment is None else ask_channel(payment, at=wish.at)
    return LastStep(order.person.number, conclusion_step(order.pk, payment, answer, request, at=wish.at))


def _begin(raw: Raw, person: LockedPerson, order_id: int, wish: RefundWish, request: Request) -> CashPayment | None:
    """Reverse and write down the cash to be asked back; nothing again where this message, or this serial, was here before."""
    earlier = message_of(raw, ask_for_message(raw, institution_id=wish.institution_id, msgid=request.msgid))
    order = locked_order(order_id)
    if earlier is not None:
        return None
    step = _STEPS[wish.kind]
    known = refund_with_serial(order.pk, wish.serial)
    if known is not None:
        if known.step != step:
            raise RefundSerialInUseError(field="appRefdSn", serial=wish.serial)
        return open_payment(order.pk, CashPayment.Kind.REFUND)
    after(order.state, step)
    if open_payment(order.pk, CashPayment.Kind.REFUND) is not None:
        raise refused(order.state, step)
    _check_amounts(order, wish)
    if wish.authorisation is not None:
        code, field = wish.authorisation
        check_authorisation(code=code, person_id=person.id, institution_id=wish.institution_id, field=field, at=wish.at)
    cause = Cause(wish.at, request.infno, request.msgid, request.operator)
    if wish.kind == CASH:
        move(order=order, step=step, cause=cause, serial=wish.serial)
        return _cash_back(order, cause, serial=wish.serial, amount_fen=wish.cash_fen)
    _reverse(HeldOrder(raw, person, order), wish, request, cause, step)
    if wish.kind == ALL or not amounts_of(order).own_fen:
        return _cash_back(order, cause, serial=wish.serial)
    tell_patient(order=order, kind=PatientMessage.Kind.INSURANCE, bill=None, at=cause.at)
    notify_institution(order=order, at=cause.at)
    return None


def _check_amounts(order: Order, wish: RefundWish) -> None:
    """Insist that each amount sent is the whole of its part; of cash that is asked back alone, what is left or some of it."""
    amounts = amounts_of(order)
    takes_insurance, takes_cash = wish.kind != CASH, wish.kind != INSURANCE
    fund_fen, account_fen = (amounts.fund_fen, amounts.account_fen) if takes_insurance else (0, 0)
    cash_fen = amounts.own_fen if takes_cash else 0
    if not takes_insurance:
        left_fen = amounts.own_fen - refunded_fen(order.pk)
        cash_fen = wish.cash_fen if 0 < wish.cash_fen <= left_fen else left_fen
    for field, sent, due in (
        ("totlRefdAmt", wish.total_fen, fund_fen + account_fen + cash_fen),
        ("cashRefdAmt", wish.cash_fen, cash_fen),
        ("psnAcctRefdAmt", wish.account_fen, account_fen),
        ("fundRefdAmt", wish.fund_fen, fund_fen),
    ):
        if sent is not None and sent != due:
            raise RefundAmountError(field=field, sent_fen=sent, due_fen=due)


def _reverse(held: HeldOrder, wish: RefundWish, request: Request, cause: Cause, step: OrderStep) -> None:
    """Take the settlement back, its bill with it, and withdraw the lines, so that they can be charged anew."""
    raw, person, order = held
    assert order.settlement_id is not None
    reversing = reversal_step(
        ReversalWish(
            institution_id=order.institution_id, person_number=person.number, settlement_id=order.settlement_id,
            visit_id=order.visit_id, is_inpatient=False, at=wish.at, is_mobile=True,
        ),
        request,
    )  # fmt: skip
    reversal = reversing.act(raw, person, None).made.reversal
    move(order=order, step=step, cause=cause, settlement_id=reversal.id, serial=wish.serial)
    issue_red_bill(order=order, reversal_id=reversal.id, at=wish.at)
    withdraw_order_lines(raw, person, order, at=wish.at)


def withdraw_order_lines(raw: Raw, person: LockedPerson, order: Order, *, at: datetime) -> None:
    """Withdraw the order's fee lines that are not settled, if there are any."""
    change = VisitChange(order.institution_id, person.number, order.visit_id, is_inpatient=False, at=at)
    withdrawing = withdraw_batch_step(change, batch_number=order.batch_number)
    try:
        withdrawing.act(raw, person, withdrawing.ask(raw))
    except NothingToWithdrawError:
        return


def _cash_back(order: Order, cause: Cause, *, serial: str, amount_fen: int | None = None) -> CashPayment | None:
    """Write down that the cash is asked back, all or some of it; where there was none, the order is given back already."""
    paid = done_payment(order.pk)
    if paid is None:
        end_refund(order, cause)
        return None
    if order.state == State.CASH_OWED:
        tell_patient(order=order, kind=PatientMessage.Kind.REFUNDING, bill=None, at=cause.at)
        notify_institution(order=order, at=cause.at)
    amount_fen = paid.amount_fen if amount_fen is None else amount_fen
    return ask_cash_back(order=order, payment=paid, amount_fen=amount_fen, serial=serial, at=cause.at)
