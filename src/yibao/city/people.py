"""The people of the city by age, sex and scheme, as columns."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yibao.city.calibration import by_age, fact, shape
from yibao.city.households import form_households
from yibao.city.region import CityRegion
from yibao.city.streams import stream

Integers = NDArray[np.int64]

UNINSURED: Final = 0
EMPLOYEE: Final = 1
RESIDENT: Final = 2
SCHEME_CODES: Final = ("", "310", "390")
GROUPS: Final = ("", "active", "retired", "student_child", "elderly", "working_age")
ACTIVE, RETIRED, STUDENT_CHILD, ELDERLY, WORKING_AGE = 1, 2, 3, 4, 5
MALE: Final = 1
FEMALE: Final = 2


@dataclass(frozen=True)
class Population:
    """People as columns, a place for each person: all arrays have one length.

    `age` in years on the day of founding, `birth` as days since 1970-01-01, `sex` 1 male 2 female, `district` a place in
    the region's districts, `scheme` and `group` places in SCHEME_CODES and GROUPS, `household` numbered from 0, `parent` the place
    of a parent whose surname a child has, or -1.
    """

    age: Integers
    birth: Integers
    sex: Integers
    district: Integers
    scheme: Integers
    group: Integers
    household: Integers
    parent: Integers

    @property
    def size(self) -> int:
        """Number of people."""
        return len(self.age)

    @property
    def insured(self) -> Integers:
        """Places of the people who are insured."""
        return np.flatnonzero(self.scheme != UNINSURED)


def make_population(*, seed: int, people: int, as_of: date, region: CityRegion) -> Population:
    """People whose ages, sexes and schemes have the published shares."""
    chance = stream(seed, "people")
    sex, age, birth = _ages(chance, people, as_of)
    scheme, group = _schemes(chance, age, sex)
    household, parent = form_households(chance, age=age, sex=sex)
    district_of_household = chance.choice(len(region.districts), size=int(household.max()) + 1, p=region.chances)
    return Population(
        age=age,
        birth=birth,
        sex=sex,
        district=district_of_household[household].astype(np.int64),
        scheme=scheme,
        group=group,
        household=household,
        parent=parent,
    )


def _ages(chance: np.random.Generator, people: int, as_of: date) -> tuple[Integers, Integers, Integers]:
    """Sex, age in years, and day of birth from the pyramid of five-year bands."""
    pyramid = np.concatenate([shape("age_bands_male"), shape("age_bands_female")]).astype(np.float64)
    bands = len(pyramid) // 2
    drawn = chance.choice(len(pyramid), size=people, p=pyramid / pyramid.sum())
    sex = np.where(drawn < bands, MALE, FEMALE).astype(np.int64)
    days_old = (drawn % bands) * 1826 + chance.integers(0, 1826, size=people)
    today = (as_of - date(1970, 1, 1)).days
    birth = today - 1 - days_old
    born = birth.astype("datetime64[D]")
    years = born.astype("datetime64[Y]").astype(np.int64) + 1970
    month_day = (born - born.astype("datetime64[Y]")).astype(np.int64)
    today_month_day = (as_of - date(as_of.year, 1, 1)).days
    age = as_of.year - years - (month_day > today_month_day)
    return sex, age.astype(np.int64), birth.astype(np.int64)


def _schemes(chance: np.random.Generator, age: Integers, sex: Integers) -> tuple[Integers, Integers]:
    """Scheme and status group: exact shares, drawn among the ages that each may have."""
    people = len(age)
    insured = round(people * fact("insured_share").value)
    employees = round(insured * fact("employee_share").value)
    retired = round(employees * fact("retired_share").value)
    scheme = np.zeros(people, dtype=np.int64)
    group = np.zeros(people, dtype=np.int64)
    pension_age = np.where(sex == MALE, 60, 53)
    may_retire = age >= pension_age
    may_work = (age >= 20) & (age < pension_age)
    works = _draw(chance, np.where(may_work, np.where(age < 50, 1.2, 0.9), 0.0), employees - retired)
    rests = _draw(chance, np.where(may_retire, 1.0, 0.0), retired)
    scheme[works], group[works] = EMPLOYEE, ACTIVE
    scheme[rests], group[rests] = EMPLOYEE, RETIRED
    rest = scheme == UNINSURED
    residents = _draw(chance, np.where(rest, np.where((age < 18) | (age >= 60), 1.3, 0.9), 0.0), insured - employees)
    scheme[residents] = RESIDENT
    studies = (age < 18) | ((age < 23) & (chance.random(people) < 0.6))
    old = age >= np.where(sex == MALE, 60, 50)
    resident_group = np.where(studies, STUDENT_CHILD, np.where(old, ELDERLY, WORKING_AGE))
    group[residents] = resident_group[residents]
    return scheme, group


def _draw(chance: np.random.Generator, weights: NDArray[np.float64], count: int) -> Integers:
    """Draw `count` different places with chances in proportion to the weights (Gumbel's trick)."""
    possible = np.flatnonzero(weights > 0)
    count = min(count, len(possible))
    keys = np.log(weights[possible]) + chance.gumbel(size=len(possible))
    return np.sort(possible[np.argpartition(-keys, count - 1)[:count]]) if count else possible[:0]


def expected_use(population: Population, *, kind: str) -> NDArray[np.float64]:
    """Each person's expected number a year of one kind of use: outpatient, chronic, pharmacy, admission.

    The published mean of the scheme (of active and retired for admissions), spread over ages and normalised so that the
    city as a whole meets the mean.
    """
    expected = np.zeros(population.size)
    spread = by_age(
        {"admission": "admissions_by_age", "chronic": "chronic_by_age"}.get(kind, "visits_by_age"), population.age
    )
    for places, mean in _groups_with_means(population, kind):
        if places.size:
            expected[places] = mean * spread[places] / spread[places].mean()
    return expected


def _groups_with_means(population: Population, kind: str) -> list[tuple[Integers, float]]:
    """The groups of people for which a figure is published, with it."""
    employees = np.flatnonzero(population.scheme == EMPLOYEE)
    residents = np.flatnonzero(population.scheme == RESIDENT)
    if kind == "admission":
        return [
            (np.flatnonzero(population.group == ACTIVE), fact("active_admission_rate").value),
            (np.flatnonzero(population.group == RETIRED), fact("retired_admission_rate").value),
            (residents, fact("resident_admission_rate").value),
        ]
    name = {"outpatient": "outpatient_visits", "chronic": "chronic_visits", "pharmacy": "pharmacy_purchases"}[kind]
    return [(employees, fact(f"employee_{name}").value), (residents, fact(f"resident_{name}").value)]
