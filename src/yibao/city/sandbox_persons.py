"""The test persons of a sandbox: one of every kind, made from a file, the same on every machine, and of nobody.

Their identity numbers start with 990198, their person numbers with the region and 98, apart from the city's people.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any, Final

from django.db import transaction

from yibao.city.identities import GIVEN_FEMALE, GIVEN_MALE, SURNAMES
from yibao.city.region import CityRegion, regions
from yibao.core.identity import check_digit
from yibao.core.yaml_text import load_yaml
from yibao.domains import storage
from yibao.domains.enrolment import founding
from yibao.domains.filings.operations import NewFiling, file
from yibao.domains.ledger.operations import Posting, posted
from yibao.domains.people import operations as people
from yibao.domains.sandbox.models import SandboxPerson
from yibao.domains.sandbox.operations import list_persons

ACTOR: Final = "sandbox"
LONG_AGO: Final = date(2019, 1, 1)
RESERVED_DIVISION: Final = "990198"
OPENING: Final = 98
"""The number of the journal by which the test persons' accounts are opened; the city's own is 1."""
TOKEN, IDENTITY_CARD, HEALTH_CARD = "01", "02", "03"


@dataclass(frozen=True, slots=True)
class MadePerson:
    """A test person before it is written: its place in the list, what the file says, number, document, name, birth."""

    place: int
    said: dict[str, Any]
    number: str
    document: str
    name: str
    birth: date
    token: str
    card: str

    @property
    def kind(self) -> str:
        """Which kind it is."""
        return str(self.said["kind"])


@cache
def kinds() -> tuple[dict[str, Any], ...]:
    """What the file says of each kind, in its order."""
    text = resources.files("yibao.city").joinpath("data", "sandbox_persons.yaml").read_text(encoding="utf-8")
    return tuple(load_yaml(text)["persons"])


def make_test_persons(*, region: CityRegion, as_of: date) -> list[MadePerson]:
    """Make the test persons of a region as they are on a day."""
    return [_person(place, said, region, as_of) for place, said in enumerate(kinds(), 1)]


def _person(place: int, said: dict[str, Any], region: CityRegion, as_of: date) -> MadePerson:
    """One test person; the numbers follow from region and place."""
    birth = as_of - timedelta(days=said["days"]) if "days" in said else date(as_of.year - said["age"], 1, place)
    first17 = f"{RESERVED_DIVISION}{birth:%Y%m%d}{place * 2 + (1 if said['sex'] == 1 else 2):03d}"
    seed = hashlib.sha256(f"{region.code} {said['kind']}".encode()).hexdigest().upper()
    given = GIVEN_MALE if said["sex"] == 1 else GIVEN_FEMALE
    return MadePerson(
        place=place,
        said=said,
        number=f"{region.code}98{place:012d}",
        document=first17 + check_digit(first17),
        name=f"{SURNAMES[place]}测{given[place]}",
        birth=birth,
        token=seed[:28],
        card=f"S{seed[28:36]}",
    )


def other_region(region: CityRegion) -> CityRegion:
    """The region where those are insured who come from elsewhere."""
    return next(other for other in regions() if other.code != region.code)


@transaction.atomic
def found_test_persons(*, region: CityRegion, as_of: date, at: datetime) -> list[MadePerson]:
    """Write the test persons with vouchers, enrolments, statuses, accounts and filings, and list them.

    Nothing is done when they are listed already; then the list is empty.
    """
    if SandboxPerson.objects.exists():
        return []
    persons = make_test_persons(region=region, as_of=as_of)
    numbers = _found_people(persons, region)
    _found_enrolments(persons, numbers, region, as_of)
    _found_statuses(persons, numbers, as_of)
    _found_accounts(persons, numbers, region, at)
    _found_filings(persons, numbers, region, as_of, at)
    list_persons(
        [
            SandboxPerson(
                kind=one.kind,
                place=one.place,
                person_id=number,
                title_zh=one.said["zh"],
                title_en=one.said["en"],
                expects_zh=one.said["expects_zh"],
                expects_en=one.said["expects_en"],
            )
            for one, number in zip(persons, numbers, strict=True)
        ]
    )
    return persons


def _found_people(persons: list[MadePerson], region: CityRegion) -> list[int]:
    """The persons and their vouchers."""
    numbers = people.found_persons(
        rows=[
            people.PersonRow(
                one.number, one.name, "01", one.document, str(one.said["sex"]), "01", one.birth, region.districts[0],
                None, "",
            )
            for one in persons
        ]
    )  # fmt: skip
    people.found_vouchers(
        rows=[
            people.VoucherRow(number, kind, shown, max(LONG_AGO, one.birth))
            for one, number in zip(persons, numbers, strict=True)
            for kind, shown in ((TOKEN, one.token), (IDENTITY_CARD, one.document), (HEALTH_CARD, one.card))
        ]
    )
    return numbers


def _found_enrolments(persons: list[MadePerson], numbers: list[int], region: CityRegion, as_of: date) -> None:
    """The enrolments, of which those that end are followed by the next."""
    founding.found_enrolments(
        rows=[
            _enrolment(one, number, said, region, as_of)
            for one, number in zip(persons, numbers, strict=True)
            for said in one.said.get("insured", ())
        ]
    )


def _enrolment(
    one: MadePerson, number: int, said: dict[str, Any], region: CityRegion, as_of: date
) -> founding.EnrolmentRow:
    """One enrolment; days count from the day of founding."""

    def day(name: str) -> date | None:
        return as_of + timedelta(days=said[name]) if name in said else None

    place = other_region(region) if one.said.get("elsewhere") else region
    return founding.EnrolmentRow(
        person_id=number,
        scheme=said["scheme"],
        region_id=place.code,
        division_id=place.districts[0],
        employer_id=None,
        person_type=said["type"],
        status_group=place.status_of(said["group"], age=int(one.said.get("age", 0)), draw=0.0),
        is_civil_servant=bool(said.get("civil_servant")),
        state=said.get("state", "1"),
        valid_from=day("from_days") or max(LONG_AGO, one.birth),
        valid_until=day("until_days"),
        covered_from=day("covered_days"),
    )


def _found_statuses(persons: list[MadePerson], numbers: list[int], as_of: date) -> None:
    """The special statuses, from the beginning of last year."""
    founding.found_statuses(
        rows=[
            founding.StatusRow(number, one.said["status"], f"沙箱认定{one.place:03d}号", date(as_of.year - 1, 1, 1))
            for one, number in zip(persons, numbers, strict=True)
            if "status" in one.said
        ]
    )


def _found_accounts(persons: list[MadePerson], numbers: list[int], region: CityRegion, at: datetime) -> None:
    """The personal accounts, and what they hold in the ledgers of their regions."""
    held: dict[str, int] = {}
    balances = []
    for one, number in zip(persons, numbers, strict=True):
        if "account_yuan" in one.said:
            fen = int(one.said["account_yuan"]) * 100
            place = other_region(region) if one.said.get("elsewhere") else region
            held[place.code] = held.get(place.code, 0) + fen
            balances.append((number, fen))
    founding.found_accounts(balances=balances, at=at)
    with storage.transaction() as raw:
        for code, fen in held.items():
            postings = [
                Posting("employee", "1004", "310200", fen, 0),
                Posting("employee", "3001", "310200", 0, fen),
            ]
            writes = posted(region=code, cause="opening", cause_id=OPENING, entered_at=at, postings=postings)
            storage.write_together(raw, writes)


def _found_filings(
    persons: list[MadePerson], numbers: list[int], region: CityRegion, as_of: date, at: datetime
) -> None:
    """The recognised diseases, and care in this region filed in the other one."""
    begins = date(as_of.year, 1, 1)
    with storage.transaction() as raw:
        for one, number in zip(persons, numbers, strict=True):
            scheme = one.said["insured"][-1]["scheme"] if one.said.get("insured") else ""
            for code, name in one.said.get("recognised", ()):
                file(
                    raw,
                    NewFiling(
                        kind="recognition", person_id=number, region=region.code, scheme=scheme, subject=code,
                        disease_code=code, disease_name=name, valid_from=begins, valid_until=None, filed_by=ACTOR,
                        filed_at=at,
                    ),
                )  # fmt: skip
            if "filed_here" in one.said:
                file(
                    raw,
                    NewFiling(
                        kind="elsewhere", person_id=number, region=other_region(region).code, scheme=scheme,
                        subject=region.code, valid_from=begins, valid_until=None, filed_by=ACTOR, filed_at=at,
                        destination=region.code, reason=one.said["filed_here"],
                    ),
                )  # fmt: skip
