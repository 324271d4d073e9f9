"""Electronic prescriptions as a browser shows them: work list, prescription with its forms, timeline, the agency's search."""

import os

import pytest

from .chromium import CHECKS, PHONE, chromium, in_a_browser, open_page, sign_in, wrong_by_axe
from .hospital import Hospital
from .office_records import PASSWORD, found_staff
from .prescribing import PHARMACY, claimed, handed, prescribed, staff_the_houses
from .small_town import new_person
from .test_office_prescriptions import draft, seat

pytestmark = in_a_browser


@pytest.fixture
def pages(lasting_town, live_server):
    found_staff()
    staff_the_houses()
    seat("physician", "D110101000001", "H11010100001")
    seat("shop", "Y110101000002", PHARMACY)
    done, pharmacy = prescribed(new_person()), Hospital(code=PHARMACY)
    pharmacy.expect("7206", handed(done, claimed(done, pharmacy)))
    unsigned, ready = draft(new_person()), prescribed(new_person())
    claimed(ready, pharmacy)
    names = {
        "home": "", "sign-in": "sign-in", "list": "prescriptions", "work": "prescriptions/work",
        "done": f"prescriptions/{done.pk}", "unsigned": f"prescriptions/{unsigned.pk}",
        "ready": f"prescriptions/{ready.pk}",
    }  # fmt: skip
    return {name: f"{live_server.url}/{path}" for name, path in names.items()}


@pytest.fixture
def browser(pages, monkeypatch):
    """Chromium, started when all records are made and ended before they are undone."""
    with chromium(monkeypatch) as started:
        yield started


SEEN = {"auditor": ("list", "done"), "physician": ("work", "unsigned"), "shop": ("work", "ready", "done")}


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_every_page_speaks_to_all(browser, pages, locale):
    wrong = {}
    for reader, names in SEEN.items():
        page = open_page(browser, locale=locale)
        sign_in(page, pages, reader)
        for name in names:
            page.goto(pages[name])
            page.evaluate("() => document.querySelectorAll('details').forEach((e) => { e.open = true })")
            wrong[reader, name] = [*page.evaluate(CHECKS), *wrong_by_axe(page)]
            if os.environ.get("YIBAO_SHOTS"):
                page.screenshot(path=f"{os.environ['YIBAO_SHOTS']}/{reader}-{name}-{locale}.png", full_page=True)
    assert {place: found for place, found in wrong.items() if found} == {}


def test_no_page_scrolls_sideways_on_a_phone(browser, pages):
    widths = {}
    for reader, names in SEEN.items():
        page = open_page(browser, viewport=PHONE, is_mobile=True, has_touch=True)
        sign_in(page, pages, reader)
        for name in names:
            page.goto(pages[name])
            widths[reader, name] = page.evaluate("() => document.documentElement.scrollWidth")
    assert {place: width for place, width in widths.items() if width > 390} == {}


def test_a_physician_signs_with_the_keyboard_alone(browser, pages):
    page = open_page(browser)
    sign_in(page, pages, "physician")
    page.goto(pages["unsigned"])
    page.focus("input[name=password]")
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "已签名，待药师审方" in page.inner_text("h1")
