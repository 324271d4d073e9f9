"""The console of a sandbox as a browser shows it: live rows, faults beside fields, keyboard, phone, both languages."""

import pytest

from yibao.domains.messages.models import AccessPoint
from yibao.interfaces.console.recorder import recorder

from .chromium import CHECKS, PHONE, chromium, follow, in_a_browser, open_page, sign_in
from .office_records import found_staff
from .sandbox_town import open_sandbox, order, vendor, written
from .small_town import new_person

pytestmark = in_a_browser


@pytest.fixture
def hospital(lasting_town, settings):
    found_staff()
    with open_sandbox(settings) as application:
        yield vendor(application)


@pytest.fixture
def pages(hospital, live_server):
    """The addresses of the console's pages by name, with messages and a fault behind them."""
    person = new_person()
    visit = hospital.register(person)
    hospital.ask("2204", {"feedetail": [{**hospital.line(person, visit), "cnt": "many"}]})
    order("late", seconds=3, infno="2207")
    refused = written()[-1]
    point = AccessPoint.objects.get(path_prefix="/fsi")
    return {
        "home": f"{live_server.url}/",
        "sign-in": f"{live_server.url}/sign-in",
        "points": f"{live_server.url}/sandbox/",
        "messages": f"{live_server.url}/sandbox/messages",
        "point": f"{live_server.url}/sandbox/points/{point.pk}",
        "message": f"{live_server.url}/sandbox/messages/{refused.pk}",
        "opened": f"{live_server.url}/sandbox/messages/{refused.pk}?numbers=open",
        "persons": f"{live_server.url}/sandbox/persons",
        "faults": f"{live_server.url}/sandbox/faults",
        "channel-faults": f"{live_server.url}/sandbox/channel-faults",
        "acceptance": f"{live_server.url}/sandbox/acceptance?institution=H11010100001&kind=clinic",
    }


@pytest.fixture
def browser(pages, monkeypatch):
    with chromium(monkeypatch) as started:
        yield started


def test_every_page_speaks_to_all_and_fits_a_phone(browser, pages):
    wrong, widths = {}, {}
    for locale in ("zh-CN", "en-GB"):
        page = open_page(browser, locale=locale, viewport=PHONE)
        sign_in(page, pages, "agency")
        for name, address in pages.items():
            page.goto(address)
            page.evaluate("() => document.querySelectorAll('details').forEach((e) => { e.open = true })")
            wrong[locale, name] = page.evaluate(CHECKS)
            widths[locale, name] = page.evaluate("() => document.documentElement.scrollWidth")
    assert {at: found for at, found in wrong.items() if found} == {}
    assert {at: width for at, width in widths.items() if width > 390} == {}


def test_a_message_appears_by_itself_and_the_pause_holds_it_back(browser, pages, hospital):
    page = open_page(browser)
    sign_in(page, pages, "agency")
    page.goto(pages["point"])
    assert page.locator("#messages tbody tr").count() == 2

    hospital.ask("1101", {})
    recorder.write_now()
    page.wait_for_function("() => document.querySelectorAll('#messages tbody tr').length === 3")
    assert page.inner_text("#arrived") == "新报文 1 条"
    assert "1101" in page.inner_text("#messages tbody tr:first-child")

    page.focus("#pause")
    page.keyboard.press("Enter")
    assert page.inner_text("#pause") == "继续"
    hospital.ask("9001", {})
    recorder.write_now()
    page.wait_for_timeout(2_000)
    assert page.locator("#messages tbody tr").count() == 3
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('#messages tbody tr').length === 4")


def test_by_keyboard_a_refused_message_is_opened_and_sent_again(browser, pages):
    page = open_page(browser)
    sign_in(page, pages, "agency")
    page.goto(pages["messages"])
    page.focus("#messages tbody tr:first-child a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sandbox/messages/*")
    assert page.inner_text("li.faulty .fault-here") == "数量(feedetail[0].cnt)不是数字：many"

    page.focus("button[value=as_is]")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=重发自")
    assert page.inner_text("li.faulty .key") == "cnt"


def test_without_scripts_everything_works(browser, pages):
    page = open_page(browser, java_script_enabled=False)
    sign_in(page, pages, "agency")
    page.goto(pages["messages"])
    assert page.locator("#messages tbody tr").count() == 2
    page.select_option("#id_result", "refused")
    follow(page, "main form button[type=submit]")
    assert page.locator("#messages tbody tr").count() == 1
