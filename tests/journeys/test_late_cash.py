"""Cash that a channel takes after its payment was declared failed goes back by itself, exactly once, and the books agree."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from yibao.core.money import format_yuan
from yibao.domains.mobile_orders.channels import CashAnswer, Word
from yibao.domains.mobile_orders.models import CashPayment, ChannelEntry, LateCash, Order, PatientMessage
from yibao.domains.mobile_orders.queries import timeline
from yibao.workflows import return_late_cash as returning
from yibao.workflows.reconcile_channel import Cause, compare_day
from yibao.workflows.resume_mobile_orders import resume_orders, take_result

from .mobile_payer import MobilePayer, connect_test_channel, strike
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")
REGION = "110000"


@pytest.fixture
def payer():
    connect_test_channel()
    return MobilePayer()


@pytest.fixture
def failed(payer):
    """An order whose payment was declined, and will be paid after all a second later."""
    placed = payer.place(new_person(balance_fen=20_000), total="3000.00", account="1")
    strike("paid_late", operation="payment", seconds=1)
    assert payer.pay(placed)["ordStas"] == "16"
    return placed


def later(**delta):
    return datetime.now(UTC) + timedelta(**delta)


def entries(placed):
    found = ChannelEntry.objects.filter(number__startswith=placed["payOrdId"]).order_by("pk")
    return [(entry.kind, entry.state, entry.amount_fen) for entry in found]


def causes(day):
    return [difference.cause for difference in compare_day(day, region=REGION).differences]


def test_it_goes_back_by_itself_and_the_order_stays_as_it_is(payer, failed):
    order = Order.objects.get(number=failed["payOrdId"])
    payment = CashPayment.objects.get(order=order)
    assert resume_orders(at=datetime.now(UTC) - timedelta(seconds=5)) == 0
    assert not LateCash.objects.exists()

    resume_orders(at=later(seconds=2))

    assert LateCash.objects.get().payment == payment
    assert entries(failed) == [("payment", "done", payment.amount_fen), ("refund", "done", payment.amount_fen)]
    order.refresh_from_db()
    assert order.state == "failed"
    told = PatientMessage.objects.filter(order=order).order_by("pk")
    assert [message.kind for message in told] == ["failed", "late", "returned"]
    amount = format_yuan(payment.amount_fen)
    assert all(amount in message.text_zh and amount in message.text_en for message in told)
    assert [(each.kind, each.code) for each in timeline(order)][-5:] == [
        ("asked", "return"), ("answered", "late"), ("answered", "done"), ("message", "late"), ("message", "returned"),
    ]  # fmt: skip
    for _ in range(3):
        resume_orders(at=later(seconds=3))
    assert CashPayment.objects.filter(order=order, kind="return").count() == 1
    assert len(entries(failed)) == 2


def test_books_and_statement_agree_when_it_is_back(payer, failed):
    day = timezone.localdate(later(seconds=2))
    ChannelEntry.objects.filter(number__startswith=failed["payOrdId"]).update(notices_left=0)
    assert take_pending(failed)
    assert causes(day) == [Cause.DECLINED_HERE]
    assert returning.find_late_cash(day, at=later(seconds=2)) == 1
    assert returning.find_late_cash(day, at=later(seconds=2)) == 0
    assert causes(day) == [Cause.GOING_BACK]
    assert returning.return_late_cash(at=later(seconds=2)) == 1
    assert returning.return_late_cash(at=later(seconds=2)) == 0
    compared = compare_day(day, region=REGION)
    assert (compared.differences, compared.channel_fen, compared.own_fen) == ([], 0, 0)
    assert compared.channel_count == compared.own_count == 2


def take_pending(placed):
    """Let the bank pay what it had declined, without a word."""
    from yibao.domains.mobile_orders.channels import channel_named

    number = CashPayment.objects.get(order__number=placed["payOrdId"], kind="payment").number
    return channel_named("test").query(number, at=later(seconds=2)).word == Word.DONE


def test_the_order_is_paid_anew_and_only_the_late_cash_goes_back(payer, failed):
    assert payer.pay(failed)["ordStas"] == "6"
    late, paid = CashPayment.objects.filter(order__number=failed["payOrdId"]).order_by("pk")
    resume_orders(at=later(seconds=2))
    back = CashPayment.objects.get(kind="return")
    assert (back.refunds, back.amount_fen) == (late, late.amount_fen)
    assert entries(failed) == [
        ("payment", "done", late.amount_fen), ("payment", "done", paid.amount_fen), ("refund", "done", late.amount_fen),
    ]  # fmt: skip
    assert Order.objects.get(number=failed["payOrdId"]).state == "paid"


class TestOnce:
    def test_a_crash_before_the_channel_is_asked_leaves_the_intent(self, failed, monkeypatch):
        class CrashError(Exception):
            """The process dies."""

        def crash(*_args, **_named):
            raise CrashError

        with monkeypatch.context() as broken:
            broken.setattr(returning, "ask_channel", crash)
            with pytest.raises(CrashError):
                resume_orders(at=later(seconds=2))
        assert [kind for kind, _, _ in entries(failed)] == ["payment"]
        assert CashPayment.objects.filter(kind="return", result=None).count() == 1
        resume_orders(at=later(seconds=3))
        assert [kind for kind, _, _ in entries(failed)] == ["payment", "refund"]
        assert CashPayment.objects.filter(kind="return").count() == 1

    @pytest.mark.parametrize("fault", ["lost_before", "lost_after", "repeat"])
    def test_a_lost_or_repeated_answer_moves_no_money_twice(self, failed, fault):
        strike(fault, operation="refund")
        for seconds in (2, 3, 4):
            resume_orders(at=later(seconds=seconds))
        assert [(kind, state) for kind, state, _ in entries(failed)] == [("payment", "done"), ("refund", "done")]
        assert PatientMessage.objects.filter(kind="returned").count() == 1

    def test_a_channel_that_declines_is_asked_anew_an_hour_later(self, failed):
        strike("decline", operation="refund")
        resume_orders(at=later(seconds=2))
        with nothing_changes(but=("mobile_orders_channelentry",)):  # it tells its late word once more
            resume_orders(at=later(minutes=59))
        assert PatientMessage.objects.filter(kind="returned").count() == 0
        resume_orders(at=later(minutes=61))
        assert [(kind, state) for kind, state, _ in entries(failed)] == [
            ("payment", "done"), ("refund", "declined"), ("refund", "done"),
        ]  # fmt: skip
        assert [back.number[-2:] for back in CashPayment.objects.filter(kind="return").order_by("pk")] == ["L2", "L3"]

    def test_a_late_decline_of_what_was_done_changes_nothing(self, payer):
        placed = payer.place(new_person())
        payer.pay(placed)
        number = CashPayment.objects.get(order__number=placed["payOrdId"]).number
        with nothing_changes():
            assert take_result(number, CashAnswer(Word.DECLINED), at=datetime.now(UTC))


class TestTheDatabase:
    def test_cash_of_a_payment_that_was_done_is_not_late(self, payer):
        payer.pay(payer.place(new_person()))
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO mobile_orders_latecash (payment_id, channel_number, done_at, told_at)"
                " SELECT id, 'X', now(), now() FROM mobile_orders_cashpayment"
            )

    @pytest.mark.parametrize("moment", ["before", "after"])
    def test_nothing_is_returned_that_did_not_come_or_went_back(self, failed, moment):
        if moment == "after":
            resume_orders(at=later(seconds=2))
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO mobile_orders_cashpayment (order_id, kind, number, channel, amount_fen, refunds_id,"
                " business_serial, asked_at) SELECT order_id, 'return', number || 'x', channel, amount_fen, id, '', now()"
                " FROM mobile_orders_cashpayment WHERE kind = 'payment'"
            )

    @pytest.mark.parametrize(
        "statement", ["DELETE FROM mobile_orders_latecash", "UPDATE mobile_orders_latecash SET done_at = now()"]
    )
    def test_what_came_late_stays_written(self, failed, statement):
        resume_orders(at=later(seconds=2))
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
