"""The pages of care in other regions as a browser shows them: readable by everybody, on a phone, in both languages, without scripts."""

import os

import pytest

from yibao.domains.interregional.investigating import Proof
from yibao.domains.interregional.models import ClearingItem, ClearingStatement
from yibao.domains.ledger.models import Fund
from yibao.workflows import clear_regions, investigate_claims, prepay_regions

from .chromium import CHECKS, DESK, PHONE, chromium, follow, in_a_browser, open_page, sign_in
from .region_clearing import appoint_officers, moment, stay_away
from .two_regions import AWAY, HOME, found_second_region, person_of

pytestmark = in_a_browser


@pytest.fixture
def pages(lasting_town, live_server):
    """The addresses of the pages by name: a statement issued with a dispute, answered, and a prepaid fund that waits."""
    away = found_second_region()
    for day in ("2026-10-09", "2026-10-20"):
        stay_away(away, person_of(HOME), until=day)
    officers, at = appoint_officers(), moment("2026-11-03 09:00")
    prepay_regions.ask_for_movement(
        care_region=AWAY, enrolment_region=HOME, fund=Fund.objects.get(code="310100"), kind="first",
        amount_fen=5_000_000, document="预付1号", reason="初始额度", member=officers.care[0], at=at,
    )  # fmt: skip
    clear_regions.draw_all(month=moment("2026-10-01 00:00").date(), member=officers.care[0], at=at)
    statement = ClearingStatement.objects.get()
    clear_regions.issue(statement, member=officers.care[1], at=at)
    asked = {"reason": "care", "question": "请核实住院真实性", "member": officers.home[0], "at": at}
    inquiry = investigate_claims.dispute(ClearingItem.objects.first(), **asked)
    investigate_claims.answer(
        inquiry, finding="partly", explanation="部分费用无医嘱", conceded_fen={"310100": 10_000},
        proofs=[Proof("record", "病历 77", "ab" * 32)], member=officers.care[0], at=at,
    )  # fmt: skip
    return {
        "home": f"{live_server.url}/",
        "sign-in": f"{live_server.url}/sign-in",
        "regions": f"{live_server.url}/regions",
        "statement": f"{live_server.url}/regions/statements/{statement.pk}",
        "inquiries": f"{live_server.url}/regions/inquiries",
        "inquiry": f"{live_server.url}/regions/inquiries/{inquiry.pk}",
        "prepaid": f"{live_server.url}/regions/prepaid",
    }


@pytest.fixture
def browser(pages, monkeypatch):
    """Chromium, started when all records are made and ended before they are undone."""
    with chromium(monkeypatch) as started:
        yield started


def test_every_page_speaks_to_all_and_fits_a_phone_and_works_without_scripts(browser, pages):
    wrong, widths = {}, {}
    for name, locale, viewport in (("xu", "zh-CN", DESK), ("wang", "en-GB", PHONE)):
        page = open_page(browser, locale=locale, viewport=viewport)
        sign_in(page, pages, name=name)
        for shown in ("regions", "statement", "inquiries", "inquiry", "prepaid"):
            page.goto(pages[shown])
            wrong[shown, locale] = page.evaluate(CHECKS)
            widths[shown, locale] = page.evaluate("() => document.documentElement.scrollWidth")
            if folder := os.environ.get("YIBAO_TEST_PICTURES"):
                page.screenshot(path=f"{folder}/regions-{shown}-{locale}.png", full_page=True)
    assert {name: found for name, found in wrong.items() if found} == {}
    assert {name: width for name, width in widths.items() if name[1] == "en-GB" and width > 390} == {}

    page = open_page(browser, java_script_enabled=False)
    sign_in(page, pages, name="xu")
    page.goto(pages["inquiry"])
    follow(page, "text=复核通过")
    assert "18,555.00" in page.inner_text("#main")  # 18,655 less what was conceded
    sign_in(page := open_page(browser, java_script_enabled=False), pages, name="wang")
    page.goto(pages["statement"])
    follow(page, "text=确认无异议部分")
    assert "已确认，待拨付" in page.inner_text("#main")
    page.goto(pages["prepaid"])
    follow(page, "button:has-text('拨付')")
    assert "50,000.00" in page.inner_text("#main")
