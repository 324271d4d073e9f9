"""From the patient's choice to the receipt on the pages: claimed where it was chosen, scanned, brought, confirmed once."""

import pytest
from django.test import Client

from yibao.domains.mobile_orders.models import Order
from yibao.domains.prescriptions.models import Dispensing, Event, Prescription
from yibao.domains.staff.models import PersonalRecordRead

from .goods import new_code
from .hospital import Hospital
from .mobile_payer import MobilePayer, connect_test_channel
from .office_records import PASSWORD, found_staff, new_member, sign_in
from .personal_access import known_person
from .personal_access import sign_in as sign_in_person
from .prescribing import OTHER_PHARMACY, PHARMACY, claimed, drug, handed, prescribed, staff_the_houses
from .records import nothing_changes
from .small_town import new_person
from .test_office_prescriptions import do, seat, state

LOOKS = ("staff_personalrecordread", "personal_access_recordlook")


@pytest.fixture
def clinic(standing_town, cheap_hashes):
    """A pharmacist and a clerk of a pharmacy, a pharmacist of another."""
    found_staff()
    staff_the_houses()
    seat("shop", "Y110101000002", PHARMACY)
    seat("other-shop", "Y110101000003", OTHER_PHARMACY)
    new_member("clerk", "institution", institution=PHARMACY)


@pytest.fixture
def person(clinic):
    return known_person("刘奶奶", balance_fen=1_000)


@pytest.fixture
def mine(person):
    browser = Client()
    sign_in_person(browser, person)
    return browser


def choose(mine, rx, code=PHARMACY):
    return mine.post(f"/portal/my/prescriptions/{rx.number}/choose", {"institution": code})


def receive(mine, rx):
    return mine.post(f"/portal/my/prescriptions/{rx.number}/receive")


def told(mine, rx):
    return mine.get(f"/portal/my/prescriptions/{rx.number}").content.decode()


@pytest.mark.requirement("ERX-03", "ERX-06")
def test_chosen_claimed_scanned_brought_and_received(client, mine, person):
    rx = prescribed(person)
    choose(mine, rx)
    sign_in(client, "other-shop")
    with nothing_changes():
        assert do(client, rx, "claim").status_code == 404
    sign_in(client, "shop")
    assert rx.number in client.get("/prescriptions/work").content.decode()
    assert do(client, rx, "claim").status_code == 302
    assert do(client, rx, "review", password=PASSWORD, decision="approve").status_code == 302
    with nothing_changes(but=LOOKS):
        assert "本机构没有为这张处方发药" in do(client, rx, "deliver", state="1", carrier="甲").content.decode()
        assert receive(mine, rx).status_code == 409
    assert "我已收到药品" not in told(mine, rx)

    packs = [new_code(), new_code()]
    assert do(client, rx, "hand-over", packs="\n".join(packs)).status_code == 302
    with nothing_changes(but=LOOKS):
        for wrong in ({"state": "9", "carrier": "甲"}, {"state": "1", "carrier": ""}):
            assert do(client, rx, "deliver", **wrong).status_code == 400
        again = client.post("/prescriptions/scan", {"code": rx.qr_code}).content.decode()
        assert "处方当前状态为已发药，不能办理已被机构锁定" in again
    for fares in ("1", "2"):
        assert do(client, rx, "deliver", state=fares, carrier="同城", waybill="Y1").status_code == 302
    page = told(mine, rx)
    for words in ("配送中", "已送达", "同城 · Y1", f"测试{PHARMACY}", *packs):
        assert words in page, words
    assert receive(mine, rx).status_code == 302
    with nothing_changes(but=LOOKS):
        answer = receive(mine, rx)
        assert answer.status_code == 409
        assert "可能已经签收过了" in answer.content.decode()
    event = Event.objects.filter(prescription=rx).latest("number")
    assert (event.step, event.actor, event.institution) == ("delivery", f"person {person.number}", None)
    assert "参保人确认签收" in client.get(f"/prescriptions/{rx.pk}").content.decode()


def test_nobody_else_confirms_a_receipt(mine, person):
    other, pharmacy = new_person(), Hospital(code=PHARMACY)
    theirs = prescribed(other)
    pharmacy.expect("7206", handed(theirs, claimed(theirs, pharmacy)))
    with nothing_changes(but=LOOKS):
        assert receive(mine, theirs).status_code == 404


def test_what_came_back_is_not_received(client, mine, person):
    rx, pharmacy = prescribed(person), Hospital(code=PHARMACY)
    pharmacy.expect("7206", handed(rx, claimed(rx, pharmacy)))
    assert "我已收到药品" in told(mine, rx)
    sign_in(client, "clerk")
    rows = [row.pk for row in Dispensing.objects.get(prescription=rx).lines.all()]
    assert do(client, rx, "give-back", row=rows, reason="退货").status_code == 302
    assert state(rx) == "returned"
    with nothing_changes(but=LOOKS):
        assert receive(mine, rx).status_code == 409


def test_of_several_drugs_each_pack_says_which(client, person):
    rx = prescribed(person, drugs=[drug(count="1"), drug("XB02", "1", drug_genname="乙类药")], rx_drug_nums="2")
    claimed(rx, Hospital(code=PHARMACY))
    sign_in(client, "clerk")
    first, second = new_code(), new_code()
    with nothing_changes(but=LOOKS):
        assert do(client, rx, "hand-over", packs=f"{first}\n{second}").status_code == 409
    assert do(client, rx, "hand-over", packs=f"XA01 {first}\nXB02 {second}").status_code == 302
    assert state(rx) == "dispensed"


def test_the_settlement_of_a_paid_order_is_filled_in(client, person):
    connect_test_channel()
    rx, pharmacy = prescribed(person), Hospital(code=PHARMACY)
    claimed(rx, pharmacy)
    sign_in(client, "clerk")
    assert 'name="settlement" value=' not in client.get(f"/prescriptions/{rx.pk}").content.decode()
    payer = MobilePayer(pharmacy)
    payer.pay(payer.place(person, total="25.00", medType="41", extData={"rxTraceCode": rx.trace_code}))
    settled = Order.objects.get(rx_trace_code=rx.trace_code).settlement_id
    assert f'name="settlement" value="{settled}"' in client.get(f"/prescriptions/{rx.pk}").content.decode()
    packs = "\n".join(new_code() for _ in range(2))
    assert do(client, rx, "hand-over", packs=packs, settlement=settled).status_code == 302
    assert Prescription.objects.get(pk=rx.pk).state == "dispensed"
    shown = client.get(f"/prescriptions/{rx.pk}").content.decode()
    assert "医保结算 <strong>25.00</strong>" in shown
    assert PersonalRecordRead.objects.filter(person=person, reader__user__username="clerk").exists()
