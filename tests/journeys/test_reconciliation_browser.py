"""The pages of reconciliation as a browser shows them: readable by everybody, on a phone, in both languages, without scripts."""

import os

import pytest

from yibao.domains.reconciliation.models import ReconciliationRun

from .chromium import CHECKS, DESK, PHONE, chromium, follow, in_a_browser, open_page, sign_in
from .hospital import Hospital
from .office_records import found_staff
from .small_town import new_person
from .test_clearing import apply, october_visit, reconcile
from .test_reconciliation import TODAY, claim, details, row, upload

pytestmark = in_a_browser


@pytest.fixture
def pages(lasting_town, live_server):
    """The addresses of the pages by name: days, a run with differences of several causes, the agency's lists."""
    found_staff()
    hospital = Hospital()
    person = new_person(balance_fen=50_000)
    visit, bill = hospital.visit(person, "3000.00", account="1")
    other, taken_back = hospital.visit(person, "500.00")
    hospital.expect("2208", hospital.reversal(person, other, taken_back["setl_id"]))
    text = row(bill["setl_id"], visit, person, "2999.00", "840.00") + row("HIS-0001", "", person, "70.00", "0.00")
    number = upload(hospital, text.encode(), "own.txt")
    hospital.expect("3202", details(number, "3069.00", "840.00", 0, 2))
    run = ReconciliationRun.objects.get()
    hospital.expect("3201", claim("3000.00", "840.00", "500.00", 3))
    october_visit(new_person())
    reconcile(hospital)
    apply(hospital)
    return {
        "home": f"{live_server.url}/",
        "sign-in": f"{live_server.url}/sign-in",
        "days": f"{live_server.url}/reconciliation",
        "run": f"{live_server.url}/reconciliation/{run.pk}",
        "institutions": f"{live_server.url}/reconciliation?day={TODAY}",
        "clearing": f"{live_server.url}/clearing",
    }


@pytest.fixture
def browser(pages, monkeypatch):
    """Chromium, started when all records are made and ended before they are undone."""
    with chromium(monkeypatch) as started:
        yield started


def test_every_page_speaks_to_all_and_fits_a_phone(browser, pages):
    wrong, widths = {}, {}
    for member, names in (("institution", ("days", "run", "clearing")), ("agency", ("institutions", "clearing"))):
        for locale, viewport in (("zh-CN", DESK), ("en-GB", PHONE)):
            page = open_page(browser, locale=locale, viewport=viewport)
            sign_in(page, pages, name=member)
            for name in names:
                page.goto(pages[name])
                wrong[member, name, locale] = page.evaluate(CHECKS)
                widths[member, name, locale] = page.evaluate("() => document.documentElement.scrollWidth")
                if folder := os.environ.get("YIBAO_TEST_PICTURES"):
                    page.screenshot(path=f"{folder}/reconciliation-{member}-{name}-{locale}.png", full_page=True)
    assert {name: found for name, found in wrong.items() if found} == {}
    assert {name: width for name, width in widths.items() if name[2] == "en-GB" and width > 390} == {}


def test_a_hospital_compares_its_file_and_the_agency_accepts_without_scripts(browser, pages, tmp_path):
    own = tmp_path / "own.csv"
    own.write_text("setl_id,medfee_sumamt,fund_pay_sumamt,acct_pay\n77,12.00,0,0\n", encoding="utf-8")
    page = open_page(browser, java_script_enabled=False)
    sign_in(page, pages, name="institution")
    page.goto(pages["days"])
    page.fill("input[name=first]", TODAY)
    page.fill("input[name=last]", TODAY)
    page.set_input_files("input[name=file]", str(own))
    follow(page, "button:has-text('对账') >> visible=true")
    assert "仅机构有" in page.inner_text("#main")

    page = open_page(browser, java_script_enabled=False)
    sign_in(page, pages, name="agency")
    page.goto(pages["clearing"])
    page.fill("td input[name=note]", "同意")
    follow(page, "button[value=accept]")
    assert "已受理" in page.inner_text("#main")
    assert "同意" in page.inner_text("#main")
