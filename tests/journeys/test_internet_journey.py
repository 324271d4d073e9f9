"""A chronic patient, from the hospital's application for the supplementary agreement to the medicine received and the money posted.

Everything that a person does is done in browser pages by the role that does it; what a system does goes through the gateway.
"""

import pytest
from django.utils import timezone

from yibao.domains.agreements.queries import internet_agreement_on
from yibao.domains.mobile_orders.models import ElectronicBill
from yibao.domains.personal_access.models import RecordLook
from yibao.domains.prescriptions.models import Dispensing, Event, Prescription
from yibao.domains.settlement.models import Settlement
from yibao.domains.stock.models import TraceSale

from .chromium import chromium, in_a_browser
from .internet_ledger import check_ledger, orders_of
from .internet_town import OFFICER, SHOP, found_cast
from .internet_walk import MATERIALS, Walk
from .mobile_payer import connect_test_channel

pytestmark = in_a_browser


@pytest.fixture
def walk(lasting_town, live_server, settings, cheap_hashes, monkeypatch):
    """Everybody, a browser, and nothing done yet."""
    cast = found_cast(monkeypatch)
    connect_test_channel()
    with chromium(monkeypatch) as browser:
        yield Walk(browser, live_server.url, cast, settings=settings)


def apply_and_sign(walk):
    """The hospital applies, is reviewed and tested, and both sign."""
    walk.begin()
    walk.bring(*MATERIALS)
    walk.seen(walk.submit(), "1-submitted")
    walk.seen(walk.review(), "2-reviewed")
    with walk.sandbox() as tried:
        walk.ask_for_test()
        walk.try_system(tried)
        walk.seen(walk.issue_report(), "3-report")
        walk.seen(walk.conclude(), "4-concluded")
    signed = walk.agree()
    walk.seen(signed, "5-agreement")
    assert "协议生效" in signed.inner_text("h1")


def visit_and_prescribe(walk):
    """The follow-up over the internet, its fee, the prescription with its signatures."""
    walk.register(walk.show_voucher())
    walk.diagnose()
    walk.place(walk.cast.hospital, walk.fee_order())
    walk.seen(walk.look_at_order(), "6-fee")
    walk.seen(walk.pay(), "7-fee-paid")
    walk.prescribe()
    walk.seen(walk.sign_rx(), "8-signed")
    walk.seen(walk.review_rx(), "9-approved")


def dispense_and_deliver(walk):
    """The patient chooses, the pharmacy reviews; the patient pays; packs are scanned, brought and received."""
    walk.seen(walk.choose(), "10-chosen")
    walk.seen(walk.claim(), "11-claimed")
    walk.seen(walk.review_rx(SHOP), "12-reviewed")
    walk.place(walk.cast.pharmacy, walk.drug_order())
    walk.seen(walk.look_at_order(), "13-drugs")
    walk.seen(walk.pay(), "14-drugs-paid")
    walk.seen(walk.hand_over("\n".join(walk.packs)), "15-handed-over")
    walk.deliver("1")
    walk.seen(walk.rx_of_mine(), "16-on-its-way")
    walk.seen(walk.deliver("2"), "17-brought")
    walk.seen(walk.receive(), "18-received")


def check_bill(walk):
    """The patient reads who paid what and why, of the fee and of the drugs, and holds the bill."""
    fee, drugs = orders_of(walk)
    page = walk.me(f"orders/{drugs.number}")
    words = page.inner_text("main")
    assert "配送费" in words
    assert drugs.rx_trace_code in words
    assert ElectronicBill.objects.filter(order__in=[fee, drugs], kind="blue").count() == 2
    bill = page.get_attribute("a[href$='.pdf']", "href")
    assert page.request.get(f"{walk.site}{bill}").body().startswith(b"%PDF-")
    page.goto(f"{walk.site}/portal/my/visits/{fee.settlement_id}")
    page.click("summary")
    walk.seen(page, "19-bill")
    assert "20.00" in page.inner_text(".three")
    assert page.locator(".why li").count() >= 3
    assert "起付" in page.inner_text(".why")


@pytest.mark.requirement("ERX-02", "ERX-03", "ERX-06", "MOB-02", "MOB-05", "NET-05")
def test_from_the_application_to_the_medicine_received(walk):
    cast = walk.cast
    apply_and_sign(walk)
    assert internet_agreement_on(cast.hospital_id, timezone.localdate()) is not None
    visit_and_prescribe(walk)
    dispense_and_deliver(walk)

    rx = Prescription.objects.get(pk=walk.rx.pk)
    assert rx.state == "dispensed"
    steps = list(Event.objects.filter(prescription=rx).order_by("number").values_list("step", flat=True))
    assert steps == [
        "check", "sign", "approve", "choose", "claim", "retail_approve", "dispense", "delivery", "delivery", "delivery",
    ]  # fmt: skip
    fee, drugs = orders_of(walk)
    assert [(order.state, order.institution.code) for order in (fee, drugs)] == [
        ("paid", cast.hospital.code),
        ("paid", cast.pharmacy.code),
    ]
    assert (fee.settlement.total_fen, fee.settlement.fund_fen > 0) == (2_000, True)
    assert drugs.settlement.shared_account_fen > 0
    assert (drugs.settlement.total_fen, drugs.delivery_fen) == (7_000, 600)
    assert Dispensing.objects.get(prescription=rx).settlement_id == drugs.settlement_id
    sold = TraceSale.objects.filter(code__code__in=walk.packs, person=cast.patient)
    assert list(sold.values_list("settlement_id", flat=True)) == [drugs.settlement_id] * 2
    check_bill(walk)
    check_ledger(walk)

    page = walk.rx_page(OFFICER)
    walk.seen(page, "20-timeline")
    told = page.inner_text("#h-timeline ~ table")
    for words in ("就诊", "支付", "演示同城配送", "参保人确认签收", *walk.packs):
        assert words in told, words
    assert Settlement.objects.filter(person=cast.patient).count() == 3
    assert RecordLook.objects.filter(person=cast.patient, page__endswith="/pay").count() >= 4
