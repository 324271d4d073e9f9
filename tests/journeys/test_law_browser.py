"""Laws compared and in full, an approved recalculation, a simulation that is asked for and its result, late fees, as a browser shows them: readable by
everybody, on a phone, without scripts."""

import os
import shutil
from datetime import date, datetime

import pytest

from yibao.domains.corrections.operations import ask_for_run, decide
from yibao.domains.enrolment.models import Employer
from yibao.domains.reference.models import Division
from yibao.domains.staff.models import StaffMember
from yibao.policies import library
from yibao.policies.drafts import numbers_of
from yibao.policies.references import choose
from yibao.workflows.ask_for_simulation import Asked, ask
from yibao.workflows.carry_out_simulations import carry_out_waiting
from yibao.workflows.recalculate_settlements import compute
from yibao.workflows.record_payment import record_payment

from .chromium import CHECKS, DESK, PHONE, chromium, follow, in_a_browser, open_page, sign_in, wrong_by_axe
from .hospital import BEIJING, Hospital
from .office_records import new_member
from .small_town import REGION, new_person
from .test_arrears import late
from .test_contributions import assess, employee
from .test_simulation_requests import small_city

pytestmark = in_a_browser
NOW = datetime(2026, 12, 1, 9, tzinfo=BEIJING)
ASKED = "base=110000%2F390&base_on=2026-11-01&reform=110000%2F390&reform_on=2026-11-01"
RATE = "n:bj-390-op-rate:value/primary, community/0"
LAWS = "before=110000%2F390&before_on=2019-12-31&after=110000%2F390&after_on=2020-01-01"


def simulated(folder):
    """A simulation of six visits that was asked for and carried out."""
    law = choose("110000/390@2026-11-01")
    asked = Asked(
        title="社区门诊 65%", base=law, reform=law, changes={RATE.removeprefix("n:"): "0.65"}, uploads={}, source="city",
        first_year=2025, last_year=2025, seed=7, visits=1000, income_fen=4_131_400, catastrophic_share_ppm=400_000,
    )  # fmt: skip
    kept = ask(asked, numbers_of(law.law, law.on), member=StaffMember.objects.get(role="analyst"), at=NOW)
    carry_out_waiting(warehouse=folder / "warehouse", make_city=small_city, now=lambda: NOW)
    return kept


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
    person = employee(Employer.objects.create(code="E1", name="测试单位", division_id="110101"), 1_000_000)
    assess(scheme="310")
    (row,) = person.assessments.all()
    record_payment(late(date(2026, 4, 11), amount_fen=row.employer_fen + row.person_fen))
    decide(run=run, is_approved=True, member=officers[1], at=NOW)
    return {
        "home": f"{live_server.url}/",
        "sign-in": f"{live_server.url}/sign-in",
        "law": f"{live_server.url}/law?{LAWS}",
        "recalculation": f"{live_server.url}/recalculations/{run.pk}",
        "law in full": f"{live_server.url}/law/shown?law=110000%2F390&on=2020-01-01",
        "asking": f"{live_server.url}/simulations/new?{ASKED}",
        "late fees": f"{live_server.url}/late-fees",
        "simulation": f"{live_server.url}/simulations/runs/{simulated(tmp_path).pk}",
    }


@pytest.fixture
def browser(pages, monkeypatch):
    """Chromium, started when all records are made and ended before they are undone."""
    with chromium(monkeypatch) as started:
        yield started


SHOWN = {"wang": ("law", "recalculation", "law in full", "late fees"), "analyst": ("asking", "simulation")}
"""Which pages each member looks at."""


def test_pages_speak_to_all(browser, pages):
    wrong, widths = {}, {}
    for locale, viewport in (("zh-CN", DESK), ("en-GB", PHONE)):
        for name, names in SHOWN.items():
            page = open_page(browser, locale=locale, viewport=viewport)
            sign_in(page, pages, name=name)
            for shown in names:
                page.goto(pages[shown])
                for folded in page.query_selector_all("details"):
                    folded.evaluate("each => { each.open = true }")
                wrong[shown, locale] = page.evaluate(CHECKS)
                if locale == "zh-CN":  # the same page in the other language has the same marks
                    wrong[shown, locale] += wrong_by_axe(page)
                widths[shown, locale] = page.evaluate("() => document.documentElement.scrollWidth")
                if folder := os.environ.get("YIBAO_TEST_PICTURES"):
                    page.screenshot(path=f"{folder}/{shown}-{locale}.png", full_page=True)
    assert {name: found for name, found in wrong.items() if found} == {}
    assert {name: width for name, width in widths.items() if name[1] == "en-GB" and width > 390} == {}

    page = open_page(browser, java_script_enabled=False)
    sign_in(page, pages, name="wang")
    page.goto(pages["recalculation"])
    follow(page, "text=立即更正 1 人")
    assert "1 人中已办结 1 人" in page.inner_text("#main")

    sign_in(page := open_page(browser, java_script_enabled=False), pages, name="analyst")
    assert "政策对比" in page.inner_text("nav")
    assert "结算" not in page.inner_text("nav .nav")
    page.goto(pages["asking"])
    page.fill("#id_title", "社区门诊 65%")
    page.click("summary >> text=居民门诊 · 支付比例与费用段")
    page.fill(f'[name="{RATE}"]', "1.65")
    follow(page, "text=提交申请 >> nth=0")
    assert "支付比例不得高于 1" in page.inner_text("#main")
    page.fill(f'[name="{RATE}"]', "0.65")
    follow(page, "text=提交申请 >> nth=0")
    assert "本地区前面还有 0 个" in page.inner_text("#main")
    follow(page, "text=刷新进度")
    assert "0.65" in page.inner_text("#main")
