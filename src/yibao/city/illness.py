"""What people come with: diagnoses by age, sex and season, with what an admission for them costs and lasts."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yibao.city.calibration import shape
from yibao.city.people import MALE

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


@cache
def _cumulated(care: str, age: int, sex: int, month: int) -> Floats:
    """Cumulated chances of the diagnoses for people of an age and sex who come in a month; the last one is 1."""
    season = {"w": shape("winter_weights")[month - 1], "s": shape("summer_weights")[month - 1], "": 1.0}
    weights = np.asarray(
        [float(row[WEIGHT_COLUMNS[care]]) * season[row["season"]] * _fits(row, age, sex) for row in _rows()]
    )
    cumulated: Floats = np.cumsum(weights) / weights.sum()
    return cumulated


def _fits(row: dict[str, str], age: int, sex: int) -> float:
    """How far a diagnosis suits an age and a sex: 0, 1, or less towards the young end of its ages."""
    wanted = {"f": 2, "m": MALE}.get(row["sex"], sex)
    low, high = int(row["age_from"]), int(row["age_to"])
    if sex != wanted or not low <= age <= high:
        return 0.0
    return 1.0 if low < 35 or age >= low + 15 else 0.35 + 0.65 * (age - low) / 15


def draw(chance: np.random.Generator, *, care: str, age: int, sex: int, month: int) -> Diagnosis:
    """The diagnosis with which a person comes for a kind of care in a month."""
    cumulated = _cumulated(care, min(age, AGES - 1), sex, month)
    return diagnoses()[int(np.searchsorted(cumulated, chance.random(), side="right"))]
