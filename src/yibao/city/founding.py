"""Found a city in the database: all registers in one transaction, so that an interrupted founding leaves nothing."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import ClassVar, Final, NamedTuple

from django.db import transaction

from yibao.city.goods import LEVELS, Good
from yibao.city.identities import person_number
from yibao.city.insurance_records import found_insurance
from yibao.city.listed import found_lists
from yibao.city.make import City, make_city
from yibao.city.people import SCHEME_CODES
from yibao.city.providers import ACCESS_POINTS, access_of
from yibao.city.region import DEFAULT
from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.catalogue import operations as catalogue
from yibao.domains.filings.operations import NewFiling, file
from yibao.domains.institutions import operations as institutions
from yibao.domains.messages.keys import KeyRow, Material, found_keys
from yibao.domains.messages.models import AccessPoint
from yibao.domains.people import operations as people
from yibao.domains.reference.founding import found
from yibao.domains.reference.models import Setting
from yibao.domains.reference.operations import synchronise

SCHEMES: Final = ("310", "390")
CATALOGUE_FROM: Final = date(2019, 1, 1)
CATALOGUE_VERSION: Final = "2019-1"
FOUNDED_KEY: Final = "city.founded"
PLAYED_KEY: Final = "city.played"
ACTOR: Final = "city"
EPOCH: Final = date(1970, 1, 1)

Progress = Callable[[str], None]
"""Told what is being founded."""


_WHOLE_PPM: Final = 1_000_000
_BESIDE_FIRST_PPM: Final = 50_000
_BESIDE_CEILING_PPM: Final = 950_000
"""The neighbour's catalogue: five points more of class 乙 first, ceilings of 95 % (our default, so that it differs)."""


class CityStandsError(YibaoError):
    """The database holds a city already; its visits can be played on, or the database started afresh."""

    code: ClassVar[str] = "city.stands"


class NoCityError(YibaoError):
    """No city was founded in this database."""

    code: ClassVar[str] = "city.none"


class _AccessPointRow(NamedTuple):
    name: str
    path_prefix: str
    region_id: str
    scheme: str
    infcode_type: str
    window_seconds: int
    is_open: bool


def standing_city() -> City | None:
    """The city that was founded in this database, made anew from its seed; None when there is none."""
    kept = Setting.objects.filter(key=FOUNDED_KEY).values_list("value", flat=True).first()
    if kept is None:
        return None
    return make_city(
        seed=kept["seed"],
        people=kept["people"],
        as_of=date.fromisoformat(kept["as_of"]),
        region=kept.get("region", DEFAULT),
        neighbour=kept.get("neighbour"),
    )


def found_city(
    *, seed: int, size: int, at: datetime, tell: Progress, region: str = DEFAULT, neighbour: str | None = None
) -> City:
    """Make the city of a seed with `size` people and write all its registers; `at` is the moment of founding.

    `neighbour` names a second region whose hospitals stand beside, with a catalogue of their own.
    :raises CityStandsError: the database holds a city.
    :raises yibao.city.region.UnknownCityRegionError: the city cannot be of this region.
    :raises yibao.city.make.OwnNeighbourError: the neighbour is the region itself.
    """
    if Setting.objects.filter(key=FOUNDED_KEY).exists():
        raise CityStandsError
    tell("people, institutions, catalogue")
    city = make_city(seed=seed, people=size, as_of=at.date(), region=region, neighbour=neighbour)
    with transaction.atomic():
        tell(f"{len(city.goods)} catalogue items")
        _found_catalogue(city)
        tell(f"{len(found_lists(region=city.region.code, at=at))} lists to download")
        tell(f"{len(city.providers)} institutions")
        _found_providers(city)
        tell(f"{city.population.size:,} people")
        numbers = _found_people(city)
        tell("enrolments, contributions, accounts")
        found_insurance(city, numbers=numbers, at=at)
        _found_filings(city, numbers, at)
        _remember(city)
    return city


def _found_filings(city: City, numbers: list[int], at: datetime) -> None:
    """Care in the neighbouring region as it was filed with the city's own, since the year before."""
    if city.neighbour is None:
        return
    begins, neighbour = date(city.as_of.year - 1, 1, 1), city.neighbour.code
    with storage.transaction() as raw:
        for place, reason in city.filed.items():
            file(
                raw,
                NewFiling(
                    kind="elsewhere", person_id=numbers[place], region=city.region.code,
                    scheme=SCHEME_CODES[city.population.scheme[place]], subject=neighbour, valid_from=begins,
                    valid_until=None, filed_by=ACTOR, filed_at=at, destination=neighbour, reason=reason,
                ),
            )  # fmt: skip


def _remember(city: City) -> None:
    """Keep what the city was made from."""
    value = {
        "seed": city.seed,
        "people": city.population.size,
        "as_of": city.as_of.isoformat(),
        "region": city.region.code,
        "neighbour": city.neighbour.code if city.neighbour else None,
    }
    row = {
        "key": FOUNDED_KEY,
        "value": value,
        "reason": "What the synthetic city in this database was made from.",
        "trust": "our_default",
    }
    synchronise(model=Setting, rows=[row], key=("key",), actor=ACTOR)


def _found_catalogue(city: City) -> None:
    """Items, their coverage under both schemes, ceiling prices by level, diagnoses."""
    from yibao.city.illness import diagnoses  # noqa: PLC0415  # reads a file that only founding and planning need

    items = catalogue.found_items(
        rows=[
            catalogue.ItemRow(
                good.code, good.kind, good.name, good.specification, good.dosage_form, good.unit, good.maker,
                good.charge_category, good.is_essential, good.is_negotiated, CATALOGUE_FROM, CATALOGUE_VERSION,
            )
            for good in city.goods
        ]
    )  # fmt: skip
    pairs = list(zip(items, city.goods, strict=True))
    _found_coverage(city.region.code, pairs, more_first_ppm=0, ceiling_ppm=_WHOLE_PPM)
    if city.neighbour is not None:
        _found_coverage(city.neighbour.code, pairs, more_first_ppm=_BESIDE_FIRST_PPM, ceiling_ppm=_BESIDE_CEILING_PPM)
    catalogue.found_diseases(
        rows=[catalogue.DiseaseRow(found.code, "diagnosis", found.name, CATALOGUE_FROM) for found in diagnoses()]
    )


def _found_coverage(region: str, pairs: Sequence[tuple[int, Good]], *, more_first_ppm: int, ceiling_ppm: int) -> None:
    """How a region covers the items; a neighbour lets people pay more of class 乙 first, and has lower ceilings."""
    catalogue.found_coverages(
        rows=[
            catalogue.CoverageRow(
                item,
                region,
                scheme,
                good.item_class,
                good.self_pay_first_ppm + (more_first_ppm if good.item_class == "02" else 0),
                CATALOGUE_FROM,
            )
            for item, good in pairs
            for scheme in SCHEMES
        ]
    )
    catalogue.found_ceiling_prices(
        rows=[
            catalogue.CeilingPriceRow(item, region, level, ceiling_fen * ceiling_ppm // 100, CATALOGUE_FROM)
            for item, good in pairs
            for level in LEVELS
            if (ceiling_fen := good.ceiling_at(level)) is not None
        ]
    )


def _found_providers(city: City) -> None:
    """Institutions with departments, practitioners, and the access points through which they speak."""
    points = found(model=AccessPoint, rows=_access_points(city))
    numbers = institutions.found_institutions(
        rows=[
            institutions.InstitutionRow(
                provider.code,
                provider.name,
                provider.kind,
                provider.level,
                provider.district,
                provider.beds,
                CATALOGUE_FROM,
            )
            for provider in city.providers
        ]
    )
    pairs = list(zip(numbers, city.providers, strict=True))
    rows = [
        institutions.DepartmentRow(number, code, name)
        for number, provider in pairs
        for code, name in provider.departments
    ]
    departments = dict(
        zip(((row.institution_id, row.code) for row in rows), institutions.found_departments(rows=rows), strict=True)
    )
    institutions.found_practitioners(
        rows=[
            institutions.PractitionerRow(
                who.code, who.name, who.code[0], number, departments[number, who.department], CATALOGUE_FROM
            )
            for number, provider in pairs
            for who in provider.practitioners
        ]
    )
    found_keys(
        rows=[
            KeyRow(
                points[provider.access if city.region_of(provider) == city.region else -1],
                number,
                provider.access_key,
                Material(provider.secret),
            )
            for number, provider in pairs
        ]
    )


def _access_points(city: City) -> list[_AccessPointRow]:
    """The region's three access points; of a neighbour the one that is its own, which comes last."""
    places = [(place, city.region) for place in range(len(ACCESS_POINTS))]
    if city.neighbour is not None:
        places.append((len(ACCESS_POINTS) - 1, city.neighbour))
    return [
        _AccessPointRow(point.name, point.prefix, region.code, point.scheme, point.infcode_type, 1800, True)
        for place, region in places
        for point in (access_of(place, region),)
    ]


def _found_people(city: City) -> list[int]:
    """Households, persons and vouchers; the persons' numbers in the order of the population."""
    population = city.population
    of_household: dict[int, str] = {}
    for household, district in zip(population.household.tolist(), population.district.tolist(), strict=True):
        of_household.setdefault(household, city.region.districts[district])
    households = people.found_households(
        rows=[people.HouseholdRow(of_household[place]) for place in range(len(of_household))]
    )
    numbers = people.found_persons(
        rows=[
            people.PersonRow(
                number=person_number(place, region=city.region.code),
                name=city.names[place],
                document_type="01",
                document_number=city.identity_numbers[place],
                sex=str(population.sex[place]),
                ethnicity="01",
                birth_date=EPOCH + timedelta(days=int(population.birth[place])),
                division_id=city.district_of(place),
                household_id=households[population.household[place]],
                phone="",
            )
            for place in range(population.size)
        ]
    )
    vouchers = [
        voucher
        for place, number in enumerate(numbers)
        for voucher in (
            people.VoucherRow(number, "01", city.tokens[place], CATALOGUE_FROM),
            people.VoucherRow(number, "02", city.identity_numbers[place], CATALOGUE_FROM),
        )
    ]
    people.found_vouchers(rows=vouchers)
    return numbers
