"""The pages of lists as a browser shows them: readable by everybody, on a phone, in both languages, published by keyboard."""

import os
from datetime import UTC, datetime

import pytest

from yibao.domains.listings.lists import LISTS
from yibao.domains.listings.models import Release
from yibao.domains.listings.operations import ListRow
from yibao.workflows.publish_list import Publication, publish_list

from .chromium import CHECKS, DESK, PHONE, chromium, follow, in_a_browser, open_page, sign_in
from .office_records import found_staff

pytestmark = in_a_browser


@pytest.fixture
def pages(lasting_town, live_server):
    """The addresses of the pages by name, with staff and a list in two versions behind them."""
    found_staff()
    kind = LISTS["1307"]
    for names in ({"J18.900": "肺炎", "I10.x00": "高血压"}, {"J18.900": "肺炎", "E11.900": "2型糖尿病"}):
        rows = {code: ListRow({kind.key: code, kind.name: name}) for code, name in names.items()}
        at = datetime(2026, 11, 1, 2, tzinfo=UTC)
        publish_list(Publication("1307", "110000", rows, is_whole=True, source="疾病.xlsx", actor="agency", at=at))
    return {
        "home": f"{live_server.url}/",
        "sign-in": f"{live_server.url}/sign-in",
        "lists": f"{live_server.url}/lists",
        "list": f"{live_server.url}/lists/1307",
        "empty": f"{live_server.url}/lists/1320",
    }


@pytest.fixture
def browser(pages, monkeypatch):
    """Chromium, started when all records are made and ended before they are undone."""
    with chromium(monkeypatch) as started:
        yield started


@pytest.fixture
def table(tmp_path):
    """A table with one fault, on the reader's own machine."""
    path = tmp_path / "疾病.csv"
    path.write_text("诊断代码,诊断名称\nA01,甲\nB 2,乙\n", encoding="utf-8")
    return path


def shown(page, name):
    """Keep what a page looks like where YIBAO_SHOTS says so."""
    if os.environ.get("YIBAO_SHOTS"):
        page.screenshot(path=f"{os.environ['YIBAO_SHOTS']}/{name}.png", full_page=True)


def test_pages_are_readable_wide_and_narrow_in_both_languages_and_publish_by_keyboard(browser, pages, table):
    wrong, widths = {}, {}
    for locale, viewport in (("zh-CN", DESK), ("en-US", DESK), ("zh-CN", PHONE)):
        page = open_page(browser, locale=locale, viewport=viewport)
        sign_in(page, pages, name="agency")
        for name in ("lists", "list", "empty"):
            page.goto(pages[name])
            shown(page, f"{name}-{locale}-{viewport['width']}")
            wrong[f"{name} {locale} {viewport['width']}"] = page.evaluate(CHECKS)
            widths[name] = page.evaluate("() => document.documentElement.scrollWidth") - viewport["width"]
    page = open_page(browser)
    sign_in(page, pages, name="agency")
    page.goto(pages["list"])
    page.set_input_files("input[type=file]", table)
    page.focus("button[value=publish]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#h-faults")
    shown(page, "faults")
    wrong["faults"] = page.evaluate(CHECKS)
    assert page.inner_text("tbody tr:first-child").split()[:3] == ["3", "诊断代码", "B"]
    table.write_text("诊断代码,诊断名称\nA01,甲\n", encoding="utf-8")
    page.set_input_files("input[type=file]", table)
    follow(page, "button[value=look]")
    page.wait_for_selector("#h-seen")
    shown(page, "seen")
    wrong["seen"] = page.evaluate(CHECKS)
    assert Release.objects.count() == 2
    page.set_input_files("input[type=file]", table)
    page.focus("button[value=publish]")
    page.keyboard.press("Enter")
    page.wait_for_url("**version=v0003")
    shown(page, "published")

    assert "已发布：v0003" in page.inner_text("main")
    assert {name: found for name, found in wrong.items() if found} == {}
    assert {name: width for name, width in widths.items() if width > 0} == {}
