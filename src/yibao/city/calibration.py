"""The published figures and our assumptions that the city is made to fit; docs/city.md says how near it comes."""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yibao.core.yaml_text import load_yaml

Floats = NDArray[np.float64]
SCHEMES: Final = {"310": "employee", "390": "resident"}
"""How the two schemes (险种) are called in the figures."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A published figure: where it stands in the calibration sheet, its value, unit and trust."""

    name: str
    id: str
    value: float
    unit: str
    trust: str


@cache
def _content() -> dict[str, Any]:
    """The calibration file."""
    text = resources.files("yibao.city").joinpath("data", "calibration.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = load_yaml(text)
    return content


@cache
def fact(name: str) -> Fact:
    """A published figure by name."""
    return Fact(name=name, **_content()["facts"][name])


def facts() -> list[Fact]:
    """All published figures, in the order of the file."""
    return [fact(name) for name in _content()["facts"]]


def shape(name: str) -> Any:
    """An assumption on how a mean is spread, as the file gives it."""
    return _content()["shapes"][name]


def habit(name: str) -> float:
    """The share of settlements with something out of the ordinary."""
    return float(_content()["habits"][name])


def shares(name: str) -> Floats:
    """An assumption that lists weights, scaled to sum to one."""
    weights = np.asarray(shape(name), dtype=np.float64)
    scaled: Floats = weights / weights.sum()
    return scaled


def by_age(name: str, ages: NDArray[np.int64]) -> Floats:
    """The relative use at each of the ages."""
    places = np.searchsorted(np.asarray(shape("age_from")), ages, side="right") - 1
    return np.asarray(shape(name), dtype=np.float64)[places]
