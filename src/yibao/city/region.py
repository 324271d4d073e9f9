"""The pooling region (统筹区) that a city is: its divisions, its gateway, and how its law groups people."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from yibao.core.errors import YibaoError
from yibao.core.yaml_text import load_yaml

DEFAULT: Final = "110000"


class UnknownCityRegionError(YibaoError):
    """The city cannot be of this region; `known` lists those it can be of."""

    code: ClassVar[str] = "city.unknown_region"


@dataclass(frozen=True, slots=True)
class Choice:
    """A group of the region's law for people from an age on, with its weight among those chosen between."""

    status: str
    from_age: int
    share: float


@dataclass(frozen=True, slots=True)
class CityRegion:
    """A region as the city needs it; `districts` are the codes of its divisions, `weights` their shares in the same order."""

    code: str
    key: str
    name: str
    gateway: str
    districts: tuple[str, ...]
    weights: tuple[float, ...]
    groups: Mapping[str, tuple[Choice, ...]]

    @property
    def chances(self) -> NDArray[np.float64]:
        """The districts' shares, which add up to one."""
        weights = np.asarray(self.weights, np.float64)
        chances: NDArray[np.float64] = weights / weights.sum()
        return chances

    def status_of(self, group: str, *, age: int, draw: float) -> str:
        """What the law calls a person of one of the city's groups; `draw` from 0 to 1 decides between equal choices."""
        choices = self.groups.get(group)
        if choices is None:
            return group
        reached = [choice for choice in choices if age >= choice.from_age]
        reached = [choice for choice in reached if choice.from_age == reached[0].from_age]
        edges = np.cumsum([choice.share for choice in reached])
        return reached[int(np.searchsorted(edges, draw * edges[-1], side="right"))].status


@cache
def regions() -> tuple[CityRegion, ...]:
    """All regions that the city can be, in the order of their codes."""
    text = resources.files("yibao.city").joinpath("data", "regions.yaml").read_text(encoding="utf-8")
    return tuple(_read(row) for row in load_yaml(text)["regions"])


def _read(row: Mapping[str, Any]) -> CityRegion:
    """One region of the file."""
    groups = {
        group: tuple(
            Choice(choice["is"], choice.get("from_age", 0), float(choice.get("share", 1))) for choice in choices
        )
        for group, choices in row["groups"].items()
    }
    districts: dict[str, float] = row["districts"]
    return CityRegion(
        row["code"], row["key"], row["name"], row["gateway"], tuple(districts), tuple(districts.values()), groups
    )


def region_named(name: str) -> CityRegion:
    """The region with this code, English key or Chinese name.

    :raises UnknownCityRegionError: the city cannot be of such a region.
    """
    for region in regions():
        if name.lower() in {region.code, region.key, region.name, f"{region.name}市"}:
            return region
    raise UnknownCityRegionError(region=name, known=", ".join(f"{region.key} {region.name}" for region in regions()))
