"""The office as a browser shows it: by keyboard, on a phone, in both languages, for readers of every kind."""

import pytest

from .chromium import CHECKS, PHONE, chromium, focused, follow, in_a_browser, open_page, sign_in
from .office_records import PASSWORD, found_staff, page_of, play_visits

pytestmark = in_a_browser


@pytest.fixture
def pages(lasting_town, live_server):
    """The addresses of the pages by name, with staff and played visits behind them."""
    found_staff()
    played = play_visits()
    return {
        "home": f"{live_server.url}/",
        "list": f"{live_server.url}/settlements",
        "settlement": f"{live_server.url}{page_of(played.plain)}",
        "reversal": f"{live_server.url}{page_of(played.reversal)}",
        "refused": f"{live_server.url}/settlements?settlement=abc&last=x",
        "sign-in": f"{live_server.url}/sign-in",
        "missing": f"{live_server.url}/settlements/999999999",
    }


@pytest.fixture
def browser(pages, monkeypatch):
    """Chromium, started when all records are made and ended before they are undone."""
    with chromium(monkeypatch) as started:
        yield started


class TestKeyboard:
    def test_alone_signs_in_and_reaches_a_settlement(self, browser, pages):
        page = open_page(browser)
        page.goto(pages["sign-in"])
        assert focused(page) == "username"
        page.keyboard.type("auditor")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(pages["home"])
        page.keyboard.press("Tab")
        assert focused(page) == "跳到正文"
        page.keyboard.press("Enter")
        assert page.evaluate("() => document.activeElement.id") == "main"
        for _ in range(20):
            page.keyboard.press("Tab")
            if "/settlements/" in (page.evaluate("() => document.activeElement.href || ''")):
                break
        page.keyboard.press("Enter")
        page.wait_for_url("**/settlements/*")
        assert "费用与支付" in page.inner_text("main")

    def test_focus_is_always_seen(self, browser, pages):
        page = open_page(browser)
        sign_in(page, pages)
        page.goto(pages["list"])
        seen = set()
        for _ in range(40):
            page.keyboard.press("Tab")
            tag, outline = page.evaluate(
                "() => { const e = document.activeElement, s = getComputedStyle(e); return [e.tagName, s.outlineStyle + s.outlineWidth] }"
            )
            seen.add(tag)
            assert outline == "solid3px" or tag == "BODY", tag
        assert {"A", "INPUT", "SELECT", "BUTTON"} <= seen


class TestPhone:
    def test_no_page_scrolls_sideways(self, browser, pages):
        page = open_page(browser, viewport=PHONE, is_mobile=True, has_touch=True)
        sign_in(page, pages)
        widths = {}
        for name, address in pages.items():
            page.goto(address)
            widths[name] = page.evaluate("() => document.documentElement.scrollWidth")
        assert {name: width for name, width in widths.items() if width > 390} == {}


class TestReaders:
    @pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
    def test_every_page_speaks_to_all(self, browser, pages, locale):
        page = open_page(browser, locale=locale)
        page.goto(pages["sign-in"])
        wrong = {"sign-in": page.evaluate(CHECKS)}
        sign_in(page, pages)
        for name in pages:
            if name != "sign-in":
                page.goto(pages[name])
                page.evaluate("() => document.querySelectorAll('details').forEach((e) => { e.open = true })")
                wrong[name] = page.evaluate(CHECKS)
        assert {name: found for name, found in wrong.items() if found} == {}

    def test_the_checks_see_what_is_wrong(self, browser, pages):
        page = open_page(browser)
        page.goto(pages["sign-in"])
        page.evaluate(
            """() => { document.querySelector('main').innerHTML =
                 '<h3 style="color:#999;background:#fff">pale</h3><input name=bare><table><tr><th>x</th></tr></table><img src=x>' }"""
        )
        found = " ".join(page.evaluate(CHECKS))
        for word in (
            "h3 after h0",
            "not one h1",
            "no label: bare",
            "without caption",
            "without scope",
            "contrast",
            "no alt",
        ):
            assert word in found


class TestLanguages:
    def test_the_switch_changes_the_page_and_stays(self, browser, pages):
        page = open_page(browser, locale="zh-CN")
        sign_in(page, pages)
        assert page.evaluate("() => document.documentElement.lang") == "zh-hans"
        follow(page, "button[name=language]")
        assert page.evaluate("() => document.documentElement.lang") == "en"
        page.goto(pages["settlement"])
        assert "Who pays, in yuan" in page.inner_text("main")

    def test_a_browser_that_asks_for_english_gets_it(self, browser, pages):
        page = open_page(browser, locale="en-GB")
        page.goto(pages["sign-in"])
        assert page.inner_text("h1") == "Sign in"


class TestWithoutScripts:
    def test_everything_works(self, browser, pages):
        page = open_page(browser, java_script_enabled=False)
        sign_in(page, pages)
        page.goto(pages["settlement"])
        assert page.locator("table").count() >= 5
        page.goto(pages["list"])
        page.select_option("#id_standing", "reversal")
        follow(page, "main button[type=submit]")
        assert page.locator("tbody tr").count() == 1
