"""Mobile payment orders as a browser shows them: for readers of every kind, in both languages, on a phone."""

import pytest

from .chromium import CHECKS, PHONE, chromium, in_a_browser, open_page, sign_in, wrong_by_axe
from .hospital import Hospital
from .mobile_payer import MobilePayer, connect_test_channel, strike
from .office_records import HERE, found_staff
from .small_town import new_person
from .test_mobile_orders import order_of

pytestmark = in_a_browser


@pytest.fixture
def pages(lasting_town, live_server):
    found_staff()
    connect_test_channel()
    payer = MobilePayer(Hospital(code=HERE))
    paid = payer.place(new_person(balance_fen=20_000), total="3000.00", account="1", extData={"deliveryFee": "8.00"})
    payer.refund(paid, payer.pay(paid))
    strike("lost_after")
    waiting = payer.place(new_person())
    payer.pay(waiting)
    names = {
        "home": "", "sign-in": "sign-in", "orders": "orders", "order": f"orders/{order_of(paid).pk}",
        "waiting": f"orders/{order_of(waiting).pk}", "channels": "orders/channels", "notices": "orders/notices",
        "refused": "orders?first=never",
    }  # fmt: skip
    return {name: f"{live_server.url}/{path}" for name, path in names.items()}


@pytest.fixture
def browser(pages, monkeypatch):
    """Chromium, started when all records are made and ended before they are undone."""
    with chromium(monkeypatch) as started:
        yield started


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_every_page_speaks_to_all_and_fits_a_phone(browser, pages, locale):
    page = open_page(browser, locale=locale, viewport=PHONE, is_mobile=True, has_touch=True)
    sign_in(page, pages, "agency")
    wrong = {}
    for name in sorted(set(pages) - {"home", "sign-in"}):
        page.goto(pages[name])
        page.evaluate("() => document.querySelectorAll('details').forEach((e) => { e.open = true })")
        width = page.evaluate("() => document.documentElement.scrollWidth")
        wrong[name] = (page.evaluate(CHECKS), wrong_by_axe(page), width > 390)
    assert {name: found for name, found in wrong.items() if any(found)} == {}


def test_the_channel_is_asked_by_keyboard(browser, pages):
    page = open_page(browser)
    sign_in(page, pages, "agency")
    page.goto(pages["waiting"])
    page.get_by_role("button", name="再次查询支付渠道").press("Enter")
    page.wait_for_url(pages["waiting"])
    assert "已全部支付" in page.inner_text("h1")
    page.goto(pages["orders"])
    page.get_by_role("link", name="渠道日对账").press("Enter")
    page.wait_for_url(pages["channels"])
    assert "当日渠道与订单一致" in page.inner_text("main")
