"""Laws compared, and an approved recalculation, as a browser shows them: readable by everybody, on a phone, without scripts."""

import os
import shutil
from datetime import date, datetime

import pytest

from yibao.domains.corrections.operations import ask_for_run, decide
from yibao.domains.reference.models import Division
from yibao.policies import library
from yibao.workflows.recalculate_settlements import compute

from .chromium import CHECKS, DESK, PHONE, chromium, in_a_browser, open_page, sign_in, wrong_by_axe
from .hospital import BEIJING, Hospital
from .office_records import new_member
from .small_town import REGION, new_person

pytestmark = in_a_browser
NOW = datetime(2026, 12, 1, 9, tzinfo=BEIJING)
LAWS = "before=110000%2F390&before_on=2019-12-31&after=110000%2F390&after_on=2020-01-01"


@pytest.fixture
def pages(lasting_town, live_server, monkeypatch, tmp_path):
    """The addresses of the pages by name: laws compared, and a recalculation that a second officer approved."""
    Hospital().visit(new_person(), "2000.00")
    for scheme in ("310", "390"):
        shutil.copytree(library.ROOT / REGION / scheme, tmp_path / "law" / REGION / scheme)
    path = tmp_path / "law" / REGION / "310" / "outpatient.yaml"
    text = path.read_text(encoding="utf-8").replace("{active: 1800, retired: 1300}", "{active: 1500, retired: 1300}")
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(library, "ROOT", tmp_path / "law")
    officers = new_member("wang", "agency"), new_member("li", "agency")
    new_member("analyst", "analyst")
    run = ask_for_run(
        region=Division.objects.get(code=REGION), scheme="310", benefit_from=date(2026, 1, 1), benefit_until=None,
        document="京医保发〔2026〕9号", reason="起付线追溯下调", member=officers[0], at=NOW,
    )  # fmt: skip
    compute(run.pk, at=NOW)
    decide(run=run, is_approved=True, member=officers[1], at=NOW)
    return {
        "home": f"{live_server.url}/",
        "sign-in": f"{live_server.url}/sign-in",
        "law": f"{live_server.url}/law?{LAWS}",
        "recalculation": f"{live_server.url}/recalculations/{run.pk}",
    }


@pytest.fixture
def browser(pages, monkeypatch):
    """Chromium, started when all records are made and ended before they are undone."""
    with chromium(monkeypatch) as started:
        yield started


def test_pages_speak_to_all_and_a_list_is_carried_out_without_scripts(browser, pages):
    wrong, widths = {}, {}
    for locale, viewport in (("zh-CN", DESK), ("en-GB", PHONE)):
        page = open_page(browser, locale=locale, viewport=viewport)
        sign_in(page, pages, name="wang")
        for shown in ("law", "recalculation"):
            page.goto(pages[shown])
            wrong[shown, locale] = [*page.evaluate(CHECKS), *wrong_by_axe(page)]
            widths[shown, locale] = page.evaluate("() => document.documentElement.scrollWidth")
            if folder := os.environ.get("YIBAO_TEST_PICTURES"):
                page.screenshot(path=f"{folder}/{shown}-{locale}.png", full_page=True)
    assert {name: found for name, found in wrong.items() if found} == {}
    assert {name: width for name, width in widths.items() if name[1] == "en-GB" and width > 390} == {}

    page = open_page(browser, java_script_enabled=False)
    sign_in(page, pages, name="wang")
    page.goto(pages["recalculation"])
    page.click("text=立即更正 1 人")
    assert "1 人中已办结 1 人" in page.inner_text("#main")

    sign_in(page := open_page(browser, java_script_enabled=False), pages, name="analyst")
    assert "政策对比" in page.inner_text("nav")
    assert "结算" not in page.inner_text("nav .nav")
