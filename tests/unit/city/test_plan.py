import itertools
from collections import defaultdict

import pytest

from yibao.city.calibration import fact
from yibao.city.illness import diagnoses
from yibao.city.make import City
from yibao.city.plan import DAYS, Plan, PlannedVisit
from yibao.city.player import take


@pytest.fixture(scope="module")
def years(plan: Plan) -> list[list[PlannedVisit]]:
    return [year for _, year in itertools.islice(plan.years(0), 1500)]


def test_costs_are_near_the_published_means(city: City, years: list[list[PlannedVisit]]) -> None:
    costs = defaultdict(list)
    for visit in itertools.chain(*years):
        costs[int(city.population.scheme[visit.person]), visit.care].append(visit.amount_fen / 100)
    for scheme, name in ((1, "employee"), (2, "resident")):
        for care, tolerance in (("outpatient", 0.12), ("chronic", 0.15), ("inpatient", 0.25)):
            mean = sum(costs[scheme, care]) / len(costs[scheme, care])
            published = fact(f"{name}_{'admission' if care == 'inpatient' else care}_cost").value
            assert mean == pytest.approx(published, rel=tolerance), (name, care)


def test_visits_lie_in_the_year_before_the_founding(city: City, years: list[list[PlannedVisit]]) -> None:
    for visit in itertools.chain(*years):
        assert visit.began <= visit.ended
        assert visit.ended.date() < city.as_of
        assert (city.as_of - visit.began.date()).days <= DAYS
        assert visit.lines
        assert all(line.quantity > 0 and line.price_fen > 0 for line in visit.lines)


def test_nobody_is_in_two_places_at_once(years: list[list[PlannedVisit]]) -> None:
    for year in years:
        assert len({visit.person for visit in year}) <= 1
        assert all(earlier.ended < later.began for earlier, later in itertools.pairwise(year))


def test_numbers_are_unique(years: list[list[PlannedVisit]]) -> None:
    numbers = [visit.number for visit in itertools.chain(*years)]
    assert len(set(numbers)) == len(numbers)
    assert max(len(number) + 4 for number in numbers) <= 30


def test_pharmacies_sell_drugs_and_stays_have_a_bed_every_day(city: City, years: list[list[PlannedVisit]]) -> None:
    for visit in itertools.chain(*years):
        goods = [city.goods[line.good] for line in visit.lines]
        if visit.care == "pharmacy":
            assert {good.kind for good in goods} <= {"drug", "decoction_piece"}
        if visit.care == "inpatient":
            days = (visit.ended.date() - visit.began.date()).days
            assert sum("bed" in good.uses for good in goods) == days


def test_diagnoses_fit_sex_and_age(city: City, years: list[list[PlannedVisit]]) -> None:
    births = {found.code for found in diagnoses() if found.operation in {"birth", "caesarean"}}
    for visit in itertools.chain(*years):
        if visit.diagnosis.code in births:
            assert city.population.sex[visit.person] == 2
            assert 20 <= city.population.age[visit.person] <= 45


def test_a_batch_goes_on_where_the_last_one_ended(plan: Plan) -> None:
    first = take(plan, start=0, visits=60)
    second = take(plan, start=first.end, visits=60)
    assert first.visits >= 60
    assert second.start == first.end
    people = [{visit.person for year in batch.years for visit in year} for batch in (first, second)]
    assert not people[0] & people[1]


def test_a_batch_ends_with_the_city(plan: Plan) -> None:
    end = len(plan.order)
    assert take(plan, start=end, visits=10).visits == 0


def test_suspended_and_uninsured_people_are_not_played(city: City, plan: Plan) -> None:
    assert (city.population.scheme[plan.order] != 0).all()
    assert not city.insurance.is_suspended[plan.order].any()
