"""A city beside another region: its hospitals, and who goes there."""

from datetime import date

import pytest

from yibao.city.make import OwnNeighbourError, make_city
from yibao.city.plan import Plan

AS_OF = date(2026, 11, 21)


@pytest.fixture(scope="module")
def beside():
    return make_city(seed=11, people=1500, as_of=AS_OF, neighbour="shanghai")


class TestACityWithANeighbour:
    def test_has_the_large_and_middle_hospitals_of_the_other_region(self, beside):
        alone = make_city(seed=11, people=1500, as_of=AS_OF)
        added = beside.providers[len(alone.providers) :]

        assert beside.providers[: len(alone.providers)] == alone.providers
        assert {beside.region_of(each).code for each in added} == {"310000"}
        assert {each.level for each in added} == {"tertiary", "secondary"}
        assert all(beside.region_of(each).code == "110000" for each in alone.providers)
        assert all(each.secret and each.access_key for each in added)

    def test_sends_a_few_of_its_people_there(self, beside):
        plan = Plan(beside)
        visits = [visit for person in plan.order[:400] for visit in plan.year_of(int(person))]
        away = [v for v in visits if beside.region_of(beside.providers[v.provider]).code == "310000"]

        assert 0 < len(away) < len(visits) / 20
        assert {visit.care for visit in away} <= {"outpatient", "inpatient"}

    def test_has_a_few_who_filed_it_and_go_there_often(self, beside):
        insured = set(beside.population.insured.tolist())
        assert set(beside.filed) <= insured
        assert 0.01 < len(beside.filed) / len(insured) < 0.03
        assert set(beside.filed.values()) == {"long_stay", "temporary", "referral"}
        plan = Plan(beside)
        visits = [visit for person in beside.filed for visit in plan.year_of(person) if visit.care == "outpatient"]
        away = [v for v in visits if beside.region_of(beside.providers[v.provider]).code == "310000"]
        assert len(away) > len(visits) / 10
        assert make_city(seed=11, people=300, as_of=AS_OF).filed == {}

    def test_is_another_region_than_its_neighbour(self):
        with pytest.raises(OwnNeighbourError):
            make_city(seed=1, people=300, as_of=AS_OF, region="shanghai", neighbour="310000")
