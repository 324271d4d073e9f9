"""A patient pays a hospital's bill from afar: one step of fund, account and cash; once, whatever happens; and gets it back once."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from yibao.domains.enrolment.models import PersonalAccount
from yibao.domains.messages.models import RecordRead
from yibao.domains.mobile_orders.channels import CashAnswer, Word
from yibao.domains.mobile_orders.models import (
    CashPayment,
    CashResult,
    ChannelEntry,
    ElectronicBill,
    Notice,
    Order,
    OrderEvent,
    PatientMessage,
)
from yibao.domains.mobile_orders.queries import of_person, of_prescription, timeline
from yibao.domains.settlement.models import Accumulator, Settlement
from yibao.domains.visits.models import FeeLine, Visit
from yibao.workflows.resume_mobile_orders import resume_orders, take_result
from yibao.workflows.show_credential import authorise_payment

from .mobile_payer import MobilePayer, connect_test_channel, strike
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")


@pytest.fixture
def payer():
    connect_test_channel()
    return MobilePayer()


@pytest.fixture
def person():
    return new_person(balance_fen=20_000)


def order_of(placed):
    return Order.objects.select_related("settlement").get(number=placed["payOrdId"])


def steps_of(placed):
    return list(OrderEvent.objects.filter(order__number=placed["payOrdId"]).values_list("step", flat=True))


def yuan(value):
    return round(float(value) * 100)


@pytest.mark.requirement("MOB-01", "MOB-06")
def test_one_step_of_fund_account_and_cash(payer, person):
    placed = payer.place(person, total="3000.00", account="1", extData={"deliveryFee": "8.00", "rxTraceCode": "RX1"})
    tried = placed["further"]["preSetlinfo"]
    assert yuan(tried["medfee_sumamt"]) == 300_000
    assert not Settlement.objects.filter(person=person).exists()

    paid = payer.pay(placed, acctUsedFlag="1")

    assert paid["ordStas"] == "6"
    assert yuan(paid["feeSumamt"]) == 300_800
    assert yuan(paid["feeSumamt"]) == sum(yuan(paid[name]) for name in ("ownPayAmt", "psnAcctPay", "fundPay"))
    assert yuan(paid["fundPay"]) == yuan(tried["fund_pay_sumamt"]) > 0
    assert yuan(paid["psnAcctPay"]) == 20_000
    settlement = Settlement.objects.get(person=person)
    assert (settlement.fund_fen, settlement.account_fen) == (yuan(paid["fundPay"]), 20_000)
    assert settlement.cash_fen + 800 == yuan(paid["ownPayAmt"])
    assert json.loads(paid["extData"])["setlinfo"]["setl_id"] == str(settlement.pk)
    assert PersonalAccount.objects.get(person=person).balance_fen == 0
    entry = ChannelEntry.objects.get(number__startswith=placed["payOrdId"])
    assert (entry.amount_fen, entry.state) == (yuan(paid["ownPayAmt"]), "done")
    assert steps_of(placed) == ["place", "pay", "confirm"]
    order = order_of(placed)
    assert list(of_person(person.pk)) == list(of_prescription("RX1")) == [order]
    assert [(each.kind, each.code) for each in timeline(order)] == [
        ("event", "place"), ("event", "pay"), ("asked", "payment"), ("answered", "done"), ("event", "confirm"),
        ("bill", "blue"), ("message", "paid"),
    ]  # fmt: skip

    bill = ElectronicBill.objects.get(order=order)
    assert bill.total_fen == 300_000 == sum(line["amount_fen"] for line in bill.lines)
    assert (bill.fund_fen, bill.account_fen, bill.delivery_fen) == (settlement.fund_fen, 20_000, 800)
    told = PatientMessage.objects.get(order=order)
    assert "医保基金" in told.text_zh
    assert "配送费（现金，医保不支付）8.00元" in told.text_zh
    assert bill.number in told.text_en
    notice = Notice.objects.get(order=order)
    assert (notice.infno, notice.content["ordStas"], notice.content["fundPay"]) == ("6302", "6", settlement.fund_fen)


@pytest.mark.requirement("INT-34")
def test_delivery_is_cash_and_never_paid_by_the_fund(payer):
    without = payer.pay(payer.place(new_person(), total="3000.00"))
    placed = payer.place(new_person(balance_fen=500_000), total="3000.00", account="1", extData={"deliveryFee": 12})
    paid = payer.pay(placed)
    assert (yuan(without["fundPay"]), yuan(paid["ownPayAmt"])) == (yuan(paid["fundPay"]), 1_200)
    assert yuan(paid["fundPay"]) + yuan(paid["psnAcctPay"]) == 300_000
    bill = ElectronicBill.objects.get(order__number=placed["payOrdId"])
    assert (bill.total_fen, bill.delivery_fen, bill.cash_fen) == (300_000, 1_200, 0)


def test_nothing_but_insurance_pays_a_bill_without_cash(payer):
    person = new_person(balance_fen=50_000)
    placed = payer.place(person, total="200.00", account="1")
    paid = payer.pay(placed)
    assert (paid["ordStas"], yuan(paid["ownPayAmt"]), yuan(paid["psnAcctPay"])) == ("6", 0, 20_000)
    assert not CashPayment.objects.filter(order__number=placed["payOrdId"]).exists()
    assert payer.look(placed)["setlType"] == "HI"
    assert payer.refund(placed, paid) == "SUCC"
    assert order_of(placed).state == "refunded"
    assert PersonalAccount.objects.get(person=person).balance_fen == 50_000


class TestOnce:
    def test_the_same_message_again_gets_the_same_bytes(self, payer, person):
        placed = payer.place(person)
        body = payer.hospital.body("6202", payer.payment(placed))
        first = payer.hospital.post_bytes(body)
        with nothing_changes():
            assert payer.hospital.post_bytes(body) == first
        assert ChannelEntry.objects.filter(number__startswith=placed["payOrdId"]).count() == 1

    def test_the_same_serial_in_a_new_message_gets_the_same_result(self, payer, person):
        placed = payer.place(person)
        code = payer.scan(person)
        first = payer.pay(placed, code=code, serial="S-1")
        assert payer.pay(placed, code=code, serial="S-1") == first
        assert Settlement.objects.filter(person=person).count() == 1
        assert CashPayment.objects.filter(order__number=placed["payOrdId"]).count() == 1

    def test_the_same_upload_in_a_new_message_finds_its_order(self, payer, person):
        sent = payer.upload(person)
        first = payer.hospital.expect("6201", sent)["data"]
        assert payer.hospital.expect("6201", sent)["data"] == first
        assert Order.objects.filter(person=person).count() == 1
        assert FeeLine.objects.filter(visit__person=person).count() == 1

    @pytest.mark.parametrize("fault", ["lost_after", "lost_before"])
    def test_a_lost_answer_of_the_channel_is_asked_after(self, payer, person, fault):
        placed = payer.place(person)
        strike(fault)
        first = payer.pay(placed, serial="S-1")
        assert (first["ordStas"], order_of(placed).state) == ("2", "settling")
        paid = payer.pay(placed, serial="S-1")
        assert paid["ordStas"] == "6"
        assert ChannelEntry.objects.filter(number__startswith=placed["payOrdId"]).count() == 1
        assert ElectronicBill.objects.filter(order__number=placed["payOrdId"]).count() == 1

    def test_6301_asks_the_channel_and_is_noted(self, payer, person):
        placed = payer.place(person)
        strike("lost_after")
        payer.pay(placed)
        found = payer.look(placed)
        assert (found["ordStas"], found["callType"], found["setlType"]) == ("6", "PAY", "CASH")
        assert RecordRead.objects.filter(person_id=person.pk, infno="6301").count() == 1

    def test_a_result_told_many_times_counts_once(self, payer, person):
        placed = payer.place(person)
        strike("repeat")
        payer.pay(placed)
        with nothing_changes(but=("mobile_orders_channelentry",)):
            for _ in range(3):
                resume_orders(at=datetime.now(UTC))
            entry = ChannelEntry.objects.get(number__startswith=placed["payOrdId"])
            told = CashAnswer(Word.DONE, entry.channel_number, entry.done_at)
            assert take_result(entry.number, told, at=datetime.now(UTC))
            assert take_result(entry.number, CashAnswer(Word.DECLINED), at=datetime.now(UTC))
            assert not take_result("no such number", told, at=datetime.now(UTC))
        assert entry.notices_left == 0

    def test_a_payment_under_way_is_done_later_and_the_platform_looks_by_itself(self, payer, person):
        placed = payer.place(person)
        strike("pending", seconds=100)
        assert payer.pay(placed)["ordStas"] == "2"
        resume_orders(at=datetime.now(UTC) + timedelta(seconds=60))
        assert order_of(placed).state == "settling"
        resume_orders(at=datetime.now(UTC) + timedelta(seconds=120))
        assert order_of(placed).state == "paid"

    def test_a_payment_that_never_comes_is_closed_and_reversed(self, payer, person):
        placed = payer.place(person, account="1")
        strike("lost_before")
        assert payer.pay(placed, serial="S-1")["ordStas"] == "2"
        assert PersonalAccount.objects.get(person=person).balance_fen == 0
        resume_orders(at=datetime.now(UTC) + timedelta(minutes=16))
        assert (order_of(placed).state, payer.look(placed)["ordStas"]) == ("failed", "16")
        assert PersonalAccount.objects.get(person=person).balance_fen == 20_000
        assert payer.pay(placed, serial="S-1")["ordStas"] == "16"
        assert ChannelEntry.objects.get(number__startswith=placed["payOrdId"]).state == "closed"


class TestChannelDeclines:
    def test_the_settlement_is_reversed_as_if_it_had_never_been(self, payer, person):
        before = list(Accumulator.objects.filter(person=person).values_list("amounts", flat=True))
        placed = payer.place(person, total="3000.00", account="1")
        strike("decline")
        failed = payer.pay(placed)
        assert failed["ordStas"] == "16"
        settlement, reversal = Settlement.objects.filter(person=person).order_by("pk")
        assert reversal.reverses_id == settlement.pk
        assert PersonalAccount.objects.get(person=person).balance_fen == 20_000
        after = list(Accumulator.objects.filter(person=person).values_list("amounts", flat=True))
        assert not before
        assert all(set(amounts.values()) == {0} for amounts in after)
        assert not ElectronicBill.objects.filter(order__number=placed["payOrdId"]).exists()
        told = PatientMessage.objects.get(order__number=placed["payOrdId"])
        assert (told.kind, "未扣款" in told.text_zh) == ("failed", True)
        assert Notice.objects.get(order__number=placed["payOrdId"]).content["success"] is False

    def test_the_order_can_be_paid_again_or_taken_back(self, payer, person):
        placed = payer.place(person)
        strike("decline")
        assert payer.pay(placed)["ordStas"] == "16"
        assert payer.pay(placed)["ordStas"] == "6"
        assert steps_of(placed) == ["place", "pay", "fail", "pay", "confirm"]
        other = payer.place(new_person())
        strike("decline")
        payer.pay(other)
        assert payer.revoke(other)["success"] is True
        assert order_of(other).state == "revoked"


class TestRefund:
    def test_everything_goes_back_once(self, payer, person):
        placed = payer.place(person, total="3000.00", account="1")
        paid = payer.pay(placed)
        sent = payer.refund_input(placed, paid)
        assert payer.hospital.expect("6203", sent)["data"]["refStatus"] == "SUCC"
        assert payer.hospital.expect("6203", sent)["data"]["refStatus"] == "SUCC"
        with nothing_changes():
            assert "7" in payer.hospital.refuse("6203", payer.refund_input(placed, paid))
        order = order_of(placed)
        assert (order.state, payer.look(placed)["ordStas"]) == ("refunded", "7")
        assert PersonalAccount.objects.get(person=person).balance_fen == 20_000
        back = ChannelEntry.objects.get(kind="refund", number__startswith=placed["payOrdId"])
        assert back.amount_fen == yuan(paid["ownPayAmt"])
        blue, red = ElectronicBill.objects.filter(order=order).order_by("pk")
        assert (red.kind, red.reverses_id, red.total_fen) == ("red", blue.pk, -blue.total_fen)
        assert list(PatientMessage.objects.filter(order=order).values_list("kind", flat=True)) == [
            "paid", "refunding", "refunded",
        ]  # fmt: skip

    def test_the_lines_can_be_charged_anew(self, payer, person):
        placed = payer.place(person)
        payer.refund(placed, payer.pay(placed))
        again = {**placed["sent"], "medOrgOrd": "ANEW", "mdtrtId": placed["further"]["mdtrtId"]}
        assert payer.hospital.expect("6201", {"data": again})["data"]["payOrdId"] != placed["payOrdId"]

    def test_insurance_first_and_cash_after(self, payer, person):
        placed = payer.place(person, total="3000.00")
        paid = payer.pay(placed)
        with nothing_changes():
            payer.hospital.refuse("6203", payer.refund_input(placed, paid, kind="CASH"))
        assert payer.refund(placed, paid, kind="HI") == "SUCC"
        assert (order_of(placed).state, payer.look(placed)["ordStas"]) == ("insurance_back", "8")
        assert payer.refund(placed, paid, kind="CASH") == "SUCC"
        assert order_of(placed).state == "refunded"

    def test_cash_goes_back_in_parts_once_the_insurance_part_is_back(self, payer, person):
        placed = payer.place(person, total="3000.00")
        paid = payer.pay(placed)
        own_fen = yuan(paid["ownPayAmt"])
        part = {"cashRefdAmt": "100.00", "totlRefdAmt": "100.00"}
        with nothing_changes():
            payer.hospital.refuse("6203", payer.refund_input(placed, paid, kind="CASH", **part))
        payer.refund(placed, paid, kind="HI")

        assert payer.refund(placed, paid, kind="CASH", serial="C1", **part) == "SUCC"

        assert (order_of(placed).state, payer.look(placed)["ordStas"]) == ("cash_part_back", "11")
        told = PatientMessage.objects.filter(order__number=placed["payOrdId"]).latest("pk")
        assert (told.kind, "100.00" in told.text_zh) == ("part", True)
        assert Notice.objects.filter(order__number=placed["payOrdId"]).latest("pk").content["ordStas"] == "11"
        assert payer.refund(placed, paid, kind="CASH", serial="C1", **part) == "SUCC"
        too_much = f"{(own_fen - 9_999) / 100:.2f}"
        for wrong in (too_much, "0", "-1.00"):
            with nothing_changes():
                sent = payer.refund_input(placed, paid, kind="CASH", cashRefdAmt=wrong, totlRefdAmt=wrong)
                payer.hospital.refuse("6203", sent)
        strike("decline", operation="refund")
        rest = f"{(own_fen - 10_000) / 100:.2f}"
        sent = payer.refund_input(placed, paid, kind="CASH", cashRefdAmt=rest, totlRefdAmt=rest)
        assert payer.hospital.expect("6203", sent)["data"]["refStatus"] == "EXP"
        assert payer.refund(placed, paid, kind="CASH", cashRefdAmt=rest, totlRefdAmt=rest) == "SUCC"
        assert order_of(placed).state == "refunded"
        back = ChannelEntry.objects.filter(kind="refund", state="done", number__startswith=placed["payOrdId"])
        assert sorted(back.values_list("amount_fen", flat=True)) == sorted([10_000, own_fen - 10_000])
        assert steps_of(placed)[-6:] == [
            "refund_cash", "refund_part", "refund_cash", "cash_declined", "refund_cash", "refund_done",
        ]  # fmt: skip

    def test_a_channel_that_declines_is_asked_anew(self, payer, person):
        placed = payer.place(person)
        paid = payer.pay(placed)
        strike("decline", operation="refund")
        assert payer.refund(placed, paid) == "EXP"
        assert steps_of(placed)[-1] == "cash_declined"
        assert payer.refund(placed, paid, kind="CASH") == "SUCC"
        assert CashResult.objects.filter(payment__order__number=placed["payOrdId"], payment__kind="refund").count() == 2
        assert ChannelEntry.objects.filter(kind="refund", state="done").count() == 1

    def test_a_lost_answer_is_asked_after(self, payer, person):
        placed = payer.place(person)
        paid = payer.pay(placed)
        strike("lost_before", operation="refund")
        assert payer.refund(placed, paid) == "EXP"
        assert payer.look(placed)["ordStas"] == "7"
        assert ChannelEntry.objects.filter(kind="refund", number__startswith=placed["payOrdId"]).count() == 1

    @pytest.mark.parametrize(
        ("kind", "changes"),
        [
            ("ALL", {"totlRefdAmt": "1.00"}), ("ALL", {"cashRefdAmt": "0.01"}), ("ALL", {"fundRefdAmt": "0.01"}),
            ("HI", {"cashRefdAmt": "0.01"}), ("ALL", {"refdType": "SOME"}), ("ALL", {"ecToken": "EC-unknown"}),
        ],
    )  # fmt: skip
    def test_parts_of_amounts_are_refused(self, payer, person, kind, changes):
        placed = payer.place(person, total="3000.00")
        paid = payer.pay(placed)
        with nothing_changes():
            payer.hospital.refuse("6203", payer.refund_input(placed, paid, kind=kind, **changes))

    def test_no_other_transaction_reverses_it(self, payer, person):
        placed = payer.place(person)
        paid = payer.pay(placed)
        settlement = json.loads(paid["extData"])["setlinfo"]["setl_id"]
        with nothing_changes():
            said = payer.hospital.refuse(
                "2208", payer.hospital.reversal(person, placed["further"]["mdtrtId"], settlement)
            )
            assert "6203" in said

    def test_one_order_of_a_visit_goes_back_while_a_later_one_stands(self, payer, person):
        first = payer.place(person, total="3000.00")
        paid = payer.pay(first)
        second = payer.place(person, total="500.00", mdtrtId=first["further"]["mdtrtId"])
        assert payer.pay(second)["ordStas"] == "6"
        assert payer.refund(first, paid) == "SUCC"
        assert (order_of(first).state, order_of(second).state) == ("refunded", "paid")


class TestRevoke:
    def test_lines_and_visit_are_as_if_they_had_never_been(self, payer, person):
        placed = payer.place(person)
        assert payer.revoke(placed)["success"] is True
        assert payer.revoke(placed)["success"] is True
        assert Visit.objects.get(person=person).state == "cancelled"
        assert not FeeLine.objects.filter(visit__person=person, withdrawn_at=None).exists()
        assert payer.hospital.expect("6201", {"data": placed["sent"]})["data"]["payOrdId"] != placed["payOrdId"]

    def test_a_visit_that_was_there_before_stays(self, payer, person):
        visit = payer.hospital.register(person)
        placed = payer.place(person, mdtrtId=visit)
        payer.revoke(placed)
        assert Visit.objects.get(pk=visit).state == "open"

    def test_a_paid_order_is_given_back_not_taken_back(self, payer, person):
        placed = payer.place(person)
        payer.pay(placed)
        with nothing_changes():
            assert "6" in payer.hospital.refuse("6401", payer.identity(placed))


class TestRefused:
    def test_uploads_that_do_not_fit(self, payer, person):
        taken = payer.place(person)
        sent = payer.upload(person)["data"]
        wrong = [
            {"orgCodg": "H11010100002"}, {"userName": "别人"}, {"idNo": "110101199001011234"}, {"idType": "04"},
            {"medfeeSumamt": "999.99"}, {"insutype": "390"}, {"insuCode": "310101"}, {"ecToken": "EC-unknown"},
            {"extData": {"deliveryFee": "-1.00"}}, {"extData": {"deliveryFee": "free"}}, {"extData": "[1]"},
            {"medOrgOrd": taken["sent"]["medOrgOrd"]}, {"mdtrtId": "999999"}, {"begntime": "2030-01-01 00:00:00"},
            {"feedetailList": [{**sent["feedetailList"][0], "chrgBchno": "OTHER"}]},
            {"feedetailList": [{**sent["feedetailList"][0], "medListCodg": "NONE"}]},
        ]  # fmt: skip
        for changes in wrong:
            with nothing_changes():
                payer.hospital.refuse("6201", {"data": {**sent, **changes}})
        payer.hospital.expect("6201", {"data": sent})

    def test_payments_that_do_not_fit(self, payer, person):
        placed, stranger = payer.place(person), new_person()
        other = payer.place(stranger)
        used = payer.scan(stranger)
        payer.pay(other, code=used)
        right = payer.payment(placed)["data"]
        wrong = [
            {"payToken": "0" * 64}, {"payOrdId": other["payOrdId"]}, {"payOrdId": "none"}, {"chrgBchno": "OTHER"},
            {"feeType": "99"}, {"mdtrtId": "1"}, {"mdtrtId": "x"}, {"payAuthNo": "EC-unknown"}, {"payAuthNo": used},
            {"orgCodg": "H11010100002"},
        ]  # fmt: skip
        for changes in wrong:
            with nothing_changes():
                payer.hospital.refuse("6202", {"data": {**right, **changes}})
        payer.hospital.expect("6202", {"data": right})

    def test_a_code_pays_one_order(self, payer, person):
        code = payer.scan(person)
        payer.pay(payer.place(person), code=code)
        second = payer.place(person)
        with nothing_changes():
            assert "授权码" in payer.hospital.refuse("6202", payer.payment(second, code=code))

    def test_an_old_code_is_refused(self, payer, person):
        placed, then = payer.place(person), datetime.now(UTC) - timedelta(minutes=31)
        code = authorise_payment(person_id=person.pk, institution_id=None, through="test", at=then)
        with nothing_changes():
            assert "过期" in payer.hospital.refuse("6202", payer.payment(placed, code=code))

    def test_another_serial_does_not_pay_a_paid_order_again(self, payer, person):
        placed = payer.place(person)
        payer.pay(placed)
        code = payer.scan(person)
        with nothing_changes():
            assert "6" in payer.hospital.refuse("6202", payer.payment(placed, code=code))

    def test_another_institution_knows_nothing_of_it(self, payer, person):
        placed = payer.place(person)
        paid = payer.pay(placed)
        from .hospital import Hospital

        stranger = MobilePayer(Hospital(code="H11010100002"))
        with nothing_changes():
            stranger.hospital.refuse("6301", stranger.identity(placed))
            stranger.hospital.refuse("6401", stranger.identity(placed))
            stranger.hospital.refuse("6203", stranger.refund_input(placed, paid))

    def test_nobody_is_found_by_an_unknown_code(self, payer, person):
        sent = payer.scanned(person)["data"]
        with nothing_changes():
            payer.hospital.refuse("6101", {"data": {**sent, "qrCode": "NOBODY"}})

    def test_without_a_channel_no_cash_is_taken(self, person):
        payer = MobilePayer()
        placed = payer.place(person)
        code = payer.scan(person)
        with nothing_changes():
            assert "支付渠道" in payer.hospital.refuse("6202", payer.payment(placed, code=code))

    def test_6302_is_no_transaction_of_institutions(self, payer):
        payer.hospital.refuse("6302", {"data": {}})


class TestTheDatabase:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE mobile_orders_order SET state = 'failed'",
            "UPDATE mobile_orders_order SET delivery_fen = delivery_fen + 1",
            "DELETE FROM mobile_orders_order",
            "UPDATE mobile_orders_orderevent SET step = 'pay'",
            "DELETE FROM mobile_orders_cashresult",
            "UPDATE mobile_orders_electronicbill SET total_fen = 0",
            "DELETE FROM mobile_orders_notice",
            (
                "INSERT INTO mobile_orders_orderevent (order_id, step, state, infno, msgid, operator, business_serial,"
                " reason, happened_at) SELECT id, 'refund_done', 'refunded', '', '', '', '', '', now()"
                " FROM mobile_orders_order"
            ),
            (
                "INSERT INTO mobile_orders_cashpayment (order_id, kind, number, channel, amount_fen, business_serial,"
                " asked_at) SELECT order_id, kind, number || 'x', channel, amount_fen, '', now()"
                " FROM mobile_orders_cashpayment"
            ),
        ],
    )  # fmt: skip
    def test_it_refuses_what_the_platform_would_not_do(self, payer, person, statement):
        payer.pay(payer.place(person))
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
