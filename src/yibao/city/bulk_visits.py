"""A city's visits by the million, straight into Parquet: for simulations and benchmarks, never for the gateway.

Synthetic (虚构数据): nobody in it exists. People, frequencies, mean costs and levels are those of `calibration.yaml` (the
national bulletin of 2025 as relayed, and assumptions marked there), as in the city that is played. What the played city
gets from its catalogue, the split of a bill into its four parts, is drawn here from the shares below: our default. The same
seed and number give the same file whatever the machine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from yibao.city.calibration import SCHEMES, fact, shape, shares
from yibao.city.people import EMPLOYEE, GROUPS, RESIDENT, SCHEME_CODES, Population, expected_use, make_population
from yibao.city.providers import SIZES
from yibao.city.region import DEFAULT, CityRegion, region_named
from yibao.city.streams import stream
from yibao.city.work import STATUS_SHARES
from yibao.engines.contributions import YearOfInsurance, earned
from yibao.policies import NoPolicyError
from yibao.policies.contribution_terms import contribution_law, incentive_terms
from yibao.warehouse.visits import VISITS

BLOCK: Final = 100_000
"""People made at once; a block is one row group, so that no person is parted."""
KINDS: Final = ("outpatient", "chronic", "pharmacy", "admission")
OUT_OF_CATALOGUE: Final = (2.0, 28.0)
"""Beta distribution of the share that is paid by the person alone (full_self_pay): our default, mean 6.7 %."""
PAID_FIRST: Final = (2.0, 30.0)
"""Of the rest what the person pays first (self_pay_first): our default, mean 6.3 %."""
ELSEWHERE: Final = {"inpatient": (0.93, 0.99), "other": (0.97, 0.995)}
"""Up to which draw care is local, up to which it is on file elsewhere: our default."""
FIRST_OF_LEVEL: Final = 1_000_000
"""Numbers of institutions: the place of the level times this, then one after the other."""
TENURE_MAX: Final = 30
_LEVELS: Final = (*shape("levels"), "pharmacy")
_PHARMACY: Final = len(_LEVELS) - 1
_AIDS: Final = ("none", *STATUS_SHARES)

Integers = NDArray[np.int64]
Chance = np.random.Generator


@dataclass(frozen=True, slots=True)
class _Block:
    """The visits of a block as columns before they are put in order."""

    person: Integers
    kind: Integers
    day: Integers


def write_visits(
    path: Path,
    *,
    seed: int,
    visits: int,
    year: int = 2025,
    scheme: str | None = None,
    region: str = DEFAULT,
    tell: Callable[[int], None] = lambda _n: None,
) -> int:
    """Write at least this many visits of a year, of one scheme or of both; gives how many. `tell` hears of every block.

    Memory is bounded by a block of people, the number of institutions follows from the number of visits.
    """
    millions = visits / 6_600_000  # visits a head of the insured and year, by the calibration
    counts = np.array([max(least, round(per * millions)) for per, least, *_ in (SIZES[level] for level in _LEVELS)])
    written, number = 0, 0
    with pq.ParquetWriter(path, VISITS, compression="zstd") as file:
        while written < visits:
            table = _table(seed=seed, number=number, year=year, counts=counts, region=region_named(region))
            if scheme is not None:
                table = table.filter(pc.equal(table.column("scheme").cast(pa.string()), scheme))
            table = table.slice(0, _whole_persons(table, visits - written))
            file.write_table(table, row_group_size=table.num_rows)
            written, number = written + table.num_rows, number + 1
            tell(table.num_rows)
    return written


def _whole_persons(table: pa.Table, wanted: int) -> int:
    """How many rows hold the wanted visits and the rest of the last person's."""
    if table.num_rows <= wanted:
        return int(table.num_rows)
    person = table.column("person_id").to_numpy()
    return int(np.searchsorted(person, person[wanted - 1], side="right"))


def _table(*, seed: int, number: int, year: int, counts: Integers, region: CityRegion) -> pa.Table:
    """The visits of one block of people."""
    people = make_population(seed=seed + 7919 * number, people=BLOCK, as_of=date(year, 1, 1), region=region)
    chance = stream(seed, "bulk", number)
    block = _drawn(chance, people, date(year, 1, 1))
    order = np.lexsort((block.day, block.person))
    person, kind, day = block.person[order], block.kind[order], block.day[order]
    level = _levels(chance, people.scheme[person], kind)
    amounts = _amounts(chance, people, person, kind, level)
    inpatient = kind == KINDS.index("admission")
    place = _places(chance, inpatient)
    balance = _balances(chance, people)
    statuses = _statuses(chance, people, region)
    columns: dict[str, Any] = {
        "person_id": number * BLOCK + person + 1,
        "benefit_year": np.full(len(person), year, np.int16),
        "began_on": day.astype("datetime64[D]"),
        "scheme": _text(SCHEME_CODES[1:], people.scheme[person] - 1),
        "care": _text(("outpatient", "inpatient", "pharmacy"), _cares(kind)),
        "level": _text(_LEVELS, level),
        "place": _text(("local", "filed", "unfiled"), place),
        "status": statuses.take(pa.array(person)),
        "aid": _text(_AIDS, _aids(chance, people)[person]),
        "plan": _text(("none",), np.zeros(len(person), np.int64)),
        "disease": _text(("none",), np.zeros(len(person), np.int64)),
        "age": people.age[person].astype(np.int16),
        "tenure": _tenures(people)[person].astype(np.int16),
        "institution_id": level * FIRST_OF_LEVEL + _institutions(chance, level, counts) + 1,
        "account_used": people.scheme[person] == EMPLOYEE,
        "account_balance_fen": balance[person],
        "earned_raise_fen": _earned(people, region, year)[person],
        **amounts,
    }
    return pa.Table.from_arrays([pa.array(columns[name]) for name in VISITS.names], names=VISITS.names).cast(VISITS)


def _earned(people: Population, region: CityRegion, year: int) -> Integers:
    """What residents' unbroken years have earned by the region's rule, in fen; that nobody was without claims is our default."""
    try:
        terms = incentive_terms(contribution_law(region.code), SCHEME_CODES[RESIDENT], date(year, 1, 1))
    except NoPolicyError:
        terms = None
    if terms is None:
        return np.zeros(people.size, np.int64)
    by_tenure = []
    for tenure in range(TENURE_MAX + 1):
        paid = [YearOfInsurance(each, is_paid=True, has_claims=True) for each in range(year - tenure, year + 1)]
        by_tenure.append(earned(terms, years=paid, year=year).continuous_fen)
    return np.where(people.scheme == RESIDENT, np.array(by_tenure)[_tenures(people)], 0)


def _tenures(people: Population) -> Integers:
    """Full years of enrolment: since the age of twenty, at most so many (our default)."""
    return np.minimum(np.maximum(people.age - 20, 0), TENURE_MAX)


def _statuses(chance: Chance, people: Population, region: CityRegion) -> pa.DictionaryArray:
    """What the region's law calls each person, by group and age; draws decide between equal choices."""
    keys, places = np.unique(people.group * 1000 + people.age, return_inverse=True)
    named = [_called(region, int(key) // 1000, int(key) % 1000) for key in keys]
    names = sorted({name for choices, _ in named for name in choices})
    drawn, codes = chance.random(people.size), np.zeros(people.size, np.int64)
    for place, (choices, edges) in enumerate(named):
        chosen = np.flatnonzero(places == place)
        codes[chosen] = np.array([names.index(name) for name in choices])[
            np.searchsorted(edges, drawn[chosen], side="right")
        ]
    return _text(tuple(names), codes)


def _called(region: CityRegion, group: int, age: int) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """The names that people of a group and age may have, and up to which draw each holds."""
    choices = region.groups.get(GROUPS[group])
    if choices is None:
        return (GROUPS[group],), np.ones(1)
    reached = [choice for choice in choices if age >= choice.from_age]
    reached = [choice for choice in reached if choice.from_age == reached[0].from_age]
    edges = np.cumsum([choice.share for choice in reached])
    return tuple(choice.status for choice in reached), edges / edges[-1]


def _text(names: tuple[str, ...], codes: Integers) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(list(names)))


def _drawn(chance: Chance, people: Population, first: date) -> _Block:
    """Who comes how often for what, and on which days."""
    days = _day_chances(first)
    persons, kinds = [], []
    for place, kind in enumerate(KINDS):
        counts = chance.poisson(_expected(chance, people, kind))
        persons.append(np.repeat(np.arange(people.size), counts))
        kinds.append(np.full(int(counts.sum()), place, np.int64))
    person = np.concatenate(persons)
    day = np.searchsorted(days, chance.random(len(person)), side="right") + (first - date(1970, 1, 1)).days
    return _Block(person, np.concatenate(kinds), day)


def _expected(chance: Chance, people: Population, kind: str) -> NDArray[np.float64]:
    """Expected numbers of a year; of chronic care a few people have all, regularly, as in the played city."""
    mean = expected_use(people, kind=kind)
    if kind != "chronic":
        return mean
    regular = float(shape("chronic_visits_of_a_chronic_person"))
    return np.where(chance.random(people.size) < mean / regular, np.maximum(regular, mean), 0.0)


def _day_chances(first: date) -> NDArray[np.float64]:
    """Cumulated chances of the year's days, by month and day of the week."""
    days = [first + timedelta(days=n) for n in range(365)]
    weights = np.array([shape("month_weights")[d.month - 1] * shape("weekday_weights")[d.weekday()] for d in days])
    cumulated: NDArray[np.float64] = np.cumsum(weights) / weights.sum()
    cumulated[-1] = 1.0
    return cumulated


def _cares(kind: Integers) -> Integers:
    """Places of the kinds of care: chronic visits are outpatient care."""
    return np.array([0, 0, 2, 1])[kind]


def _levels(chance: Chance, scheme: Integers, kind: Integers) -> Integers:
    """Places of the levels, by scheme and kind of care."""
    level = np.full(len(kind), _PHARMACY, np.int64)
    drawn = chance.random(len(kind))
    for code, name in enumerate(SCHEMES.values(), start=EMPLOYEE):
        for admitted in (False, True):
            chosen = (
                (scheme == code) & (kind != KINDS.index("pharmacy")) & ((kind == KINDS.index("admission")) == admitted)
            )
            edges = np.cumsum(shares(f"{name}_{'admission' if admitted else 'visit'}_levels"))
            level[chosen] = np.minimum(np.searchsorted(edges, drawn[chosen], side="right"), _PHARMACY - 1)
    return level


def _amounts(
    chance: Chance, people: Population, person: Integers, kind: Integers, level: Integers
) -> dict[str, Integers]:
    """Total and its four parts in fen: log-normal around the published means, scaled by level."""
    means = np.zeros(len(kind))
    sigmas = np.array([shape("cost_sigma")["inpatient" if name == "admission" else name] for name in KINDS])[kind]
    for code, name in ((EMPLOYEE, "employee"), (RESIDENT, "resident")):
        for place, of in enumerate(KINDS):
            chosen = (people.scheme[person] == code) & (kind == place)
            means[chosen] = fact(f"{name}_{of}_cost").value * 100 * _by_level(name, of)[level[chosen]]
    total = np.maximum(np.round(means * np.exp(chance.normal(-sigmas * sigmas / 2, sigmas))), 1).astype(np.int64)
    outside = np.floor(total * chance.beta(*OUT_OF_CATALOGUE, len(total))).astype(np.int64)
    first = np.floor((total - outside) * chance.beta(*PAID_FIRST, len(total))).astype(np.int64)
    return {
        "total_fen": total,
        "full_self_pay_fen": outside,
        "over_ceiling_fen": np.zeros_like(total),
        "self_pay_first_fen": first,
        "in_scope_fen": total - outside - first,
    }


def _by_level(name: str, kind: str) -> NDArray[np.float64]:
    """Factors of cost by level, scaled so that the mean over the levels' shares is one."""
    if kind == "pharmacy":
        return np.ones(len(_LEVELS))
    admitted = kind == "admission"
    factors = np.array(shape(f"{name}_admission_cost_by_level" if admitted else "visit_cost_by_level"), np.float64)
    scale = float(factors @ shares(f"{name}_{'admission' if admitted else 'visit'}_levels"))
    return np.append(factors / scale, 1.0)


def _places(chance: Chance, inpatient: NDArray[np.bool_]) -> Integers:
    """Where care was given: local, elsewhere on file, elsewhere not on file."""
    drawn = chance.random(len(inpatient))
    local, filed = (np.where(inpatient, ELSEWHERE["inpatient"][k], ELSEWHERE["other"][k]) for k in (0, 1))
    return (drawn >= local).astype(np.int64) + (drawn >= filed)


def _institutions(chance: Chance, level: Integers, counts: Integers) -> Integers:
    """Which institution of the level: the first ones are the busiest."""
    drawn = chance.random(len(level)) ** 1.6
    return np.floor(drawn * counts[level]).astype(np.int64)


def _aids(chance: Chance, people: Population) -> Integers:
    """Special status of each person, as places in the list; only residents have one."""
    drawn = np.searchsorted(np.cumsum(list(STATUS_SHARES.values())), chance.random(people.size), side="right")
    return np.where((people.scheme == RESIDENT) & (drawn < len(STATUS_SHARES)), drawn + 1, 0)


def _balances(chance: Chance, people: Population) -> Integers:
    """What stands in the personal accounts of employees: log-normal around the published mean."""
    drawn = fact("account_balance").value * 100 * chance.lognormal(-0.5, 1.0, size=people.size)
    return np.where(people.scheme == EMPLOYEE, drawn, 0).astype(np.int64)
