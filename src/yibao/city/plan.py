"""A year of life of each insured person: when they fall ill, where they go, what it costs.

The order of the persons and every year are drawn from the seed alone, so that a second run goes on where the first one
ended and repeats nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yibao.city import baskets, illness
from yibao.city.baskets import Line, Shelves
from yibao.city.calibration import SCHEMES, fact, habit, shape, shares
from yibao.city.illness import Diagnosis
from yibao.city.make import City
from yibao.city.people import SCHEME_CODES, expected_use
from yibao.city.streams import stream

DAYS: Final = 365
KINDS: Final = ("outpatient", "chronic", "pharmacy", "inpatient")
MEDICAL_TYPES: Final = {"outpatient": "11", "chronic": "14", "pharmacy": "41", "inpatient": "21"}
SAMPLE: Final = 4000
"""Admissions drawn once to learn the mean cost and stay that the mix of diagnoses and levels has by itself."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What is out of the ordinary about one settlement, see `habits` in the calibration."""

    trial: bool
    only_trial: bool
    reversed: bool
    resent: bool
    lost: bool
    undone: bool
    asks_settlement: bool
    asks_accumulators: bool


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One visit to be played: `care` is one of KINDS, `provider` a place in the city's list; times are Beijing time.

    `number` is the institution's own number of it (门诊号、住院号), unique in the city for ever.
    """

    person: int
    number: str
    care: str
    provider: int
    diagnosis: Diagnosis
    began: datetime
    ended: datetime
    lines: tuple[Line, ...]
    habits: Habits
    practitioner: int

    @property
    def amount_fen(self) -> int:
        """What the visit is charged in all."""
        return sum(line.amount_fen for line in self.lines)


class Plan:
    """The visits of a city's year that ends on its day of founding."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.shelves = Shelves(city.goods)
        self._by_level: dict[str, list[int]] = {}
        self._beside: dict[str, list[int]] = {}
        for place, provider in enumerate(city.providers):
            there = self._by_level if provider.district in city.region.districts else self._beside
            there.setdefault(provider.level, []).append(place)
        people = city.population
        self._expected = {
            kind: expected_use(people, kind="admission" if kind == "inpatient" else kind) for kind in KINDS
        }
        self._days = self._day_chances()

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """The insured persons in the order in which their years are played."""
        entitled = self.city.population.insured
        entitled = entitled[~self.city.insurance.is_suspended[entitled]]
        return stream(self.city.seed, "order").permutation(entitled)

    @cached_property
    def _stay_scales(self) -> dict[str, tuple[float, float]]:
        """By scheme, the factors that bring mean cost and stay of admissions to the published ones."""
        return {scheme: self._scales_of(scheme) for scheme in SCHEMES}

    @cached_property
    def _visit_scales(self) -> dict[str, float]:
        """By scheme, the mean of the cost factors of the levels, so that the levels leave the published mean alone."""
        factors = np.asarray(shape("visit_cost_by_level"))
        return {scheme: float(shares(f"{name}_visit_levels") @ factors) for scheme, name in SCHEMES.items()}

    def years(self, start: int) -> Iterator[tuple[int, list[PlannedVisit]]]:
        """From the place `start` of the order on: the place after it, and the visits of that person's year in time."""
        for place in range(start, len(self.order)):
            yield place + 1, self.year_of(int(self.order[place]))

    def year_of(self, person: int) -> list[PlannedVisit]:
        """All visits of a person, in the order in which they begin; none fall into a stay in hospital."""
        chance = stream(self.city.seed, "visits", person)
        begun = [(self._moment(chance), kind) for kind in KINDS for _ in range(self._count(chance, kind, person))]
        born = date(1970, 1, 1) + timedelta(days=int(self.city.population.birth[person]))
        visits: list[PlannedVisit] = []
        for began, kind in sorted(begun):
            if (visits and began <= visits[-1].ended) or began.date() <= born:
                continue
            visit = self._visit(chance, person, kind, began, len(visits))
            if visit is not None:
                visits.append(visit)
        return visits

    def _count(self, chance: np.random.Generator, kind: str, person: int) -> int:
        """How often a person comes in the year; a chronic patient comes regularly, the others not at all."""
        mean = float(self._expected[kind][person])
        if kind != "chronic":
            return int(chance.poisson(mean))
        regular = float(shape("chronic_visits_of_a_chronic_person"))
        return int(chance.poisson(max(regular, mean))) if chance.random() < mean / regular else 0

    def _day_chances(self) -> NDArray[np.float64]:
        """Cumulated chances of the days of the year before the founding, by month and day of the week."""
        first = self.city.as_of - timedelta(days=DAYS)
        days = [first + timedelta(days=n) for n in range(DAYS)]
        weights = np.asarray(
            [shape("month_weights")[d.month - 1] * shape("weekday_weights")[d.weekday()] for d in days]
        )
        cumulated: NDArray[np.float64] = np.cumsum(weights) / weights.sum()
        return cumulated

    def _moment(self, chance: np.random.Generator) -> datetime:
        """A day of the year and a time between 7:30 and 17:30."""
        day = int(np.searchsorted(self._days, chance.random(), side="right"))
        first = datetime.combine(self.city.as_of - timedelta(days=DAYS - day), time(7, 30))
        return first + timedelta(seconds=int(chance.integers(0, 36_000)))

    def _visit(
        self, chance: np.random.Generator, person: int, kind: str, began: datetime, rank: int
    ) -> PlannedVisit | None:
        """One visit in detail; None for a stay that would not end before the founding."""
        people = self.city.population
        scheme = SCHEME_CODES[people.scheme[person]]
        age, sex = int(people.age[person]), int(people.sex[person])
        diagnosis = illness.draw(chance, care=kind, age=age, sex=sex, month=began.month)
        level_place, level = self._level(chance, kind, scheme)
        provider = self._elsewhere(person, rank, kind, level) or self._provider(chance, level, person)
        ended = began + timedelta(minutes=int(chance.integers(10, 90)))
        if kind == "inpatient":
            days, wanted_fen = self._stay(chance, scheme, diagnosis, level_place)
            ended = (
                datetime.combine(began.date() + timedelta(days=days), time(10, 0)) + (began - began.replace(hour=8)) / 8
            )
            if ended.date() >= self.city.as_of:
                return None
            lines = baskets.stay(
                chance, self.shelves, level=level, diagnosis=diagnosis, days=days, wanted_fen=wanted_fen
            )
        else:
            wanted_fen = self._wanted_fen(chance, kind, scheme, level_place)
            lines = baskets.outpatient(
                chance, self.shelves, care=kind, level=level, diagnosis=diagnosis, wanted_fen=wanted_fen
            )
        return PlannedVisit(
            person=person,
            number=f"{'I' if kind == 'inpatient' else 'O'}{self.city.seed % 1000:03d}{person:08d}{rank:04d}",
            care=kind,
            provider=provider,
            diagnosis=diagnosis,
            began=began,
            ended=ended,
            lines=tuple(lines),
            habits=draw_habits(chance),
            practitioner=int(chance.integers(1 << 16)),
        )

    def _level(self, chance: np.random.Generator, kind: str, scheme: str) -> tuple[int, str]:
        """The level of institution, with its place in the calibration's lists."""
        if kind == "pharmacy":
            return -1, "pharmacy"
        name = f"{SCHEMES[scheme]}_{'admission' if kind == 'inpatient' else 'visit'}_levels"
        place = int(np.searchsorted(np.cumsum(shares(name)), chance.random(), side="right"))
        return place, str(shape("levels")[place])

    def _provider(self, chance: np.random.Generator, level: str, person: int) -> int:
        """An institution of the level: mostly the one to which people of the household's place go."""
        there = self._by_level[level]
        home = int(self.city.population.household[person]) + int(self.city.population.district[person])
        return there[home % len(there)] if chance.random() < 0.7 else there[int(chance.integers(len(there)))]

    def _elsewhere(self, person: int, rank: int, kind: str, level: str) -> int | None:
        """A hospital of the neighbour: often for who has filed it, else now and then; without a neighbour nothing is drawn."""
        there = self._beside.get(level)
        if not there or kind not in {"outpatient", "inpatient"}:
            return None
        chance = stream(self.city.seed, f"elsewhere{rank}", person)
        share = habit("elsewhere_filed" if person in self.city.filed else f"elsewhere_{kind}")
        return there[int(chance.integers(len(there)))] if chance.random() < share else None

    def _wanted_fen(self, chance: np.random.Generator, kind: str, scheme: str, level_place: int) -> int:
        """What an outpatient visit or a purchase should cost: log-normal around the published mean."""
        mean = fact(f"{SCHEMES[scheme]}_{kind}_cost").value
        if level_place >= 0:
            mean *= shape("visit_cost_by_level")[level_place] / self._visit_scales[scheme]
        return round(mean * 100 * _log_normal(chance, shape("cost_sigma")[kind]))

    def _stay(
        self, chance: np.random.Generator, scheme: str, diagnosis: Diagnosis, level_place: int
    ) -> tuple[int, int]:
        """Days and wanted cost in fen of an admission."""
        cost_scale, stay_scale = self._stay_scales[scheme]
        days = max(1, round(diagnosis.stay_days * stay_scale * float(chance.gamma(4.0, 0.25))))
        factor = shape(f"{SCHEMES[scheme]}_admission_cost_by_level")[level_place]
        by_days = 0.4 + 0.6 * days / max(1.0, diagnosis.stay_days * stay_scale)
        wanted = diagnosis.admission_cost_yuan * cost_scale * factor * by_days
        return min(days, 60), round(wanted * 100 * _log_normal(chance, shape("cost_sigma")["inpatient"]))

    def _scales_of(self, scheme: str) -> tuple[float, float]:
        """The published means over those that the mix of people, diagnoses and levels has by itself."""
        chance = stream(self.city.seed, "scales" + scheme)
        people = self.city.population
        members = np.flatnonzero(people.scheme == SCHEME_CODES.index(scheme))
        weights = self._expected["inpatient"][members]
        drawn = chance.choice(members, size=SAMPLE, p=weights / weights.sum())
        name = SCHEMES[scheme]
        levels = chance.choice(len(shape("levels")), size=SAMPLE, p=shares(f"{name}_admission_levels"))
        factors = np.asarray(shape(f"{name}_admission_cost_by_level"))[levels]
        cost = stay = 0.0
        for person, factor in zip(drawn.tolist(), factors.tolist(), strict=True):
            month = int(chance.integers(1, 13))
            found = illness.draw(
                chance, care="inpatient", age=int(people.age[person]), sex=int(people.sex[person]), month=month
            )
            cost += found.admission_cost_yuan * factor
            stay += found.stay_days
        published = fact(f"{name}_admission_cost").value, fact(f"{name}_stay_days").value
        return published[0] / (cost / SAMPLE), published[1] / (stay / SAMPLE)


def _log_normal(chance: np.random.Generator, sigma: float) -> float:
    """A log-normal factor with mean 1."""
    return float(np.exp(chance.normal(-sigma * sigma / 2, sigma)))


def draw_habits(chance: np.random.Generator) -> Habits:
    """What is out of the ordinary this time, each in its share."""
    draws = chance.random(8)
    return Habits(
        trial=bool(draws[0] < habit("trial_before_settling")),
        only_trial=bool(draws[1] < habit("trial_without_settling")),
        reversed=bool(draws[2] < habit("reversal")),
        resent=bool(draws[3] < habit("resend")),
        lost=bool(draws[4] < habit("lost_answer")),
        undone=bool(draws[5] < habit("undone_by_2601")),
        asks_settlement=bool(draws[6] < habit("query_settlement")),
        asks_accumulators=bool(draws[7] < habit("query_accumulators")),
    )
