"""Many at once pay, give back and tell: with real threads and committed data the cash moves once."""

from datetime import UTC, datetime, timedelta

import pytest

from yibao.domains.enrolment.models import PersonalAccount
from yibao.domains.mobile_orders.channels import CashAnswer, Word
from yibao.domains.mobile_orders.models import CashPayment, ChannelEntry, ElectronicBill, Order, PatientMessage
from yibao.domains.settlement.models import Settlement
from yibao.workflows.resume_mobile_orders import resume_orders, take_result

from .mobile_payer import MobilePayer, connect_test_channel, strike
from .small_town import new_person
from .test_races import at_once

pytestmark = pytest.mark.usefixtures("shared_town")
THREADS = 4


@pytest.fixture
def payer():
    connect_test_channel()
    return MobilePayer()


def results(answers):
    return sorted(answer["infcode"] for answer in answers)


def test_one_order_paid_by_many_at_once_is_paid_once(payer):
    person = new_person(balance_fen=20_000)
    placed = payer.place(person, total="3000.00", account="1")
    code = payer.scan(person)
    strike("late", seconds=1)
    same = payer.payment(placed, code=code, serial="S")
    other = payer.payment(placed, code=code, serial="T")

    answers = at_once([lambda sent=sent: MobilePayer().hospital.ask("6202", sent) for sent in (same, other) * 2])

    assert results(answers) in ([-1, -1, 0, 0], [-1, 0, 0, 0])
    assert Order.objects.get(number=placed["payOrdId"]).state == "paid"
    assert Settlement.objects.filter(person=person).count() == 1
    assert CashPayment.objects.filter(order__number=placed["payOrdId"]).count() == 1
    assert ChannelEntry.objects.filter(number__startswith=placed["payOrdId"]).count() == 1
    assert ElectronicBill.objects.filter(order__number=placed["payOrdId"]).count() == 1
    assert PersonalAccount.objects.get(person=person).balance_fen == 0


def test_one_order_given_back_by_many_at_once_is_given_back_once(payer):
    person = new_person(balance_fen=20_000)
    placed = payer.place(person, total="3000.00", account="1")
    paid = payer.pay(placed)
    same = payer.refund_input(placed, paid, serial="R")
    other = payer.refund_input(placed, paid, serial="Q")

    answers = at_once([lambda sent=sent: MobilePayer().hospital.ask("6203", sent) for sent in (same, other) * 2])

    assert results(answers) == [-1, -1, 0, 0]
    assert Order.objects.get(number=placed["payOrdId"]).state == "refunded"
    assert Settlement.objects.filter(person=person).count() == 2
    entries = ChannelEntry.objects.filter(number__startswith=placed["payOrdId"], kind="refund")
    assert [entry.amount_fen for entry in entries] == [round(float(paid["ownPayAmt"]) * 100)]
    assert PersonalAccount.objects.get(person=person).balance_fen == 20_000


def test_parts_of_the_cash_asked_for_by_many_at_once_never_come_to_more(payer):
    placed = payer.place(new_person(), total="1000.00")
    paid = payer.pay(placed)
    payer.refund(placed, paid, kind="HI")
    part = {"cashRefdAmt": "600.00", "totlRefdAmt": "600.00"}
    sent = [payer.refund_input(placed, paid, kind="CASH", serial=f"C{n}", **part) for n in range(THREADS)]

    answers = at_once([lambda one=one: MobilePayer().hospital.ask("6203", one) for one in sent])

    assert results(answers) == [-1, -1, -1, 0]
    back = ChannelEntry.objects.filter(number__startswith=placed["payOrdId"], kind="refund", state="done")
    assert [entry.amount_fen for entry in back] == [60_000]
    assert Order.objects.get(number=placed["payOrdId"]).state == "cash_part_back"


def test_a_result_told_by_many_at_once_counts_once(payer):
    person = new_person()
    placed = payer.place(person)
    strike("lost_after")
    payer.pay(placed)
    entry = ChannelEntry.objects.get(number__startswith=placed["payOrdId"])
    told = CashAnswer(Word.DONE, entry.channel_number, entry.done_at)

    at_once([lambda: take_result(entry.number, told, at=datetime.now(UTC))] * THREADS)

    assert Order.objects.get(number=placed["payOrdId"]).state == "paid"
    assert ElectronicBill.objects.filter(order__number=placed["payOrdId"]).count() == 1


def test_late_cash_heard_of_by_many_at_once_goes_back_once(payer):
    placed = payer.place(new_person())
    strike("paid_late", seconds=1)
    payer.pay(placed)
    later = datetime.now(UTC) + timedelta(seconds=2)

    at_once([lambda: resume_orders(at=later)] * THREADS)

    cash = CashPayment.objects.filter(order__number=placed["payOrdId"]).order_by("pk")
    assert [each.kind for each in cash] == ["payment", "return"]
    entries = ChannelEntry.objects.filter(number__startswith=placed["payOrdId"]).order_by("pk")
    assert [(entry.kind, entry.state) for entry in entries] == [("payment", "done"), ("refund", "done")]
    told = PatientMessage.objects.filter(order__number=placed["payOrdId"]).order_by("pk")
    assert [message.kind for message in told] == ["failed", "late", "returned"]


def test_one_upload_sent_by_many_at_once_is_one_order(payer):
    person = new_person()
    sent = payer.upload(person)
    answers = at_once([lambda: MobilePayer().hospital.ask("6201", sent)] * THREADS)
    assert results(answers) == [0] * THREADS
    assert len({answer["output"]["data"]["payOrdId"] for answer in answers}) == 1


def test_orders_of_one_person_paid_at_once_never_overdraw_the_account(payer):
    person = new_person(balance_fen=50_000)
    orders = [payer.place(person, total="300.00", account="1") for _ in range(THREADS)]
    sent = [payer.payment(placed) for placed in orders]
    answers = at_once([lambda one=one: MobilePayer().hospital.ask("6202", one) for one in sent])
    assert results(answers) == [0] * THREADS
    assert sum(round(float(each["output"]["data"]["psnAcctPay"]) * 100) for each in answers) == 50_000
    assert PersonalAccount.objects.get(person=person).balance_fen == 0
