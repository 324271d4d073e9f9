"""The pages of claims as a browser shows them: readable by everybody, on a phone, in both languages, without scripts."""

import pytest

from .chromium import CHECKS, DESK, PHONE, chromium, follow, in_a_browser, open_page, sign_in
from .office_records import found_staff
from .reimbursements import accepted, applied, approved, checked, found_officers
from .small_town import new_person
from .test_maternity_claims import checked as checked_claim
from .test_maternity_claims import employee

pytestmark = in_a_browser


@pytest.fixture
def pages(lasting_town, live_server):
    """The addresses of the pages by name, with claims in every state behind them."""
    found_officers()
    found_staff()
    cases = {
        "received": applied(new_person()),
        "accepted": accepted(new_person()),
        "checked": checked(new_person()),
        "approved": approved(new_person()),
    }
    claim = checked_claim(employee())
    shown = {name: f"{live_server.url}/reimbursements/{case.pk}" for name, case in cases.items()}
    return {
        "home": f"{live_server.url}/",
        "sign-in": f"{live_server.url}/sign-in",
        "queue": f"{live_server.url}/reimbursements",
        "new": f"{live_server.url}/reimbursements/new",
        **shown,
        "maternity-queue": f"{live_server.url}/maternity",
        "maternity-new": f"{live_server.url}/maternity/new",
        "maternity": f"{live_server.url}/maternity/{claim.pk}",
    }


@pytest.fixture
def browser(pages, monkeypatch):
    """Chromium, started when all records are made and ended before they are undone."""
    with chromium(monkeypatch) as started:
        yield started


def wanted(pages):
    return {name: address for name, address in pages.items() if name not in {"home", "sign-in"}}


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_every_page_speaks_to_all(browser, pages, locale):
    page = open_page(browser, locale=locale, viewport=DESK)
    sign_in(page, pages, name="agency")
    wrong = {}
    for name, address in wanted(pages).items():
        page.goto(address)
        page.evaluate("() => document.querySelectorAll('details').forEach((e) => { e.open = true })")
        wrong[name] = page.evaluate(CHECKS)
    assert {name: found for name, found in wrong.items() if found} == {}


def test_no_page_scrolls_sideways_on_a_phone(browser, pages):
    page = open_page(browser, viewport=PHONE, is_mobile=True, has_touch=True)
    sign_in(page, pages, name="agency")
    widths = {}
    for name, address in wanted(pages).items():
        page.goto(address)
        widths[name] = page.evaluate("() => document.documentElement.scrollWidth")
    assert {name: width for name, width in widths.items() if width > 390} == {}


def test_an_officer_types_a_bill_and_calculates_without_scripts(browser, pages):
    page = open_page(browser, java_script_enabled=False)
    sign_in(page, pages, name="agency")
    page.goto(pages["accepted"])
    page.fill("textarea[name=lines]", "XB02\t乙类药\t2\t50.00\t100.00\t2026-11-03")
    follow(page, "text=录入明细")
    assert "20,100.00" in page.inner_text("main")
    follow(page, "text=试算")
    assert "结算" in page.inner_text("main")
    assert page.locator("ol.why li").count() >= 2
