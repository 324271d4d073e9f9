"""A patient pays an order on their own page: sees who pays what and why, presses once, and it is paid once or not at all."""

import html
import re
from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from yibao.domains.agreements.models import Agreement
from yibao.domains.ledger.models import Entry
from yibao.domains.mobile_orders.models import Authorisation, CashPayment, ChannelEntry, Notice, Order, OrderEvent
from yibao.domains.personal_access.models import Proxy, RecordLook
from yibao.domains.reference.models import Setting
from yibao.domains.settlement.models import Settlement
from yibao.interfaces.portal import my_payment

from . import internet_hospital as online
from .families import check_accounts, share
from .mobile_payer import MobilePayer, connect_test_channel, strike
from .personal_access import known_person, sign_in
from .prescribing import now_text
from .records import nothing_changes
from .small_town import new_person

LOOKS = ("personal_access_recordlook",)


pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def person(standing_town):
    connect_test_channel()
    return known_person(balance_fen=20_000)


@pytest.fixture
def mine(client, person):
    sign_in(client, person)
    return client


@pytest.fixture
def payer(person):
    return MobilePayer()


def where(placed, query=""):
    return f"/portal/my/orders/{placed['payOrdId']}/pay{query}"


def order_of(placed):
    return Order.objects.select_related("settlement").get(number=placed["payOrdId"])


def shown(client, placed, query=""):
    """The page as it reads, its tags left out, and the seal of its button."""
    answer = client.get(where(placed, query))
    text = answer.content.decode()
    seal = re.search(r'name="offer" value="([^"]+)"', text)
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.unescape(text)))
    return plain, seal.group(1) if seal else ""


def press(client, placed, seal):
    return client.post(where(placed), {"offer": seal})


def refused(answer, words):
    assert answer.status_code == 409
    assert words in answer.content.decode()


@pytest.mark.requirement("MOB-05", "MOB-06")
def test_seen_with_the_reasons_and_paid_as_it_was_seen(mine, person, payer):
    placed = payer.place(person, total="3000.00", account="1", extData={"deliveryFee": "8.00", "rxTraceCode": "RX9"})
    with nothing_changes(but=LOOKS):
        text, seal = shown(mine, placed)
    for words in (
        "支付 1,968.00 元",
        "个人账户支付 200.00",
        "总费用 3,008.00",
        "医保支付 840.00",
        "阿莫西林胶囊",
        "RX9",
    ):
        assert words in text, (words, text)
    assert "起付" in text
    answer = press(mine, placed, seal)
    assert (answer.status_code, answer.url) == (302, f"/portal/my/orders/{placed['payOrdId']}")
    order = order_of(placed)
    settled = order.settlement
    assert (order.state, settled.fund_fen, settled.account_fen, settled.cash_fen) == ("paid", 84_000, 20_000, 196_000)
    assert (settled.infno, settled.operator) == ("6202", f"person {person.number}")
    assert ChannelEntry.objects.get(number__startswith=order.number).amount_fen == 196_800
    assert Notice.objects.get(order=order).content["ordStas"] == "6"
    assert Authorisation.objects.get(kind="payment").given_through == "portal"
    funds = Entry.objects.filter(journal__cause="settlement", journal__cause_id=settled.pk)
    assert sum(funds.values_list("debit_fen", flat=True)) == sum(funds.values_list("credit_fen", flat=True)) > 0
    assert RecordLook.objects.filter(person=person, page=where(placed)).count() == 2
    told = payer.look(placed)
    assert (told["ordStas"], float(told["fundPay"]), float(told["ownPayAmt"])) == ("6", 840.0, 1968.0)
    assert payer.refund(placed, told) == "SUCC"


def test_pressed_again_on_the_same_or_another_page_it_is_paid_once(mine, person, payer):
    placed = payer.place(person)
    (_, first), (_, second) = shown(mine, placed), shown(mine, placed)
    assert press(mine, placed, first).status_code == 302
    with nothing_changes(but=LOOKS):
        assert press(mine, placed, first).status_code == 302
        refused(press(mine, placed, second), "没有再次扣款")
        refused(mine.get(where(placed)), "没有再次扣款")
    assert Settlement.objects.filter(person=person).count() == 1
    assert "订单当前状态为6（已全部支付）" in payer.hospital.refuse("6202", payer.payment(placed))


def test_the_account_is_the_person_s_to_use_or_keep(mine, person, payer):
    relative = new_person(balance_fen=60_000)
    share(relative, person)
    placed = payer.place(person, total="1000.00")
    assert "使用个人账户支付" in shown(mine, placed)[0]
    text, seal = shown(mine, placed, "?account=1")
    for words in ("个人账户支付 200.00", "亲属个人账户支付 600.00", "支付 200.00 元", "不用个人账户"):
        assert words in text, (words, text)
    assert press(mine, placed, seal).status_code == 302
    settled = order_of(placed).settlement
    assert (settled.account_fen, settled.shared_account_fen, settled.cash_fen) == (80_000, 60_000, 20_000)
    check_accounts(person, relative)


def test_what_changed_meanwhile_is_shown_anew_and_not_paid(mine, person, payer):
    placed = payer.place(person, total="1000.00", account="1")
    _, seal = shown(mine, placed)
    payer.hospital.visit(person, "700.00", account="1")
    with nothing_changes(but=LOOKS):
        answer = press(mine, placed, seal)
        refused(answer, "金额刚刚有变化")
    anew = re.search(r'name="offer" value="([^"]+)"', answer.content.decode()).group(1)
    assert press(mine, placed, anew).status_code == 302
    assert order_of(placed).state == "paid"


def test_a_seal_too_old_changed_or_of_another_is_none(mine, person, payer, monkeypatch):
    placed, other = payer.place(person, total="100.00"), payer.place(person, total="200.00")
    _, seal = shown(mine, placed)
    neighbour = Client()
    sign_in(neighbour, known_person("邻居"))
    forged = signing.dumps(["x"], salt="another")
    with nothing_changes(but=LOOKS):
        for sent in ("", "x", seal[:-2], forged):
            refused(press(mine, placed, sent), "页面打开时间过长")
        refused(press(mine, other, seal), "页面打开时间过长")
        assert press(neighbour, placed, seal).status_code == 404
        assert neighbour.get(where(placed)).status_code == 404
        monkeypatch.setattr(my_payment, "OFFER_SECONDS", -1)
        refused(press(mine, placed, seal), "页面打开时间过长")
    assert RecordLook.objects.filter(person=person, is_refused=True).count() == 2


def test_a_declined_payment_takes_nothing_and_may_be_tried_again(mine, person, payer):
    placed = payer.place(person, total="1000.00", account="1")
    strike("decline")
    assert press(mine, placed, shown(mine, placed)[1]).status_code == 302
    person.account.refresh_from_db()
    assert (order_of(placed).state, person.account.balance_fen) == ("failed", 20_000)
    assert "未扣款" in mine.get(f"/portal/my/orders/{placed['payOrdId']}").content.decode()
    assert placed["payOrdId"] in mine.get("/portal/my/").content.decode()
    assert press(mine, placed, shown(mine, placed)[1]).status_code == 302
    assert order_of(placed).state == "paid"
    assert placed["payOrdId"] not in mine.get("/portal/my/").content.decode()
    steps = OrderEvent.objects.filter(order__number=placed["payOrdId"]).values_list("step", flat=True)
    assert list(steps) == ["place", "pay", "fail", "pay", "confirm"]


def test_a_lost_answer_is_asked_after_when_pressed_again(mine, person, payer):
    placed = payer.place(person, total="1000.00")
    _, seal = shown(mine, placed)
    strike("lost_after")
    assert press(mine, placed, seal).status_code == 302
    assert order_of(placed).state == "settling"
    assert press(mine, placed, seal).status_code == 302
    assert order_of(placed).state == "paid"
    assert CashPayment.objects.filter(order__number=placed["payOrdId"]).count() == 1


def test_without_cash_nothing_is_asked_of_the_channel(mine, payer, person):
    Setting.objects.create(key="mobile_orders.channel", value="test")
    placed = payer.place(person, total="150.00", account="1")
    text, seal = shown(mine, placed)
    assert "同意，不用付现金" in text
    assert press(mine, placed, seal).status_code == 302
    assert (order_of(placed).state, CashPayment.objects.count()) == ("paid", 0)


def test_where_institutions_settle_the_page_says_so(mine, person, payer):
    Setting.objects.create(key="mobile_orders.portal_pays", value=False)
    placed = payer.place(person)
    page = mine.get(f"/portal/my/orders/{placed['payOrdId']}").content.decode()
    assert ("查看金额并支付" in page, "同意支付" in page) == (False, True)
    refused(mine.get(where(placed)), "由医院或药店发起结算")


def test_what_settling_refuses_is_said_with_its_reason(mine, person, payer):
    placed = payer.place(person)
    _, seal = shown(mine, placed)
    person.enrolments.update(state="4")
    with nothing_changes(but=LOOKS):
        refused(press(mine, placed, seal), "未参保、已暂停或终止")
        refused(mine.get(where(placed)), "未参保、已暂停或终止")


@pytest.mark.requirement("NET-05")
def test_an_online_visit_that_breaks_a_rule_meanwhile_is_refused_by_its_article(mine, person, payer):
    online.open_internet_hospital()
    online.seen_in_person(payer.hospital, person, at=now_text(days=-20))
    sent = payer.upload(person, total="100.00", medType=online.ONLINE, begntime=now_text())
    sent["data"]["diseinfoList"][0] |= {"diagCode": "I10.x00x002", "diagName": "高血压", "diagTime": now_text()}
    sent["data"]["feedetailList"][0]["feeOcurTime"] = now_text()
    placed = payer.hospital.expect("6201", sent)["data"]
    text, seal = shown(mine, placed)
    assert "支付 100.00 元" in text
    Agreement.objects.filter(kind="internet").update(ended_on=timezone.localdate())
    with nothing_changes(but=LOOKS):
        refused(press(mine, placed, seal), "（第十二条、第十五条），医保不能支付")
        refused(mine.get(where(placed)), "（第十二条、第十五条），医保不能支付")


def test_a_family_member_pays_only_when_allowed(mine, person, payer):
    placed, today = payer.place(person), timezone.localdate()
    son = known_person("张儿子")
    his = Client()
    sign_in(his, son)
    for purpose, status in (("view", 403), ("handle", 200)):
        proxy = Proxy.objects.create(
            principal=person, agent=son, basis="consent", relation="儿子", purposes=[purpose], valid_from=today,
            valid_until=today + timedelta(days=9), given_by="x", given_at=timezone.now(),
        )  # fmt: skip
        his.post(f"/portal/my/family/{proxy.pk}/act")
        assert his.get(where(placed)).status_code == status
        if status == 200:
            refused(press(his, placed, shown(mine, placed)[1]), "页面打开时间过长")
            assert press(his, placed, shown(his, placed)[1]).status_code == 302
        Proxy.objects.filter(pk=proxy.pk).update(valid_until=today, ended_at=timezone.now(), ended_by="x")
    assert order_of(placed).settlement.operator == f"person {son.number}"
