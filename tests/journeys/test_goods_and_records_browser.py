"""Goods, settlement lists and clinical records as a browser shows them: for readers of every kind, on a phone."""

import pytest

from .chromium import CHECKS, PHONE, chromium, in_a_browser, open_page, sign_in
from .goods import new_batch, new_code, purchase, sale
from .hospital import Hospital
from .lists import list_of
from .office_records import HERE, found_staff
from .small_town import new_person
from .test_clinical_uploads import report

pytestmark = in_a_browser


@pytest.fixture
def pages(lasting_town, live_server):
    found_staff()
    here, person, batch = Hospital(code=HERE), new_person(), new_batch()
    here.expect("3503", {"purcinfo": purchase(batch, "10")})
    here.expect("3505", {"selinfo": sale(batch, "1", new_code(), psn_no=person.number)})
    visit, bill = here.stay(person)
    number = here.expect("4101", list_of(person, visit, bill, chfpdr_code="", dscg_way="2"))["setl_list_id"]
    here.expect("4501", report(person, visit))
    here.expect("4501", report(person, visit, exam_ccls="更正"))
    names = {
        "home": "", "sign-in": "sign-in", "stock": "stock", "traces": "stock/traces", "lists": "settlement-lists",
        "list": f"settlement-lists/{number}", "clinical": "clinical", "records": f"visits/{visit}/records",
        "refused": "settlement-lists?settlement=abc",
    }  # fmt: skip
    return {name: f"{live_server.url}/{path}" for name, path in names.items()}


@pytest.fixture
def browser(pages, monkeypatch):
    """Chromium, started when all records are made and ended before they are undone."""
    with chromium(monkeypatch) as started:
        yield started


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_every_page_speaks_to_all(browser, pages, locale):
    page = open_page(browser, locale=locale)
    sign_in(page, pages)
    wrong, own = {}, set(pages) - {"home", "sign-in"}
    for name in sorted(own):
        page.goto(pages[name])
        page.evaluate("() => document.querySelectorAll('details').forEach((e) => { e.open = true })")
        wrong[name] = page.evaluate(CHECKS)
    assert {name: found for name, found in wrong.items() if found} == {}


def test_no_page_scrolls_sideways_on_a_phone(browser, pages):
    page = open_page(browser, viewport=PHONE, is_mobile=True, has_touch=True)
    sign_in(page, pages)
    widths = {}
    for name in set(pages) - {"home", "sign-in"}:
        page.goto(pages[name])
        widths[name] = page.evaluate("() => document.documentElement.scrollWidth")
    assert {name: width for name, width in widths.items() if width > 390} == {}
