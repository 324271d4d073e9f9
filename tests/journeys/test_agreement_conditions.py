"""Every condition of a supplementary agreement binds: one that is not met is told, and the application is not complete."""

from datetime import datetime, timedelta

import pytest

from yibao.workflows import apply_for_agreement as applying
from yibao.workflows import decide_on_agreement as deciding

from .agreement_houses import DAY, House, all_met, state_of
from .hospital import BEIJING

HEBEI_DAY = datetime(2026, 3, 2, 9, tzinfo=BEIJING)


def told_without(house, key, *, at):
    """What the one notice names when all conditions but this one are met, and the state of the case."""
    case = house.submitted(at=at)
    verdicts = all_met(case) | {key: deciding.Verdict(is_met=False, note="不符合")}
    deciding.review(case.pk, verdicts, house.decide(at))
    return [item["key"] for item in case.notices.get().items], state_of(case)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("internet_licence", marks=pytest.mark.requirement("INT-10")),
        pytest.param("can_connect", marks=pytest.mark.requirement("INT-11")),
        pytest.param("business_apart", marks=pytest.mark.requirement("INT-12")),
        pytest.param("other_conditions", marks=pytest.mark.requirement("INT-13")),
    ],
)
def test_tianjin_s_conditions_bind_one_by_one(db, key):
    house = House("120000", code="H12010100001")
    assert told_without(house, key, at=DAY) == ([key], "wanting")


@pytest.mark.requirement("INT-09")
def test_the_register_says_whether_the_physical_institution_is_designated(db):
    house = House("120000", code="H12010100001")
    case = house.submitted(at=DAY)
    house.institution.designated_until = DAY.date()
    house.institution.save()
    deciding.review(case.pk, all_met(case), house.decide())
    assert ([item["key"] for item in case.notices.get().items], state_of(case)) == (["designated"], "wanting")


@pytest.mark.parametrize(
    ("place", "key"),
    [
        pytest.param(0, "codes_and_databases", marks=pytest.mark.requirement("INT-62")),
        pytest.param(1, "exchange_and_bills", marks=pytest.mark.requirement("INT-63")),
        pytest.param(2, "business_apart", marks=pytest.mark.requirement("INT-64")),
        pytest.param(3, "real_name", marks=pytest.mark.requirement("INT-65")),
    ],
)
def test_hebei_s_conditions_bind_one_by_one(db, place, key):
    house = House("130100", code="H13010000001")
    case = house.opened(at=HEBEI_DAY)
    law = applying.law_of_case(case)
    assert law.region == "130000"
    declared = [each.key for each in law.procedure.conditions if each.check == "declared"]
    assert declared[place] == key
    applying.withdraw(case.pk, house.act(HEBEI_DAY))
    assert told_without(house, key, at=HEBEI_DAY + timedelta(hours=1)) == ([key], "wanting")
