"""The whole city from a seed: the same seed, size and day give the same city to the last byte."""

from dataclasses import dataclass
from datetime import date

from yibao.city.goods import Good, make_goods
from yibao.city.identities import make_identity_numbers, make_names, make_tokens
from yibao.city.people import Population, make_population
from yibao.city.providers import Provider, make_providers
from yibao.city.region import DEFAULT, CityRegion, region_named
from yibao.city.work import Employers, Insurance, make_employers, make_insurance


@dataclass(frozen=True)
class City:
    """A city as it stands on its day of founding; lists of people are in the order of the population."""

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

    def district_of(self, person: int) -> str:
        """The division where a person lives."""
        return self.region.districts[int(self.population.district[person])]


def make_city(*, seed: int, people: int, as_of: date, region: str = DEFAULT) -> City:
    """Make the city of a seed with so many people in a region, as it stands on a day.

    :raises yibao.city.region.UnknownCityRegionError: there is no such region.
    """
    place = region_named(region)
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
        providers=make_providers(seed=seed, people=people, region=place),
        goods=make_goods(seed=seed),
    )
