"""Price items, lines and the audit: what binds, what a reviewer is asked, what the fund never pays."""

from dataclasses import replace
from datetime import date

import pytest

from yibao.engines.internet_care import (
    AuditLine,
    AuditRules,
    ExistingItem,
    ItemRules,
    LineFacts,
    LineRules,
    ProposedItem,
    VisitToAudit,
    audit_visit,
    check_item,
    check_lines,
    likeness_ppm,
)

CONDITIONS = ("permitted", "direct", "remote", "same_function", "effective")
KINDS = {"consultation", "health_management", "convenience", "education", "research", "data", "remote_round"}
ITEM_RULES = ItemRules(CONDITIONS, frozenset(KINDS), 600_000)
ITEM = ProposedItem(
    name="互联网皮肤影像判读",
    content="医师远程阅看皮肤影像，判读皮损性质，出具判读报告",
    service_kind="core",
    conditions=CONDITIONS,
    is_between_institutions=False,
    is_public=True,
)
OLD = ExistingItem("1", "互联网复诊诊察费", "医师通过互联网询问病情，查阅病历，提供诊疗方案，开具处方")


def found(item, *existing):
    return [(each.rule, each.is_binding) for each in check_item(item, existing, ITEM_RULES)]


def test_an_item_with_evidence_for_all_five_conditions_is_new():
    assert found(ITEM, OLD) == []


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param("permitted", marks=pytest.mark.requirement("INT-23")),
        pytest.param("direct", marks=pytest.mark.requirement("INT-24")),
        pytest.param("remote", marks=pytest.mark.requirement("INT-25")),
        pytest.param("same_function", marks=pytest.mark.requirement("INT-26")),
        pytest.param("effective", marks=pytest.mark.requirement("INT-27")),
    ],
)
def test_a_condition_without_evidence_binds(condition):
    without = [name for name in CONDITIONS if name != condition]
    assert found(replace(ITEM, conditions=without)) == [(f"condition_{condition}", True)]


@pytest.mark.requirement("INT-28")
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_kinds_outside_the_core_of_care_are_no_items_at_public_institutions(kind):
    assert found(replace(ITEM, service_kind=kind)) == [("excluded_kind", True)]
    assert found(replace(ITEM, service_kind=kind, is_public=False)) == []


@pytest.mark.requirement("INT-28")
def test_a_name_that_sounds_like_an_excluded_kind_is_looked_at():
    assert found(replace(ITEM, name="互联网健康管理包")) == [("sounds_excluded", False)]


@pytest.mark.requirement("INT-74")
def test_services_between_institutions_are_no_items_anywhere():
    assert found(replace(ITEM, is_between_institutions=True)) == [("between_institutions", True)]
    assert found(replace(ITEM, is_between_institutions=True, is_public=False)) == [("between_institutions", True)]


@pytest.mark.requirement("INT-29")
@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"name": "互联网复诊诊查费"}, "renamed"),
        ({"content": "医师通过互联网询问病情、查阅病历，提供诊疗方案并开具处方"}, "reworded"),
        ({"content": "医师通过互联网询问病情，查阅病历"}, "split"),
        (
            {"content": OLD.content + "；另由客服人员电话提醒患者服药，寄送宣传手册，赠送会员积分，安排专车接送"},
            "steps_added",
        ),
    ],
)
def test_an_old_item_under_another_name_in_part_or_with_more_is_seen(changes, rule):
    assert (rule, False) in found(replace(ITEM, **changes), OLD)


def test_likeness_is_of_pairs():
    assert likeness_ppm("复诊", "复诊") == 1_000_000
    assert likeness_ppm("复诊费", "诊疗费") == 0
    assert likeness_ppm("互联网复诊", "互联网初诊") == 500_000
    assert likeness_ppm("", "") == 0


LINE = LineFacts("L1", "110200006", "互联网复诊诊察费", "service", 20_000_000, None, 20_000_000)
LINE_RULES = LineRules(frozenset({"110200006"}), ("吗啡",), frozenset({"delivery_fee"}))


def lines(*changes):
    return [(each.rule, each.facts["line"]) for each in check_lines([replace(LINE, **c) for c in changes], LINE_RULES)]


@pytest.mark.requirement("INT-19")
def test_above_the_guided_price_is_refused_and_at_it_is_not():
    assert lines({}) == []
    assert lines({"price_e6": 20_000_001}) == [("guided_price", "L1")]


@pytest.mark.requirement("INT-21", "INT-22")
def test_where_the_market_makes_the_price_none_is_too_high():
    assert lines({"price_e6": 900_000_000, "guided_price_e6": None}) == []


@pytest.mark.requirement("INT-44")
def test_services_off_the_list_and_barred_drugs_are_all_named():
    drug = {"kind": "drug", "item_code": "X", "guided_price_e6": None}
    assert lines(
        {"item_code": "210300001", "guided_price_e6": None},
        {**drug, "number": "L2", "item_name": "硫酸吗啡缓释片"},
        {**drug, "number": "L3", "item_name": "缬沙坦"},
    ) == [("payable_service", "L1"), ("barred_drug", "L2")]


@pytest.mark.requirement("INT-34")
def test_what_the_fund_never_pays_may_stand_on_the_bill():
    assert lines({"item_code": "999", "mark": "delivery_fee", "guided_price_e6": None}) == []


AUDIT = AuditRules(repeat_days=7, physician_visits_day=80, person_visits_month=6, quantity=12)
AUDIT_DAY = date(2026, 11, 10)
AUDIT_LINE = AuditLine(1, "X", "缬沙坦", "drug", 2, AUDIT_DAY, ())
VISIT = VisitToAudit(
    day=AUDIT_DAY, broken=(), lines=(AUDIT_LINE,), has_charged_prior=True, has_record=True, has_prescription=True, is_dead=False,
    is_in_hospital=False, physician_visits=80, person_visits=6,
)  # fmt: skip


@pytest.mark.requirement("INT-47")
@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({}, []),
        ({"is_dead": True}, ["false_identity"]),
        ({"is_in_hospital": True}, ["false_identity"]),
        ({"broken": ("payable_disease", "too_long_ago")}, ["payable_disease", "too_long_ago"]),
        ({"has_charged_prior": False}, ["empty_prior"]),
        ({"has_record": False}, ["no_record"]),
        ({"has_prescription": False}, ["no_prescription"]),
        ({"physician_visits": 81}, ["physician_visits"]),
        ({"person_visits": 7}, ["person_visits"]),
        ({"lines": (replace(AUDIT_LINE, units=13),)}, ["over_quantity"]),
        ({"lines": (replace(AUDIT_LINE, other_days=(date(2026, 11, 16),)),)}, ["repeated_drug"]),
        ({"lines": (replace(AUDIT_LINE, other_days=(date(2026, 11, 17),)),)}, []),
        ({"lines": (replace(AUDIT_LINE, kind="service", other_days=(AUDIT_DAY,)),)}, ["duplicate"]),
    ],
)
def test_what_looks_wrong_is_named_for_a_person_to_look_at(changes, rules):
    assert [each.rule for each in audit_visit(replace(VISIT, **changes), AUDIT)] == rules
