"""The pages of emergencies as a browser shows them: readable by everybody, on a phone, in both languages, without scripts."""

import os
from datetime import datetime

import pytest

from yibao.domains.emergencies.models import EmergencyDecision
from yibao.workflows.decide_emergency import approve
from yibao.workflows.prepay_institution import clear_prepayment, order_prepayment

from .chromium import CHECKS, DESK, PHONE, chromium, follow, in_a_browser, open_page, sign_in
from .hospital import BEIJING
from .office_records import found_staff, new_member
from .test_emergencies import asked, proposed

pytestmark = in_a_browser


@pytest.fixture
def pages(lasting_town, live_server):
    """The addresses of the pages by name: a decision that waits, one in force with prepayments of every standing."""
    found_staff()
    officers, now = (new_member("wang", "agency"), new_member("li", "agency")), datetime.now(BEIJING)
    held, waiting = proposed(officers, until=None), proposed(officers, until=None)
    approve(held.pk, note="同意", member=officers[1], at=now)
    held = EmergencyDecision.objects.get(pk=held.pk)
    paid, _ = asked(officers, held, at=now), asked(officers, held, document="预付〔2022〕2号", at=now)
    order_prepayment(paid.pk, note="", member=officers[1], at=now)
    clear_prepayment(paid.pk, kind="repaid", amount_fen=12_345, document="回单1", member=officers[0], at=now)
    return {
        "home": f"{live_server.url}/",
        "sign-in": f"{live_server.url}/sign-in",
        "list": f"{live_server.url}/emergencies",
        "waiting": f"{live_server.url}/emergencies/{waiting.pk}",
        "held": f"{live_server.url}/emergencies/{held.pk}",
    }


@pytest.fixture
def browser(pages, monkeypatch):
    """Chromium, started when all records are made and ended before they are undone."""
    with chromium(monkeypatch) as started:
        yield started


def test_every_page_speaks_to_all_and_fits_a_phone(browser, pages):
    wrong, widths = {}, {}
    for locale, viewport in (("zh-CN", DESK), ("en-GB", PHONE)):
        page = open_page(browser, locale=locale, viewport=viewport)
        sign_in(page, pages, name="agency")
        for name in ("list", "waiting", "held"):
            page.goto(pages[name])
            wrong[name, locale] = page.evaluate(CHECKS)
            widths[name, locale] = page.evaluate("() => document.documentElement.scrollWidth")
            if folder := os.environ.get("YIBAO_TEST_PICTURES"):
                page.screenshot(path=f"{folder}/emergencies-{name}-{locale}.png", full_page=True)
    assert {name: found for name, found in wrong.items() if found} == {}
    assert {name: width for name, width in widths.items() if name[1] == "en-GB" and width > 390} == {}


def test_an_officer_approves_orders_and_clears_without_scripts(browser, pages):
    page = open_page(browser, java_script_enabled=False)
    sign_in(page, pages, name="agency")
    page.goto(pages["held"])
    follow(page, "text=下达拨付")
    assert "2,000,000.00" in page.inner_text("#main")
    page.select_option("select[name=kind] >> nth=0", "set_off")
    page.fill("input[name=amount] >> nth=0", "1.50")
    page.fill("article input[name=document] >> nth=0", "清算1")
    follow(page, "text=登记清算 >> nth=0")
    assert "清算1" in page.inner_text("#main")
