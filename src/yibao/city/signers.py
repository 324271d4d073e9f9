"""Who signs prescriptions in the city: SM2 keys of physicians and pharmacists, and their accounts for the pages.

Who speaks through a hospital's or pharmacy's own system keeps the private half there; whoever has an account on the pages lets
the platform keep it, sealed (云签名). Pharmacists of hospitals are founded here, beside the city's other staff.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from yibao.city.clinic import known_by_name
from yibao.city.identities import GIVEN_FEMALE, GIVEN_SECOND, SURNAMES
from yibao.city.make import City
from yibao.city.providers import Practitioner, Provider
from yibao.city.streams import stream
from yibao.core import sm2
from yibao.domains.institutions import models as institutions
from yibao.domains.institutions.operations import PractitionerRow, found_practitioners
from yibao.domains.prescriptions.models import Seat, SigningKey
from yibao.domains.reference.models import Division
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import found_account
from yibao.workflows.keep_signing_key import keep_signing_key

DEPARTMENT: Final = "A03"
"""The department of the physician who prescribes."""
PHARMACISTS: Final = 2
PHARMACISTS_FROM: Final = 980_001
"""Serials of pharmacists of hospitals, far from those that the city counts."""
_KEY_BYTES: Final = 31
"""One byte less than a key has: always below the order of the curve."""


def prescriber(city: City) -> Provider:
    """The hospital whose physicians prescribe: the city's largest, that of the demo's institution staff."""
    houses = [each for each in city.providers if each.kind == "hospital" and city.region_of(each) == city.region]
    return max(houses, key=lambda each: each.beds)


def dispensers(city: City) -> list[Provider]:
    """The pharmacies that dispense prescriptions: the first two."""
    return [each for each in city.providers if each.kind == "pharmacy"][:2]


@dataclass(frozen=True, slots=True)
class Signer:
    """A practitioner with the private half of the key that the institution's own system signs with."""

    code: str
    name: str
    private_key: str

    def sign(self, text: str) -> str:
        """The signature over a text, 128 hex digits."""
        return sm2.sign(self.private_key, text.encode()).hex()


def signer(city: City, who: Practitioner, *, at: datetime) -> Signer:
    """A practitioner of the city who signs by a key of the system; its public half is kept from the first time on.

    The key follows from the seed of the city: it guards nothing.
    """
    private = f"{int.from_bytes(stream(city.seed, f'signing key {who.code}').bytes(_KEY_BYTES)):064x}"
    public = sm2.public_key_of(private)
    if not SigningKey.objects.filter(practitioner__code=who.code, public_key=public).exists():
        keep_signing_key(
            practitioner_code=who.code,
            public_key=public,
            certificate_number=public[:40],
            certificate_name=who.name,
            at=at,
        )
    return Signer(who.code, who.name, private)


def pharmacists(city: City, hospital: Provider) -> list[Practitioner]:
    """The pharmacists of a hospital, which the city's own list of staff does not have; founded when they are first asked for."""
    house = institutions.Institution.objects.get(code=hospital.code)
    place = city.providers.index(hospital)
    chance = stream(city.seed, f"pharmacists of {hospital.code}")
    made = [
        Practitioner(
            f"Y{hospital.district}{PHARMACISTS_FROM + place * PHARMACISTS + number:06d}",
            "".join(str(words[chance.integers(len(words))]) for words in (SURNAMES, GIVEN_SECOND, GIVEN_FEMALE)),
            "",
        )
        for number in range(PHARMACISTS)
    ]
    known = set(
        institutions.Practitioner.objects.filter(code__in=[who.code for who in made]).values_list("code", flat=True)
    )
    found_practitioners(
        rows=[
            PractitionerRow(who.code, who.name, who.code[0], house.pk, None, house.designated_from or city.as_of)
            for who in made
            if who.code not in known
        ]
    )
    return made


def found_seats(city: City, *, at: datetime) -> list[tuple[str, str, str]]:
    """Accounts of a physician and a pharmacist of the hospital that prescribes, and of a pharmacist who dispenses, with keys kept here.

    Gives (user name, password, role) of each; those there are get new passwords.
    """
    hospital, pharmacy = prescriber(city), dispensers(city)[0]
    seats = (
        ("physician", hospital, known_by_name(hospital, DEPARTMENT)),
        ("pharmacist", hospital, pharmacists(city, hospital)[1]),
        ("shop-pharmacist", pharmacy, pharmacy.practitioners[1]),
    )
    return [_seat(name, house, who, at) for name, house, who in seats]


def _seat(name: str, provider: Provider, who: Practitioner, at: datetime) -> tuple[str, str, str]:
    """One account, seated."""
    house = institutions.Institution.objects.select_related("division").get(code=provider.code)
    region = Division.objects.get(code=house.division.pooling_region)
    account = found_account(name, StaffMember.Role.INSTITUTION, region=region, institution=house, at=at)
    member = StaffMember.objects.get(user__username=name)
    practitioner = institutions.Practitioner.objects.get(code=who.code)
    Seat.objects.update_or_create(member=member, defaults={"practitioner": practitioner})
    if not SigningKey.objects.filter(practitioner=practitioner).exclude(sealed=b"").exists():
        keep_signing_key(
            practitioner_code=who.code, public_key=None, certificate_number="", certificate_name=who.name, at=at
        )
    return account
