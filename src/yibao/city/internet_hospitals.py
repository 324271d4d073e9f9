"""The city's largest hospital comes to care over the internet by the real procedure, and a few patients use it.

Approval and licences are founded beside the city's other registers. Designation, annexes of the physicians and the supplementary
agreement are applied for, reviewed, decided and signed by both; the supplement stands on the acceptance report of the gateway,
for which the hospital's system tries everything with real messages. Then patients come: in person first, then online, with
medicine delivered at their own cost; and one who was never seen in person is refused.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from yibao.city.agreement_procedure import Sides, annexed, designated, reviewed, sides_of, submitted
from yibao.city.clinic import IN_PERSON, ONLINE, Charge, Clinic, patients
from yibao.city.goods import Good
from yibao.city.make import City
from yibao.city.signers import DEPARTMENT, pharmacists
from yibao.city.speaker import RefusedError, Speaker
from yibao.city.tally import Tally
from yibao.city.wire import Wire
from yibao.domains.agreements.models import AgreementKind
from yibao.domains.agreements.queries import designation_on
from yibao.domains.catalogue.models import Coverage, Item, ItemMark
from yibao.domains.institutions.models import Practitioner
from yibao.domains.internet_care.mechanisms import NewMechanism, check_mechanism, report_mechanism
from yibao.domains.internet_care.models import InternetMechanism, InternetPractice
from yibao.domains.internet_care.operations import record_qualification
from yibao.domains.staff.models import StaffMember

FOLLOW_UP: Final = Charge("110200006000000", 1, 2000)
DELIVERY: Final = Charge("990000001000000", 1, 800)
DEPARTMENTS: Final = (DEPARTMENT, "A03.04", "A03.05")
PATIENTS: Final = 6
ASKED_AT_MOST: Final = 200
_SINCE: Final = timedelta(days=730)
_EARLIER: Final = timedelta(days=40)
_BEGAN: Final = timedelta(hours=1)
_PRACTISED: Final = timedelta(days=365 * 12)


@dataclass(frozen=True, slots=True)
class Seen:
    """How many patients were seen online, and how many were refused."""

    settled: int
    refused: int


@dataclass(frozen=True, slots=True)
class Applied:
    """A hospital whose application for the supplementary agreement has come to its test: its code, the number of the case."""

    hospital: str
    case_id: int


@transaction.atomic
def found_internet_hospital(city: City, *, at: datetime) -> Applied | None:
    """Let the city's largest hospital with staff in the office apply; nothing without staff, two officers, or twice.

    Its designation and its physicians' annexes are in force then, and the materials of the supplement are complete.
    """
    clerk = StaffMember.objects.filter(
        role=StaffMember.Role.INSTITUTION, region_id=city.region.code, user__username="institution"
    )
    found = clerk.select_related("institution", "region", "user").first()
    sides = None if found is None else sides_of(city.region.code, found, at=at)
    if sides is None or InternetPractice.objects.filter(institution=sides.house).exists():
        return None
    hospital, since = sides.house, at.date() - _SINCE
    InternetPractice.objects.create(
        institution=hospital, kind=InternetPractice.Kind.HOSPITAL, is_public=True, departments=list(DEPARTMENTS),
        document=f"演卫网医〔{since.year}〕1号", valid_from=since,
    )  # fmt: skip
    _found_delivery_fee(city.region.code, since)
    _report_mechanisms(city, sides)
    if designation_on(hospital.pk, at.date()) is None:
        designated(sides)
    for physician in Practitioner.objects.filter(institution=hospital, department__code__in=DEPARTMENTS):
        record_qualification(
            practitioner=physician, licence_number=f"1101{physician.code[1:]}", licensed_from=since - _PRACTISED,
            licensed_until=None, independent_since=since - _PRACTISED / 2, document="医师执业证书", at=at,
        )  # fmt: skip
        annexed(sides, physician.code)
    case = submitted(sides, AgreementKind.INTERNET)
    reviewed(sides, case)
    return Applied(hospital.code, case.pk)


def _report_mechanisms(city: City, sides: Sides) -> None:
    """The hospital reports its review of prescriptions and its supervision of conduct, and an officer finds them in place."""
    hospital = next(each for each in city.providers if each.code == sides.house.code)
    pharmacist = Practitioner.objects.get(code=pharmacists(city, hospital)[0].code)
    for kind, name in InternetMechanism.Kind.choices:
        reported = report_mechanism(
            NewMechanism(
                kind=kind, document=f"演院发〔{sides.at.year}〕{kind}", content=f"演示：{name}", responsible=pharmacist.code,
                valid_from=pharmacist.valid_from,
            ),
            member=sides.clerk, at=sides.at,
        )  # fmt: skip
        check_mechanism(reported.pk, is_in_place=True, note="演示核查", member=sides.reviewer, at=sides.at)


def _found_delivery_fee(region: str, since: date) -> None:
    """The fee for delivering medicine as an item of the catalogue, which no fund pays."""
    item, made = Item.objects.get_or_create(
        code=DELIVERY.code,
        defaults={
            "kind": Item.Kind.SERVICE, "name": "药品配送费", "unit": "次", "charge_category": "14", "valid_from": since,
            "version": "demo",
        },
    )  # fmt: skip
    if made:
        for scheme in ("310", "390"):
            Coverage.objects.create(
                item=item, region_id=region, scheme=scheme, item_class="03", self_pay_first_ppm=1_000_000,
                valid_from=since,
            )  # fmt: skip
        ItemMark.objects.create(item=item, region_id=region, mark="delivery_fee", document="演示目录", valid_from=since)


def see_online(city: City, hospital_code: str, *, url: str, at: datetime) -> Seen:
    """Let a few people come in person and then online, and one online only; what became of them.

    :raises yibao.city.wire.GatewayAwayError: nothing answers.
    :raises yibao.city.speaker.RefusedError: the gateway refused a message that it must accept.
    """
    hospital = next(provider for provider in city.providers if provider.code == hospital_code)
    drug = drug_against_high_blood_pressure(city)
    wire, settled, refused = Wire(url), 0, 0
    try:
        speaker = Speaker(hospital, wire, Tally(), lambda _speaker: "", region=city.region)
        clinic = Clinic(speaker, hospital, department=DEPARTMENT)
        asked = patients(speaker, reversed(city.tokens[-ASKED_AT_MOST:]), at=at)
        for place, patient in zip(range(PATIENTS), asked, strict=False):
            number = f"NET{at:%m%d%H%M%S}{place:02d}"
            if not place:
                try:
                    clinic.come(patient, number=number, at=at - _BEGAN, medical_type=ONLINE)
                except RefusedError:
                    refused += 1
                continue
            clinic.come(patient, number=f"{number}A", at=at - _EARLIER, medical_type=IN_PERSON)
            visit = clinic.come(patient, number=f"{number}B", at=at - _BEGAN, medical_type=ONLINE)
            charges = (FOLLOW_UP, Charge(drug.code, 1, drug.price_fen), DELIVERY)
            clinic.charge(patient, visit, charges, number=number, at=at - _BEGAN)
            clinic.bill(patient, visit, charges, number=number, medical_type=ONLINE)
            settled += 1
    finally:
        wire.close()
    return Seen(settled, refused)


def drug_against_high_blood_pressure(city: City) -> Good:
    """A drug of class 甲 of the city's catalogue."""
    return next(good for good in city.goods if good.kind == "drug" and good.item_class == "01" and "htn" in good.uses)
