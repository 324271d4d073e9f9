"""Who takes part in the way from a hospital's application to the medicine at the door, each with what they sign in with."""

from dataclasses import dataclass
from datetime import UTC, datetime

from yibao.core import sm2
from yibao.domains.agreements.models import SigningKey
from yibao.domains.institutions.models import Institution, Practitioner
from yibao.domains.people.models import Person
from yibao.domains.prescriptions.signatures import keep_key

from . import internet_hospital as online
from . import prescribing
from .agreement_houses import House
from .families import share
from .hospital import Hospital
from .office_records import new_member
from .personal_access import known_person
from .prescribing import HOSPITAL, OTHER_PHARMACY, PHARMACY
from .small_town import REGION, new_person
from .test_office_prescriptions import seat
from .two_regions import AWAY, found_second_region, person_of

DRUG, OTHER_DRUG = "XH05", "XA01"
HYPERTENSION = "I10.x00x002"
CLERK, OFFICER, SECOND_OFFICER = f"clerk-{HOSPITAL}", f"officer-{HOSPITAL}-0", f"officer-{HOSPITAL}-1"
PHYSICIAN, PHARMACIST, SHOP, SHOP_CLERK, OTHER_SHOP = "physician", "pharmacist", "shop", "shop-clerk", "other-shop"


@dataclass
class Cast:
    """The patient and her daughter, whose account pays too; two persons whom the hospital tries its system with."""

    patient: Person
    daughter: Person
    tried: Person
    guest: Person
    hospital: Hospital
    pharmacy: Hospital
    hospital_id: int


def found_cast(monkeypatch):
    """A hospital with everything but the supplementary agreement, two pharmacies, a chronic patient seen in person."""
    real = online.signed
    monkeypatch.setattr(online, "signed", lambda kind, *rest, **more: kind == "internet" or real(kind, *rest, **more))
    online.open_internet_hospital(HOSPITAL)
    SigningKey.objects.update(retired_at=datetime.now(UTC))  # made up, without private halves
    online.item(DRUG, "苯磺酸氨氯地平片", kind="drug", item_class="02", ratio=100_000, category="09")
    found_second_region()
    _staff()
    hospital, tried = Hospital(code=HOSPITAL), new_person()
    online.with_voucher(tried)
    online.seen_in_person(hospital, tried, at=prescribing.now_text(days=-20))
    patient = known_person("刘奶奶", born=datetime(1950, 3, 4, tzinfo=UTC).date(), status="retired", balance_fen=3_000)
    daughter = new_person(balance_fen=100_000)
    share(daughter, patient, relation="parent")
    _seen(hospital, patient)
    house = Institution.objects.get(code=HOSPITAL)
    return Cast(patient, daughter, tried, person_of(AWAY), hospital, Hospital(code=PHARMACY), house.pk)


def _staff():
    """The hospital's clerk and the agency's officers; practitioners who sign by keys kept here; clerks of two pharmacies."""
    House(REGION, code=HOSPITAL)
    prescribing.staff_the_houses()
    physician = Practitioner.objects.get(code=online.PHYSICIAN)
    public = sm2.public_key_of(prescribing.PRIVATE[prescribing.PHYSICIAN])
    keep_key(practitioner_id=physician.pk, public_key=public, at=datetime(2026, 1, 1, tzinfo=UTC))
    seat(PHYSICIAN, "D110101000001", HOSPITAL)
    seat(PHARMACIST, "Y110101000001", HOSPITAL)
    seat(SHOP, "Y110101000002", PHARMACY)
    seat(OTHER_SHOP, "Y110101000003", OTHER_PHARMACY)
    new_member(SHOP_CLERK, "institution", institution=PHARMACY)


def _seen(hospital, patient):
    """Seen for hypertension three weeks ago, and settled today what leads above the deductible of the year."""
    online.seen_in_person(hospital, patient, at=prescribing.now_text(days=-20))
    paid_in_person(hospital, patient, "2000.00")


def paid_in_person(hospital, patient, total, *, account="0"):
    """A visit in person, charged and settled now."""
    now = prescribing.now_text()
    visit = hospital.register(patient, at=now)
    hospital.expect("2204", {"feedetail": [hospital.line(patient, visit, price=total, at=now)]})
    hospital.settle(patient, visit, total, account=account)
