"""The same way once more, with everything that may go wrong tried first at each station: refused with its reason, nothing changed."""

import pytest

from yibao.domains.mobile_orders.models import CashPayment, ElectronicBill, Order
from yibao.domains.prescriptions.models import Dispensing, Event, Prescription

from . import internet_refusals as refused
from .chromium import chromium, in_a_browser
from .internet_ledger import check_ledger
from .internet_town import CLERK, OFFICER, OTHER_SHOP, SECOND_OFFICER, SHOP, SHOP_CLERK, found_cast
from .internet_walk import MATERIALS, Walk
from .mobile_payer import connect_test_channel

pytestmark = in_a_browser


@pytest.fixture
def walk(lasting_town, live_server, settings, cheap_hashes, monkeypatch):
    """Everybody, a browser, and nothing done yet."""
    cast = found_cast(monkeypatch)
    connect_test_channel()
    with chromium(monkeypatch) as browser:
        made = Walk(browser, live_server.url, cast, settings=settings)
        for name in (CLERK, OFFICER, SECOND_OFFICER, "physician", "pharmacist", SHOP, SHOP_CLERK, OTHER_SHOP):
            made.staff(name)
        made.me()
        yield made


def application(walk, monkeypatch):
    walk.begin()
    walk.bring(*MATERIALS[:2])
    refused.outside_the_window(walk, monkeypatch)
    walk.submit()
    refused.without_a_calendar(walk, monkeypatch)
    refused.shortcomings(walk)
    with walk.sandbox() as tried:
        refused.not_tested(walk)
        walk.begin()
        walk.bring(*MATERIALS)
        walk.submit()
        walk.review()
        walk.ask_for_test()
        walk.try_system(tried)
        walk.issue_report()
        walk.conclude()


def visit(walk):
    code = refused.bad_vouchers(walk)
    walk.register(code)
    refused.not_signed(walk)
    walk.sign(SECOND_OFFICER)
    refused.against_the_articles(walk)
    walk.diagnose()
    refused.prices_and_drugs(walk)
    walk.place(walk.cast.hospital, walk.fee_order())
    walk.pay()


def prescription(walk):
    walk.prescribe()
    refused.bad_signatures(walk)
    walk.sign_rx()
    refused.changed_after_signature(walk)
    walk.review_rx()
    refused.bad_places(walk)
    walk.choose()
    refused.other_pharmacies(walk)
    walk.review_rx(SHOP)


def payment(walk, monkeypatch):
    walk.place(walk.cast.pharmacy, walk.drug_order())
    refused.bad_payments(walk, monkeypatch)
    refused.paid_twice(walk)


def dispensing(walk):
    refused.bad_packs(walk)
    walk.hand_over("\n".join(walk.packs))
    refused.dispensed_twice(walk)
    walk.deliver("1")
    refused.received_twice(walk)


@pytest.mark.requirement("INT-15", "INT-18", "INT-19", "INT-30", "INT-32", "NET-05", "ERX-06")
def test_every_refusal_on_the_way_changes_nothing(walk, monkeypatch):
    application(walk, monkeypatch)
    visit(walk)
    prescription(walk)
    payment(walk, monkeypatch)
    dispensing(walk)

    rx, drugs = Prescription.objects.get(pk=walk.rx.pk), Order.objects.get(pk=walk.order.pk)
    assert rx.state == "dispensed"
    steps = Event.objects.filter(prescription=rx).order_by("number").values_list("step", flat=True)
    assert list(steps) == [
        "check", "sign", "approve", "choose", "claim", "retail_approve", "dispense", "delivery", "delivery",
    ]  # fmt: skip
    assert Dispensing.objects.filter(prescription=rx).count() == 1
    assert list(drugs.events.values_list("step", flat=True)) == ["place", "pay", "fail", "pay", "confirm"]
    assert CashPayment.objects.filter(order=drugs).count() == 2
    assert ElectronicBill.objects.filter(order=drugs).count() == 1
    check_ledger(walk)
