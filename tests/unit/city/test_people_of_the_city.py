from datetime import date

import numpy as np
import pytest

from yibao.city.calibration import fact
from yibao.city.identities import RESERVED_DIVISION
from yibao.city.make import City, make_city
from yibao.city.people import ACTIVE, EMPLOYEE, RETIRED, STUDENT_CHILD, expected_use
from yibao.core.identity import PlaceError, check_digit, check_resident_number

AS_OF = date(2026, 11, 21)


def test_shares_of_schemes_are_the_published_ones(city: City) -> None:
    scheme, group = city.population.scheme, city.population.group
    insured = (scheme != 0).sum()
    assert insured / city.population.size == pytest.approx(fact("insured_share").value, abs=0.001)
    assert (scheme == EMPLOYEE).sum() / insured == pytest.approx(fact("employee_share").value, abs=0.001)
    assert (group == RETIRED).sum() / (scheme == EMPLOYEE).sum() == pytest.approx(
        fact("retired_share").value, abs=0.001
    )
    assert (city.population.age >= 60).mean() == pytest.approx(fact("population_60_plus").value, abs=0.02)


def test_ages_fit_the_groups(city: City) -> None:
    population = city.population
    assert population.age[population.group == ACTIVE].min() >= 20
    assert population.age[population.group == RETIRED].min() >= 53
    assert population.age[population.group == STUDENT_CHILD].max() < 23


@pytest.mark.parametrize(
    ("kind", "scheme", "name"),
    [
        ("outpatient", 1, "employee_outpatient_visits"),
        ("chronic", 2, "resident_chronic_visits"),
        ("pharmacy", 1, "employee_pharmacy_purchases"),
        ("admission", 2, "resident_admission_rate"),
    ],
)
def test_expected_use_meets_the_published_mean(city: City, kind: str, scheme: int, name: str) -> None:
    expected = expected_use(city.population, kind=kind)
    assert expected[city.population.scheme == scheme].mean() == pytest.approx(fact(name).value)
    assert expected[city.population.scheme == 0].sum() == 0


def test_identity_numbers_are_valid_in_form_and_of_nobody(city: City) -> None:
    assert len(set(city.identity_numbers)) == city.population.size
    for place in range(0, city.population.size, 7):
        number = city.identity_numbers[place]
        assert number[17] == check_digit(number[:17])
        assert int(number[:6]) >= RESERVED_DIVISION
        assert int(number[16]) % 2 == city.population.sex[place] % 2
        born = np.datetime64(int(city.population.birth[place]), "D").item()
        assert number[6:14] == f"{born:%Y%m%d}"
        with pytest.raises(PlaceError):
            check_resident_number(number)


def test_children_live_with_a_parent_of_their_surname(city: City) -> None:
    population = city.population
    children = np.flatnonzero(population.parent >= 0)
    assert len(children) > 100
    for child in children[:200].tolist():
        parent = int(population.parent[child])
        assert population.household[child] == population.household[parent]
        assert city.names[child][0] == city.names[parent][0]
        assert population.age[parent] > population.age[child]


def test_tokens_are_unique(city: City) -> None:
    assert len(set(city.tokens)) == city.population.size
    assert {len(token) for token in city.tokens} == {28}


def test_a_small_city_has_every_level() -> None:
    small = make_city(seed=1, people=300, as_of=AS_OF)
    assert {p.level for p in small.providers} == {
        "tertiary",
        "district_tertiary",
        "secondary",
        "primary",
        "community",
        "pharmacy",
    }
