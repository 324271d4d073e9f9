"""The pages of care over the internet as a browser shows them: readable by everybody, on a phone, in both languages."""

import os
from datetime import UTC, date, datetime

import pytest

from yibao.domains.internet_care.models import AuditRun
from yibao.domains.price_items.models import ItemProposal
from yibao.domains.settlement.models import Settlement
from yibao.workflows.audit_internet_care import audit_region
from yibao.workflows.decide_price_item import propose

from .chromium import CHECKS, DESK, PHONE, chromium, in_a_browser, open_page, sign_in, wrong_by_axe
from .hospital import Hospital
from .internet_hospital import online_visit, open_internet_hospital, seen_in_person, with_voucher
from .office_records import new_member
from .small_town import REGION, new_person

pytestmark = in_a_browser
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.fixture
def pages(lasting_town, live_server):
    """The addresses of the pages by name: a settlement that waits for a reviewer, an item that waits for a decision."""
    open_internet_hospital()
    clerk = new_member("clerk", "institution")
    new_member("officer", "agency")
    hospital, person = Hospital(), new_person()
    with_voucher(person)
    seen_in_person(hospital, person)
    _visit, settled = online_visit(hospital, person, lines=(("XA01", "3000.00"),))
    audit_region(region=REGION, first_day=date(2026, 1, 1), last_day=date(2027, 12, 31), at=NOW)
    run = AuditRun.objects.get(settlement=Settlement.objects.get(pk=int(settled["setl_id"])))
    wish = {
        "name": "互联网复诊诊查费", "content": "远程询问病情并开具处方", "unit": "次", "service_kind": "core", "need": "basic",
        "is_between_institutions": False, "conditions": {"permitted": "见附件"}, "prices_e6": {"tertiary": 20_000_000},
    }  # fmt: skip
    proposal: ItemProposal = propose(wish, member=clerk, at=NOW)
    return {
        "home": f"{live_server.url}/",
        "sign-in": f"{live_server.url}/sign-in",
        "audits": f"{live_server.url}/internet/audits",
        "audit": f"{live_server.url}/internet/audits/{run.pk}",
        "costs": f"{live_server.url}/internet/costs",
        "items": f"{live_server.url}/internet/price-items",
        "item": f"{live_server.url}/internet/price-items/{proposal.pk}",
        "mechanisms": f"{live_server.url}/internet/mechanisms",
        "uploads": f"{live_server.url}/internet/uploads",
        "deposits": f"{live_server.url}/clearing/deposits",
        "public": f"{live_server.url}/portal/internet/{REGION}",
    }


@pytest.fixture
def browser(pages, monkeypatch):
    """Chromium, started when all records are made and ended before they are undone."""
    with chromium(monkeypatch) as started:
        yield started


def test_every_page_speaks_to_all_and_fits_a_phone(browser, pages):
    wrong, widths = {}, {}
    for name, locale, viewport in (("officer", "zh-CN", DESK), ("clerk", "en-GB", PHONE)):
        page = open_page(browser, locale=locale, viewport=viewport)
        sign_in(page, pages, name=name)
        for shown in ("audits", "audit", "costs", "items", "item", "mechanisms", "uploads", "deposits", "public"):
            page.goto(pages[shown])
            if shown != "public":
                wrong[shown, locale] = page.evaluate(CHECKS)
            wrong[shown, locale, "axe"] = wrong_by_axe(page)
            widths[shown, locale] = page.evaluate("() => document.documentElement.scrollWidth")
            if folder := os.environ.get("YIBAO_TEST_PICTURES"):
                page.screenshot(path=f"{folder}/internet-{shown}-{locale}.png", full_page=True)
    assert {name: found for name, found in wrong.items() if found} == {}
    assert {name: width for name, width in widths.items() if name[1] == "en-GB" and width > 390} == {}
