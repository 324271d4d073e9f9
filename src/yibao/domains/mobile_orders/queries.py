"""Finding orders, what they come to, and what happened to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy

from yibao.domains.mobile_orders.models import (
    CashPayment,
    CashResult,
    ElectronicBill,
    LateCash,
    Notice,
    Order,
    OrderEvent,
)
from yibao.domains.mobile_orders.states import UNDECIDED, State, Step

_CAME_LATE: Final = gettext_lazy("done after it was declined")
_BEFORE_CASH: Final = frozenset({Step.PLACE, Step.PAY, Step.REFUND_ALL, Step.REFUND_INSURANCE, Step.REFUND_CASH})
_AT_ONE_MOMENT: Final = ("asked", "answered", "event", "bill", "message")


@dataclass(frozen=True, slots=True)
class Amounts:
    """Who pays what of an order, in fen: of the trial before it is settled, of its settlement afterwards.

    `account_fen` holds what relatives' accounts pay (`shared_fen`) too; delivery is cash alone and stands beside the total.
    """

    total_fen: int
    fund_fen: int
    account_fen: int
    shared_fen: int
    cash_fen: int
    hospital_fen: int
    delivery_fen: int

    @property
    def own_fen(self) -> int:
        """What the person pays in cash, delivery included (ownPayAmt)."""
        return self.cash_fen + self.delivery_fen

    @property
    def insurance_fen(self) -> int:
        """What funds and accounts pay."""
        return self.fund_fen + self.account_fen

    @property
    def payable_fen(self) -> int:
        """What funds, accounts and cash pay together (feeSumamt); what the hospital bears, nobody pays."""
        return self.insurance_fen + self.own_fen


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened to an order: `kind` is event, asked, answered, bill or message, `code` which of them."""

    at: datetime
    kind: str
    code: str
    label: str
    reference: str = ""
    amount_fen: int | None = None
    note: str = ""
    settlement_id: int | None = None


def amounts_of(order: Order) -> Amounts:
    """What an order comes to."""
    settlement = order.settlement
    if settlement is None:
        return Amounts(
            order.total_fen, order.trial_fund_fen, order.trial_account_fen, 0, order.trial_cash_fen,
            order.trial_hospital_fen, order.delivery_fen,
        )  # fmt: skip
    return Amounts(
        settlement.total_fen, settlement.fund_fen, settlement.account_fen, settlement.shared_account_fen,
        settlement.cash_fen, settlement.hospital_fen, order.delivery_fen,
    )  # fmt: skip


def orders_with_parties() -> "QuerySet[Order]":
    """Orders with person, institution and settlement, newest first."""
    return Order.objects.select_related("person", "institution__division", "settlement", "visit").order_by("-id")


def order_numbered(number: str) -> Order | None:
    """The order of this number (payOrdId), or none."""
    return orders_with_parties().filter(number=number).first()


def order_of_institution(*, institution_id: int, number: str) -> Order | None:
    """The institution's order of this number of its own (medOrgOrd) that was not revoked, or none."""
    found = orders_with_parties().filter(institution_id=institution_id, number_at_institution=number)
    return found.exclude(state=State.REVOKED).first()


def locked_order(order_id: int) -> Order:
    """The order, its row held until the transaction ends; the person is locked before, always."""
    # The transaction is the driver's (`storage.transaction`), of which Django's own locks know nothing.
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM mobile_orders_order WHERE id = %s FOR NO KEY UPDATE", [order_id])
    return orders_with_parties().get(pk=order_id)


def of_person(person_id: int) -> "QuerySet[Order]":
    """The orders of a person, newest first."""
    return orders_with_parties().filter(person_id=person_id)


def of_prescription(rx_trace_code: str) -> "QuerySet[Order]":
    """The orders by which a prescription (rxTraceCode) was paid with their institutions, newest first."""
    if not rx_trace_code:
        return Order.objects.none()
    return Order.objects.select_related("institution").filter(rx_trace_code=rx_trace_code).order_by("-id")


def cash_payments_of(order_id: int) -> list[CashPayment]:
    """What was asked of payment channels for an order, with the results, oldest first."""
    return list(CashPayment.objects.select_related("result", "late").filter(order_id=order_id).order_by("id"))


def signed_fen(payment: CashPayment) -> int:
    """The amount as a statement has it: what goes back is negative."""
    return payment.amount_fen if payment.kind == CashPayment.Kind.PAYMENT else -payment.amount_fen


def result_of(payment: CashPayment) -> CashResult | None:
    """The channel's last word, when it was said."""
    return getattr(payment, "result", None)


def late_cash_of(payment: CashPayment) -> LateCash | None:
    """The cash that came though this payment counts as declined, if it did."""
    return getattr(payment, "late", None)


def declined_among(numbers: Sequence[str]) -> list[CashPayment]:
    """The payments of these numbers that count as declined, without those whose cash is known to have come late."""
    found = CashPayment.objects.select_related("order__person", "result").filter(
        number__in=numbers, kind=CashPayment.Kind.PAYMENT, result__outcome=CashResult.Outcome.DECLINED, late=None
    )
    return list(found.order_by("id"))


def latest_return(payment_id: int) -> CashPayment | None:
    """The latest asking to give late cash back, with its result; none where it was not asked yet."""
    found = CashPayment.objects.select_related("result").filter(refunds_id=payment_id, kind=CashPayment.Kind.RETURN)
    return found.order_by("-id").first()


def late_cash_to_give_back(*, limit: int) -> list[LateCash]:
    """Cash that came late and was not given back, oldest first."""
    back = CashPayment.objects.filter(
        refunds=OuterRef("pk"), kind=CashPayment.Kind.RETURN, result__outcome=CashResult.Outcome.DONE
    )
    found = LateCash.objects.select_related("payment__order__person").filter(~Exists(back))
    return list(found.order_by("told_at", "pk")[:limit])


def open_payment(order_id: int, kind: str) -> CashPayment | None:
    """What was asked last of this kind and has no result yet."""
    found = [each for each in cash_payments_of(order_id) if each.kind == kind]
    return found[-1] if found and result_of(found[-1]) is None else None


def done_payment(order_id: int) -> CashPayment | None:
    """The payment of cash that was done, or none."""
    return next(
        (
            each
            for each in cash_payments_of(order_id)
            if each.kind == CashPayment.Kind.PAYMENT and _is_done(result_of(each))
        ),
        None,
    )


def _is_done(result: CashResult | None) -> bool:
    return result is not None and result.outcome == CashResult.Outcome.DONE


def refunded_fen(order_id: int) -> int:
    """How much of an order's cash went back, by what the channel has said."""
    cash = cash_payments_of(order_id)
    return sum(each.amount_fen for each in cash if each.kind == CashPayment.Kind.REFUND and _is_done(result_of(each)))


def payment_numbered(number: str) -> CashPayment | None:
    """The payment or refund of this number, with order and result."""
    return CashPayment.objects.select_related("order__person", "result").filter(number=number).first()


def serial_of_payment(order_id: int) -> str:
    """The institution's serial (orgBizSer) under which the order was paid last; empty when it was not."""
    found = OrderEvent.objects.filter(order_id=order_id, step=Step.PAY).order_by("-id")
    return found.values_list("business_serial", flat=True).first() or ""


def refund_with_serial(order_id: int, serial: str) -> OrderEvent | None:
    """The refund that the institution asked for under this serial (appRefdSn), or none."""
    steps = (Step.REFUND_ALL, Step.REFUND_INSURANCE, Step.REFUND_CASH)
    return OrderEvent.objects.filter(order_id=order_id, step__in=steps, business_serial=serial).first()


def standing_bill(order_id: int) -> ElectronicBill | None:
    """The bill of an order that no red-letter bill takes back, or none."""
    found = ElectronicBill.objects.filter(order_id=order_id, kind=ElectronicBill.Kind.BLUE, reversal=None)
    return found.order_by("-id").first()


def bills_of(order_id: int) -> list[ElectronicBill]:
    """All bills of an order, oldest first."""
    return list(ElectronicBill.objects.filter(order_id=order_id).order_by("id"))


def bill_known_by(*, code: str, number: str, check_code: str) -> ElectronicBill | None:
    """The bill that has these three numbers (查验): none when one of them is wrong."""
    found = ElectronicBill.objects.select_related("order", "reverses").filter(code=code, number=number)
    return found.filter(check_code=check_code).first()


def undecided_orders(*, before: datetime, limit: int) -> list[Order]:
    """Orders with something asked of a channel and not answered that last moved before a moment, oldest first."""
    asked = CashPayment.objects.filter(order=OuterRef("pk"), result=None)
    waiting = orders_with_parties().filter(Exists(asked), state__in=UNDECIDED).order_by("id")
    moved = OrderEvent.objects.filter(happened_at__gte=before).values("order_id")
    return list(waiting.exclude(pk__in=moved)[:limit])


def latest_event(order_id: int) -> OrderEvent:
    """What happened to an order last."""
    return OrderEvent.objects.filter(order_id=order_id).order_by("-id")[0]


def waiting_notices(*, at: datetime, limit: int) -> list[Notice]:
    """Notices whose next try is due, oldest first."""
    found = Notice.objects.select_related("institution", "order").filter(delivered_at=None, next_try_at__lte=at)
    return list(found.order_by("id")[:limit])


def timeline(order: Order) -> list[TimelineEntry]:
    """Everything that happened to an order, in the order of time: events, cash, bills, words to the patient."""
    entries = [*_events(order), *_cash(order), *_told(order)]
    return sorted(entries, key=lambda entry: (entry.at, _place(entry)))


def _place(entry: TimelineEntry) -> int:
    """The order within one moment, for a message's own time stands on all that it did."""
    if entry.kind == "event" and entry.code in _BEFORE_CASH:
        return -1
    return _AT_ONE_MOMENT.index(entry.kind)


def _events(order: Order) -> Sequence[TimelineEntry]:
    return [
        TimelineEntry(
            event.happened_at, "event", event.step, event.get_step_display(), event.msgid, note=event.reason,
            settlement_id=event.settlement_id,
        )
        for event in order.events.all()
    ]  # fmt: skip


def _cash(order: Order) -> Sequence[TimelineEntry]:
    entries = []
    for payment in cash_payments_of(order.pk):
        label, amount_fen = payment.get_kind_display(), signed_fen(payment)
        entries.append(TimelineEntry(payment.asked_at, "asked", payment.kind, label, payment.number, amount_fen))
        result = result_of(payment)
        if result is not None:
            told = result.get_outcome_display()
            entries.append(
                TimelineEntry(
                    result.told_at, "answered", result.outcome, told, result.channel_number, amount_fen, result.reason
                )
            )
        late = late_cash_of(payment)
        if late is not None:
            entries.append(
                TimelineEntry(
                    late.told_at, "answered", "late", str(_CAME_LATE), late.channel_number, payment.amount_fen
                )
            )
    return entries


def _told(order: Order) -> Sequence[TimelineEntry]:
    bills = [
        TimelineEntry(
            bill.issued_at, "bill", bill.kind, bill.get_kind_display(), f"{bill.code} {bill.number}",
            bill.total_fen + bill.delivery_fen,
        )
        for bill in bills_of(order.pk)
    ]  # fmt: skip
    messages = [
        TimelineEntry(message.told_at, "message", message.kind, message.get_kind_display())
        for message in order.patient_messages.all()
    ]
    return [*bills, *messages]
