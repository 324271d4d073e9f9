"""The whole city from a seed: the same seed, size and day give the same city to the last byte."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Final

from yibao.city.calibration import habit
from yibao.city.goods import Good, make_goods
from yibao.city.identities import make_identity_numbers, make_names, make_tokens
from yibao.city.people import Population, make_population
from yibao.city.providers import Provider, make_hospitals_beside, make_providers
from yibao.city.region import DEFAULT, CityRegion, region_named
from yibao.city.streams import stream
from yibao.city.work import Employers, Insurance, make_employers, make_insurance
from yibao.core.errors import YibaoError

REASONS: Final = ("long_stay", "long_stay", "temporary", "referral")
"""Why care elsewhere is filed: every second one stays for long (our default)."""


class OwnNeighbourError(YibaoError):
    """A city's neighbour is another region than its own."""

    code: ClassVar[str] = "city.own_neighbour"


@dataclass(frozen=True)
class City:
    """A city as it stands on its day of founding; lists of people are in the order of the population.

    `neighbour` is another pooling region whose hospitals stand at the end of `providers`, for care elsewhere (异地就医); `filed`
    says for which persons it was filed with the region, and why.
    """

    seed: int
    as_of: date
    region: CityRegion
    population: Population
    names: list[str]
    identity_numbers: list[str]
    tokens: list[str]
    employers: Employers
    insurance: Insurance
    providers: list[Provider]
    goods: list[Good]
    neighbour: CityRegion | None = None
    filed: Mapping[int, str] = field(default_factory=dict)

    def district_of(self, person: int) -> str:
        """The division where a person lives."""
        return self.region.districts[int(self.population.district[person])]

    def region_of(self, provider: Provider) -> CityRegion:
        """The pooling region in which an institution lies."""
        at_home = self.neighbour is None or provider.district in self.region.districts
        return self.region if at_home else self.neighbour or self.region


def make_city(*, seed: int, people: int, as_of: date, region: str = DEFAULT, neighbour: str | None = None) -> City:
    """Make the city of a seed with so many people in a region, as it stands on a day, perhaps with a neighbour's hospitals.

    :raises yibao.city.region.UnknownCityRegionError: there is no such region.
    :raises OwnNeighbourError: the neighbour is the region itself.
    """
    place = region_named(region)
    beside = region_named(neighbour) if neighbour is not None else None
    if beside is not None and beside == place:
        raise OwnNeighbourError(region=place.name)
    population = make_population(seed=seed, people=people, as_of=as_of, region=place)
    employers = make_employers(seed=seed, population=population, region=place)
    return City(
        seed=seed,
        as_of=as_of,
        region=place,
        population=population,
        names=make_names(seed=seed, population=population),
        identity_numbers=make_identity_numbers(population),
        tokens=make_tokens(seed=seed, count=population.size),
        employers=employers,
        insurance=make_insurance(seed=seed, population=population, employers=employers, region=place),
        providers=[
            *make_providers(seed=seed, people=people, region=place),
            *(make_hospitals_beside(seed=seed, region=beside) if beside is not None else ()),
        ],
        goods=make_goods(seed=seed),
        neighbour=beside,
        filed=_filed(seed, population) if beside is not None else {},
    )


def _filed(seed: int, population: Population) -> dict[int, str]:
    """Who has filed care elsewhere, and why: chance of its own, so that a city without a neighbour stays as it is."""
    chance = stream(seed, "filed elsewhere")
    draws, reasons = chance.random(population.size), chance.integers(len(REASONS), size=population.size)
    share = habit("filed_elsewhere")
    return {place: REASONS[int(reasons[place])] for place in population.insured.tolist() if draws[place] < share}
