"""The public pages and the poverty watch as a browser shows them: by keyboard, on a phone, in large type, for readers of every kind."""

import pytest

from yibao.domains.assistance.models import WatchListing

from .chromium import CHECKS, DESK, PHONE, chromium, focused, follow, in_a_browser, open_page
from .hospital import Hospital
from .office_records import PASSWORD, found_staff
from .small_town import new_person
from .test_poverty_watch import watch

pytestmark = in_a_browser


@pytest.fixture
def site(lasting_town, live_server):
    """Where the pages are, with a listing of the poverty watch behind them."""
    found_staff()
    Hospital().stay(new_person(scheme="390", status="working_age"), "300000.00", insutype="390")
    watch()
    return live_server.url


@pytest.fixture
def case(site):
    """Where the listing is shown; asked before the driver's loop runs, under which Django would keep another connection."""
    return f"{site}/poverty/{WatchListing.objects.get().pk}"


@pytest.fixture
def browser(site, case, monkeypatch):
    with chromium(monkeypatch) as started:
        yield started


def tell(page, site):
    """Fill the form in as a visitor does, up to the total."""
    page.goto(f"{site}/portal/estimate/110000/310")
    for name, value in {"status": "active", "care": "inpatient", "level": "tertiary", "place": "local"}.items():
        page.check(f"[name={name}][value={value}]")
    page.fill("[name=age]", "52")
    page.fill("[name=on]", "2026-05-01")
    page.fill("[name=total]", "36800")


def wrong_on(page):
    page.evaluate("() => document.querySelectorAll('details').forEach((e) => { e.open = true })")
    return page.evaluate(CHECKS)


class TestEstimator:
    def test_the_enter_key_asks_and_does_not_switch(self, browser, site):
        page = open_page(browser)
        tell(page, site)
        page.press("[name=total]", "Enter")
        page.wait_for_selector("#h-steps")
        assert "6,285.00" in page.inner_text("#answer")
        assert page.evaluate("() => document.documentElement.className") == ""
        assert page.evaluate("() => location.hash") == "#answer"

    def test_a_keyboard_alone_reaches_the_answer(self, browser, site):
        page = open_page(browser)
        page.goto(f"{site}/portal/estimate/110000/310")
        page.keyboard.press("Tab")
        assert focused(page) == "跳到正文"
        page.keyboard.press("Enter")
        for wanted in ("status", "age", "care", "level"):
            while focused(page) != wanted:
                page.keyboard.press("Tab")
            if wanted == "age":
                page.keyboard.type("52")
            else:
                page.keyboard.press("Space")
        while focused(page) != "total":
            page.keyboard.press("Tab")
        page.keyboard.type("1000")
        page.keyboard.press("Enter")
        page.wait_for_selector("#h-steps")
        assert page.is_checked("[name=level][value=tertiary]")

    def test_focus_is_always_seen(self, browser, site):
        page = open_page(browser)
        page.goto(f"{site}/portal/estimate/110000/310")
        for _ in range(25):
            page.keyboard.press("Tab")
            tag, outline = page.evaluate(
                "() => { const e = document.activeElement, s = getComputedStyle(e); return [e.tagName, s.outlineStyle + s.outlineWidth] }"
            )
            assert outline == "solid3px" or tag == "BODY", focused(page)

    def test_only_what_the_bill_needs_is_shown(self, browser, site):
        page = open_page(browser)
        page.goto(f"{site}/portal/estimate/110000/310")
        shown = {}
        for kind in ("total", "parts", "list"):
            page.check(f"[name=bill_kind][value={kind}]")
            shown[kind] = [name for name in ("total", "in_scope", "list_text") if page.is_visible(f"[name={name}]")]
        assert shown == {"total": ["total"], "parts": ["total", "in_scope"], "list": ["list_text"]}

    def test_without_scripts_a_list_is_uploaded_and_refused_without_losing_it(self, browser, site):
        page = open_page(browser, java_script_enabled=False)
        tell(page, site)
        page.check("[name=bill_kind][value=list]")
        page.set_input_files(
            "[name=list_file]", {"name": "a.csv", "mimeType": "text/csv", "buffer": b"XA01,1,500\nNO99,1,2"}
        )
        follow(page, "main button[type=submit]")
        assert "第 2 行" in page.inner_text("#answer")
        assert page.input_value("[name=list_text]") == "XA01,1,500\nNO99,1,2"
        page.fill("[name=list_text]", "XA01,1,5000")
        follow(page, "main button[type=submit]")
        assert "测试" not in page.inner_text("#answer")
        assert "阿莫西林胶囊" in page.inner_text("main")

    @pytest.mark.requirement("ELD-03")
    def test_large_type_keeps_what_was_typed_and_fits_the_phone(self, browser, site):
        page = open_page(browser, viewport=PHONE, is_mobile=True, has_touch=True)
        tell(page, site)
        follow(page, "button[value=large]")
        assert page.evaluate("() => getComputedStyle(document.documentElement).fontSize") == "24px"
        assert page.input_value("[name=total]") == "36800"
        page.press("[name=total]", "Enter")
        page.wait_for_selector("#h-steps")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390

    def test_on_paper_only_the_answer_stands(self, browser, site):
        page = open_page(browser)
        tell(page, site)
        page.press("[name=total]", "Enter")
        page.wait_for_selector("#h-steps")
        page.emulate_media(media="print")
        assert not page.is_visible("#estimate")
        assert page.is_visible("#h-elsewhere")


class TestReaders:
    @pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
    def test_every_page_speaks_to_all(self, browser, site, case, locale):
        page = open_page(browser, locale=locale)
        page.goto(f"{site}/portal/")
        wrong = {"start": wrong_on(page)}
        page.goto(f"{site}/portal/estimate/1/2")
        wrong["not found"] = wrong_on(page)
        tell(page, site)
        wrong["form"] = wrong_on(page)
        follow(page, "main button[type=submit]")
        wrong["answer"] = wrong_on(page)
        page.fill("[name=total]", "x")
        page.fill("[name=age]", "")
        follow(page, "main button[type=submit]")
        wrong["refused"] = wrong_on(page)
        assert page.locator("[aria-invalid=true]").count() == 2
        page.goto(f"{site}/sign-in")
        page.fill("#id_username", "agency")
        page.fill("#id_password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{site}/")
        for name, path in {
            "list": "/poverty",
            "no list": "/poverty?year=x",
            "case": case.removeprefix(site),
            "none": "/poverty/9",
        }.items():
            page.goto(site + path)
            wrong[name] = wrong_on(page)
        page.goto(case)
        follow(page, ".decision button[type=submit]")
        wrong["nothing decided"] = wrong_on(page)
        assert {name: found for name, found in wrong.items() if found} == {}


class TestPhone:
    def test_no_page_scrolls_sideways(self, browser, site, case):
        page = open_page(browser, viewport=PHONE, is_mobile=True, has_touch=True)
        widths = {}
        tell(page, site)
        page.check("[name=bill_kind][value=list]")
        page.fill("[name=list_text]", "XA01,1,5000\nXL04,3,900")
        follow(page, "main button[type=submit]")
        widths["answer"] = page.evaluate("() => document.documentElement.scrollWidth")
        page.goto(f"{site}/portal/")
        widths["start"] = page.evaluate("() => document.documentElement.scrollWidth")
        page.goto(f"{site}/sign-in")
        page.fill("#id_username", "agency")
        page.fill("#id_password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{site}/")
        for path in ("/poverty", case.removeprefix(site)):
            page.goto(site + path)
            widths[path] = page.evaluate("() => document.documentElement.scrollWidth")
        assert {name: width for name, width in widths.items() if width > PHONE["width"]} == {}


def test_the_desk_is_wide_enough_for_a_table(browser, site):
    page = open_page(browser, viewport=DESK)
    tell(page, site)
    follow(page, "main button[type=submit]")
    assert page.locator("#h-elsewhere ~ table thead").bounding_box()["height"] > 10
