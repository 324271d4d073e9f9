"""The records of a year propose scores; the officer confirms them or says why not; what was shown is kept with the sheet."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError
from django.db.transaction import atomic

from yibao.domains.agreements.conduct import AUDITED, AssessmentSheet
from yibao.domains.institutions.models import Institution, Practitioner
from yibao.domains.internet_care.models import AuditRun
from yibao.domains.internet_care.operations import BudgetBarredError, change_budget
from yibao.domains.reconciliation.models import ReconciliationRun
from yibao.policies.agreement_library import assessment_law
from yibao.workflows import record_conduct as conduct
from yibao.workflows.assess_institution import ScoreUnexplainedError, enter_assessment, publish_assessment
from yibao.workflows.assessment_evidence import MEASURES, proposed_scores
from yibao.workflows.audit_internet_care import audit_region

from .internet_hospital import open_internet_hospital, seen_in_person, with_voucher
from .office_records import new_member, sender_at, sign_in
from .records import nothing_changes
from .small_town import REGION, new_person

pytestmark = [pytest.mark.usefixtures("standing_town"), pytest.mark.requirement("INT-42", "AGR-16")]
CODE = "H11010100001"
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.fixture
def officers(standing_town):
    return [new_member(name, "agency") for name in ("first", "second")]


def proposals(scope, *, year=2026):
    house = Institution.objects.get(code=CODE)
    found = proposed_scores(house, region=REGION, year=year, scope=scope)
    return {each.indicator.key: (each.value, each.score_e2) for each in found}


def seen_online(hospital, *, at=datetime(2026, 11, 10, 1, 10, tzinfo=UTC)):
    """A visit over the internet that began at nine, whose messages came ten minutes later."""
    open_internet_hospital()
    person = new_person()
    with_voucher(person)
    seen_in_person(hospital, person)
    then = type(hospital)(send=sender_at(at))
    from .internet_hospital import begin_online, diagnosed, pay_online

    visit = begin_online(then, person)
    then.expect("2203", diagnosed(then, person, visit, med_type="17", at="2026-11-10 09:00:00"))
    return pay_online(then, person, visit, at="2026-11-10 09:05:00")


def test_where_nothing_was_recorded_nothing_is_proposed(officers):
    for scope in ("everyday", "internet"):
        assert set(proposals(scope).values()) == {(None, None)}


def test_every_measure_that_the_law_names_is_taken():
    law = assessment_law(REGION, date(2026, 12, 31))
    named = {each.evidence.measure for each in law.indicators if each.evidence}
    assert named <= set(MEASURES)
    assert {each.evidence.trust for each in law.indicators if each.evidence} == {"our_default"}


def test_care_online_is_measured_from_what_came(hospital, officers):
    seen_online(hospital)
    found = proposals("internet")
    assert found["net_real_name"] == (1_000_000, 100_00)
    assert found["net_prescription_review"] == (0, 40_00)  # drugs, and no prescription in the centre
    assert found["net_traceable"] == (0, 40_00)
    assert found["net_satisfaction"] == (None, None)
    assert proposals("internet", year=2025)["net_real_name"] == (None, None)


def test_everyday_care_is_measured_from_money_points_and_reconciliations(hospital, officers):
    person = new_person()
    hospital.visit(person, "1000.00")
    house = Institution.objects.get(code=CODE)
    found = proposals("everyday")
    assert (found["few_violations"], found["quality_of_care"]) == ((0, 100_00), (0, 100_00))
    assert found["cost_control"] == (None, None)  # nothing to compare it with
    Practitioner.objects.create(
        code="D110101000077", name="医师", kind="D", institution=house, valid_from=date(2019, 1, 1)
    )  # fmt: skip
    conduct.give_points(
        conduct.PointsWish(
            institution_code=CODE, practitioner_code="D110101000077", act="penalised", responsibility="main", points=5,
            decided_on=date(2026, 11, 1), document="京医保罚1号", handled_on=date(2026, 11, 1), reason="查实",
        ),
        member=officers[0], at=NOW,
    )  # fmt: skip
    wish = {
        "institution_code": CODE, "practitioner_code": "", "is_internet": False, "found_on": date(2026, 11, 1),
        "facts": "重复收费", "article": "第三十八条", "route": "agreement", "handling": "no_payment", "amount_fen": 1_000,
    }  # fmt: skip
    conduct.record_breach(conduct.BreachWish(**wish, document="京协处1号"), member=officers[0], at=NOW)
    conduct.record_breach(conduct.BreachWish(**wish, document=f"{AUDITED}1-1"), member=officers[0], at=NOW)
    for is_equal in (True, True, False):
        ReconciliationRun.objects.create(
            institution=house, grain="totals", source="3201", agency=REGION, reversals="counted",
            first_day=date(2026, 11, 1), last_day=date(2026, 11, 1), asked_at=NOW, claimed_count=0,
            claimed_total_fen=0, claimed_fund_fen=0, found_count=0, found_total_fen=0, found_fund_fen=0,
            found_account_fen=0, found_cash_fen=0, is_equal=is_equal,
        )  # fmt: skip
    found = proposals("everyday")
    assert found["quality_of_care"] == (5, 75_00)
    assert found["few_violations"] == (10_000, 70_00)  # 10 of 1,000 yuan
    assert found["true_data"] == (666_666, 40_00)


def entered(officer, scores, reasons=None):
    said = {"institution_code": CODE, "year": 2026, "scope": "internet"}
    return enter_assessment(**said, scores_e2=scores, reasons=reasons or {}, member=officer, at=NOW)


def test_a_score_that_differs_says_why_and_every_version_is_kept(hospital, officers):
    seen_online(hospital)
    scores = {key: 90_00 if score is None else score for key, (_value, score) in proposals("internet").items()}
    first = entered(officers[0], scores)
    assert first.evidence["net_real_name"] == {
        "measure": "real_name_in_time_ppm", "clause": "evidence-net-real-name", "value": 1_000_000,
        "proposed_e2": 100_00, "reason": "",
    }  # fmt: skip
    changed = scores | {"net_real_name": 80_00}
    for reasons in ({}, {"net_real_name": " "}, {"net_cost": "x"}):
        with nothing_changes(), pytest.raises(ScoreUnexplainedError), atomic():
            entered(officers[0], changed, reasons)
    second = entered(officers[0], changed, {"net_real_name": "抽查发现代刷"})
    assert (second.version, second.evidence["net_real_name"]["reason"]) == (2, "抽查发现代刷")
    assert AssessmentSheet.objects.get(version=1).scores["net_real_name"] == 100_00
    with pytest.raises(IntegrityError), atomic():
        AssessmentSheet.objects.filter(pk=first.pk).update(evidence={})
    publish_assessment(second.pk, member=officers[1], at=NOW)


def test_the_page_begins_with_what_is_proposed(client, hospital, officers):
    seen_online(hospital)
    sign_in(client, "first")
    page = f"/agreements/assess?institution={CODE}&year=2026&scope=internet"
    shown = client.get(page).content.decode()
    assert 'name="score_net_real_name" value="100"' in shown
    assert "100.00%" in shown
    said = {f"score_{key}": f"{(score or 90_00) // 100}" for key, (_value, score) in proposals("internet").items()}
    with nothing_changes():
        answer = client.post(page, said | {"score_net_real_name": "70"})
        assert (answer.status_code, "须写明理由" in answer.content.decode()) == (409, True)
    answer = client.post(page, said | {"score_net_real_name": "70", "reason_net_real_name": "代刷"})
    assert answer.status_code == 302
    assert "代刷" in client.get(answer.url).content.decode()
    rows = list(csv.reader(io.StringIO(client.get("/agreements/sheets.csv").content.decode("utf-8-sig"))))
    assert [row[7:11] for row in rows if row[5] == "net_real_name"] == [["100.00%", "100", "70", "代刷"]]
    assert client.get("/agreements/sheets.xlsx").status_code == 200
    new_member("elsewhere", "institution")
    sign_in(client, "elsewhere")
    assert client.get(page).status_code == 403


def failed(officers, scope):
    """A published assessment that failed."""
    law = assessment_law(REGION, date(2026, 12, 31))
    scores = {each.key: 10_00 for each in law.of_scope(scope)}
    sheet = enter_assessment(
        institution_code=CODE, year=2026, scope=scope, scores_e2=scores, reasons=dict.fromkeys(scores, "考核"),
        member=officers[0], at=NOW,
    )  # fmt: skip
    publish_assessment(sheet.pk, member=officers[1], at=NOW)


@pytest.mark.requirement("AGR-08")
def test_who_failed_gets_no_more_of_the_budget(officers):
    house = Institution.objects.get(code=CODE)
    step = {"institution": house, "year": 2026, "reason": "x", "document": "x", "member": officers[0], "at": NOW}
    change_budget(**step, kind="opening", amount_fen=1_000)
    change_budget(**step, kind="adjustment", amount_fen=100)
    failed(officers, "everyday")
    with nothing_changes(), pytest.raises(BudgetBarredError):
        change_budget(**step, kind="adjustment", amount_fen=1)
    change_budget(**step, kind="adjustment", amount_fen=-100)


@pytest.mark.requirement("AGR-08")
def test_who_failed_online_is_audited_closely(hospital, officers):
    seen_online(hospital)
    failed(officers, "internet")
    audit_region(region=REGION, first_day=date(2026, 1, 1), last_day=date(2027, 12, 31), at=NOW)
    found = AuditRun.objects.get().findings.get(rule="closely_audited")
    assert found.article == "第十九条"
