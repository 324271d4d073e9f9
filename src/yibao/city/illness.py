"""What people come with: diagnoses by age, sex and season, with what an admission for them costs and lasts."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yibao.city.calibration import shape
from yibao.city.people import FEMALE, MALE

Floats = NDArray[np.float64]
AGES: Final = 101
"""Older people are taken as a hundred."""
WEIGHT_COLUMNS: Final = {
    "outpatient": "outpatient_weight",
    "pharmacy": "outpatient_weight",
    "chronic": "chronic_weight",
    "inpatient": "inpatient_share_percent",
}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A diagnosis of the insurance edition of ICD-10 (医保版) as the city uses it.

    `uses` finds goods and department; `admission_cost_yuan` and `stay_days` are means of an admission (F0699-F0740, general
    knowledge); `operation` and `ward` find the goods of a stay.
    """

    code: str
    name: str
    uses: frozenset[str]
    admission_cost_yuan: float
    stay_days: float
    operation: str
    ward: str
    season: str


@cache
def _rows() -> tuple[dict[str, str], ...]:
    """The rows of the file of diagnoses."""
    text = resources.files("yibao.city").joinpath("data", "diagnoses.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def diagnoses() -> tuple[Diagnosis, ...]:
    """All diagnoses, in the order of the file."""
    return tuple(
        Diagnosis(
            code=row["code"],
            name=row["name"],
            uses=frozenset(row["uses"].split()),
            admission_cost_yuan=float(row["admission_cost_yuan"]),
            stay_days=float(row["stay_days"]),
            operation=row["operation"],
            ward=row["ward"],
            season=row["season"],
        )
        for row in _rows()
    )


@dataclass(frozen=True, slots=True)
class _Columns:
    """What decides who gets which diagnosis, a place for each diagnosis; `sex` 0 means both, `season` as in the file."""

    weights: dict[str, Floats]
    age_from: Floats
    age_to: Floats
    sex: NDArray[np.int64]
    season: NDArray[np.str_]


@cache
def _columns() -> _Columns:
    """The file of diagnoses as columns."""
    rows = _rows()
    return _Columns(
        weights={care: np.asarray([float(row[name]) for row in rows]) for care, name in WEIGHT_COLUMNS.items()},
        age_from=np.asarray([float(row["age_from"]) for row in rows]),
        age_to=np.asarray([float(row["age_to"]) for row in rows]),
        sex=np.asarray([{"m": MALE, "f": FEMALE}.get(row["sex"], 0) for row in rows]),
        season=np.asarray([row["season"] for row in rows]),
    )


@cache
def _cumulated(care: str, age: int, sex: int, month: int) -> Floats:
    """Cumulated chances of the diagnoses for people of an age and sex who come in a month; the last one is 1.

    A diagnosis of later life grows more likely over the first fifteen years in which it occurs.
    """
    columns = _columns()
    fits = ((columns.sex == 0) | (columns.sex == sex)) & (columns.age_from <= age) & (age <= columns.age_to)
    grown = np.where(columns.age_from < 35, 1.0, np.clip(0.35 + 0.65 * (age - columns.age_from) / 15, 0.0, 1.0))
    season = np.where(
        columns.season == "w",
        shape("winter_weights")[month - 1],
        np.where(columns.season == "s", shape("summer_weights")[month - 1], 1.0),
    )
    weights = columns.weights[care] * fits * grown * season
    cumulated: Floats = np.cumsum(weights) / weights.sum()
    return cumulated


def draw(chance: np.random.Generator, *, care: str, age: int, sex: int, month: int) -> Diagnosis:
    """The diagnosis with which a person comes for a kind of care in a month."""
    cumulated = _cumulated(care, min(age, AGES - 1), sex, month)
    return diagnoses()[int(np.searchsorted(cumulated, chance.random(), side="right"))]
