from datetime import date

import pytest

from yibao.city.make import City, make_city
from yibao.city.plan import Plan

AS_OF = date(2026, 11, 21)


@pytest.fixture(scope="session")
def city() -> City:
    return make_city(seed=11, people=4000, as_of=AS_OF)


@pytest.fixture(scope="session")
def plan(city: City) -> Plan:
    return Plan(city)
