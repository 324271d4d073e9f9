"""The pages of agreements as a browser shows them: readable by everybody, on a phone, in both languages, without scripts."""

import os
from datetime import date

import pytest
from django.utils import timezone

from yibao.domains.agreements.models import Party
from yibao.domains.staff.duties import enter_duty_case
from yibao.domains.staff.models import DutyCase
from yibao.policies.agreement_library import assessment_law
from yibao.workflows import apply_for_agreement as applying
from yibao.workflows import decide_on_agreement as deciding
from yibao.workflows import keep_agreement as keeping
from yibao.workflows import record_conduct as conduct
from yibao.workflows.assess_institution import enter_assessment
from yibao.workflows.punish_jointly import ListingWish, list_breach

from .agreement_houses import House, all_met
from .chromium import CHECKS, DESK, PHONE, chromium, in_a_browser, open_page, sign_in, wrong_by_axe
from .office_records import new_member

pytestmark = in_a_browser
REGION = "120000"


@pytest.fixture
def pages(transactional_db, live_server):
    """The addresses of the pages by name: a case in each part of its life, conduct, and what the public reads."""
    now, today = timezone.now(), timezone.localdate()
    house = House(REGION, code="H12010100001")
    house.designated(at=now)
    waiting = house.opened("internet", at=now)
    house.bring(waiting, at=now, but=("system_description",))
    applying.submit(waiting.pk, house.act(now))
    verdicts = all_met(waiting) | {"real_name": deciding.Verdict(is_met=False, note="未对接电子凭证")}
    deciding.review(waiting.pk, verdicts, house.decide(now))
    held = house.signed(house.completed("physician", physician=house.physician().code, at=now), at=now)
    said = {"article": "协议第七条", "note": "拒不配合检查"}
    keeping.suspend(held.case_id, begins_on=today, asked_by=Party.AGENCY, act=house.decide(now, **said))
    other = House(REGION, code="H12010100002")
    reviewed = other.submitted("designation", at=now)
    points = conduct.PointsWish(
        institution_code=house.institution.code, practitioner_code="D120101000001", act="penalised",
        responsibility="main", points=6, decided_on=today, document="津医保罚〔2026〕1号", handled_on=today, reason="查实",
    )  # fmt: skip
    conduct.give_points(points, member=house.officers[0], at=now)
    breach = conduct.record_breach(
        conduct.BreachWish(
            institution_code=house.institution.code, practitioner_code="", is_internet=True, found_on=today,
            facts="超出复诊范围开药", article="第九条", route="agreement", handling="penalty", amount_fen=120_050,
            document="津协处〔2026〕1号",
        ),
        member=house.officers[0], at=now,
    )  # fmt: skip
    conduct.make_breach_public(breach.pk, summary="某医院超范围开展互联网复诊", member=house.officers[1], at=now)
    conduct.notify_department(breach.pk, department="health", member=house.officers[1], at=now)
    law = assessment_law(REGION, date(2026, 12, 31))
    sheet = enter_assessment(
        institution_code=house.institution.code, year=2026, scope="internet", reasons={}, member=house.officers[0],
        scores_e2={each.key: 90_00 for each in law.of_scope("internet")}, at=now,
    )  # fmt: skip
    wish = ListingWish(measures=["no_new_agreement"], article="第二十三条", document="惩1", begins_on=today)
    list_breach(breach.pk, wish, member=house.officers[1], at=now)
    auditor = new_member("auditor", "auditor", region=REGION)
    case = DutyCase(
        part="staff", conduct="favour", happened_on=today, facts="违规审核", evidence="记录", article="第二十四条",
        entered_by=auditor, entered_at=now,
    )  # fmt: skip
    enter_duty_case(case, user_name=house.officers[0].user.username)
    return {
        "home": f"{live_server.url}/",
        "duty": f"{live_server.url}/responsibility",
        "sign-in": f"{live_server.url}/sign-in",
        "list": f"{live_server.url}/agreements",
        "wanting": f"{live_server.url}/agreements/{waiting.pk}",
        "review": f"{live_server.url}/agreements/{reviewed.pk}",
        "suspended": f"{live_server.url}/agreements/{held.case_id}",
        "conduct": f"{live_server.url}/agreements/conduct",
        "assess": f"{live_server.url}/agreements/assess?institution={house.institution.code}&year=2026&scope=internet",
        "sheet": f"{live_server.url}/agreements/sheets/{sheet.pk}",
        "public": f"{live_server.url}/portal/agreements/{REGION}",
    }


@pytest.fixture
def browser(pages, monkeypatch):
    """Chromium, started when all records are made and ended before they are undone."""
    with chromium(monkeypatch) as started:
        yield started


def test_every_page_speaks_to_all_and_fits_a_phone(browser, pages):
    wrong, widths = {}, {}
    shown = {
        "officer-H12010100001-0": ("list", "wanting", "review", "suspended", "conduct", "assess", "sheet", "public"),
        "auditor": ("duty",),
        "clerk-H12010100001": ("list", "wanting", "suspended"),
    }
    for locale, viewport in (("zh-CN", DESK), ("en-GB", PHONE)):
        for user, names in shown.items():
            page = open_page(browser, locale=locale, viewport=viewport)
            sign_in(page, pages, name=user)
            for name in names:
                page.goto(pages[name])
                page.evaluate("() => document.querySelectorAll('details').forEach((e) => { e.open = true })")
                found = [*wrong_by_axe(page), *([] if name == "public" else page.evaluate(CHECKS))]
                wrong[name, user, locale] = found
                widths[name, locale] = page.evaluate("() => document.documentElement.scrollWidth")
                if folder := os.environ.get("YIBAO_TEST_PICTURES"):
                    page.screenshot(path=f"{folder}/agreements-{user[:5]}-{name}-{locale}.png", full_page=True)
    assert {name: found for name, found in wrong.items() if found} == {}
    assert {name: width for name, width in widths.items() if name[1] == "en-GB" and width > 390} == {}
