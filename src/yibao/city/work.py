"""Employers, wages, and the enrolments and special statuses that follow from a person's life."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yibao.city.calibration import fact
from yibao.city.people import ACTIVE, GROUPS, RESIDENT, RETIRED, Population
from yibao.city.region import CityRegion
from yibao.city.streams import stream

Integers = NDArray[np.int64]
TRADES: Final = (
    "商贸",
    "科技",
    "建筑",
    "机械",
    "物流",
    "餐饮",
    "教育",
    "文化",
    "电子",
    "环保",
    "能源",
    "服饰",
    "食品",
    "信息",
    "园林",
)
WORDS: Final = (
    "宏远",
    "北辰",
    "恒信",
    "瑞丰",
    "金桥",
    "华泰",
    "天元",
    "东方",
    "长城",
    "永昌",
    "新维",
    "同创",
    "博雅",
    "正大",
    "海川",
)
ALLOWANCE: Final = "1"
DESTITUTE: Final = "2"
SEVERELY_DISABLED: Final = "4"
STATUS_SHARES: Final = {ALLOWANCE: 0.030, DESTITUTE: 0.003, SEVERELY_DISABLED: 0.010}
"""Shares of residents with a special status (低保, 特困, 重度残疾): our default."""


@dataclass(frozen=True)
class Employers:
    """Employers as lists: code, name, place of the district."""

    codes: list[str]
    names: list[str]
    districts: Integers


@dataclass(frozen=True)
class Insurance:
    """What a person's insurance rests on, as columns beside the population.

    `employer` is a place in the employers or -1; `base_fen` the yearly contribution base; `person_type` the national
    code (人员类别); `status` a kind of special status or an empty text, `status_group` what the
    region's law calls the person's group; `is_suspended` ends entitlement now.
    """

    employer: Integers
    base_fen: Integers
    person_type: list[str]
    is_civil_servant: NDArray[np.bool_]
    status: list[str]
    status_group: list[str]
    is_suspended: NDArray[np.bool_]


def make_employers(*, seed: int, population: Population, region: CityRegion) -> Employers:
    """About one employer for every sixteen people at work."""
    chance = stream(seed, "employers")
    count = max(3, int((population.group == ACTIVE).sum()) // 16)
    codes = [f"{region.code}9{number:011d}" for number in range(count)]
    words = chance.integers(0, len(WORDS), size=count)
    trades = chance.integers(0, len(TRADES), size=count)
    names = [
        f"{WORDS[word]}{TRADES[trade]}{number:05d}有限公司"
        for number, (word, trade) in enumerate(zip(words, trades, strict=True))
    ]
    return Employers(codes=codes, names=names, districts=chance.integers(0, len(region.districts), size=count))


def make_insurance(*, seed: int, population: Population, employers: Employers, region: CityRegion) -> Insurance:
    """Employer, base, national person type, status of every person."""
    chance = stream(seed, "insurance")
    size = population.size
    active = population.group == ACTIVE
    civil = (population.scheme == 1) & (chance.random(size) < 0.07)
    flexible = active & ~civil & (chance.random(size) < 0.15)
    employer = np.where(active & ~flexible, chance.integers(0, len(employers.codes), size=size), -1)
    mean_fen = fact("active_yearly_base").value * 100
    base = np.round(mean_fen * np.exp(chance.normal(-0.15, 0.55, size=size)) / 1200) * 1200
    draws = chance.random(size)
    kinds = list(STATUS_SHARES)
    edges = np.cumsum(list(STATUS_SHARES.values()))
    places = np.searchsorted(edges, draws, side="right")
    status = [
        kinds[places[i]] if population.scheme[i] == RESIDENT and places[i] < len(kinds) else "" for i in range(size)
    ]
    suspended = (population.scheme != 0) & (population.group != RETIRED) & (chance.random(size) < 0.005)
    return Insurance(
        employer=employer.astype(np.int64),
        base_fen=np.where(active, base, 0).astype(np.int64),
        person_type=[
            _person_type(population, i, civil=bool(civil[i]), flexible=bool(flexible[i])) for i in range(size)
        ],
        is_civil_servant=civil,
        status=status,
        status_group=_status_groups(seed, population, region),
        is_suspended=suspended,
    )


def _status_groups(seed: int, population: Population, region: CityRegion) -> list[str]:
    """What the region's law calls each person's group."""
    draws = stream(seed, "status groups").random(population.size)
    return [
        region.status_of(GROUPS[population.group[i]], age=int(population.age[i]), draw=float(draws[i]))
        for i in range(population.size)
    ]


def _person_type(population: Population, place: int, *, civil: bool, flexible: bool) -> str:
    """The national code of a person's kind (psn_type)."""
    group, age = int(population.group[place]), int(population.age[place])
    if group == ACTIVE:
        return "1102" if civil else "1103" if flexible else "1101"
    if group == RETIRED:
        return "1202" if civil else "1201"
    if age >= 60:
        return "16"
    for below, code in ((1, "1401"), (6, "1402"), (18, "1403")):
        if age < below:
            return code
    return "1404" if age < 23 else "1501"


def enrolled_from(*, birth: int, as_of: date, group: int) -> date:
    """The first day of the enrolment: long ago, at birth for children, at retirement age for the retired."""
    born = date(1970, 1, 1) + timedelta(days=birth)
    long_ago = date(2019, 1, 1)
    if group == RETIRED:
        return min(
            max(long_ago, born.replace(year=born.year + 53, day=1)), as_of.replace(month=1, day=1, year=as_of.year - 2)
        )
    return max(long_ago, born)
