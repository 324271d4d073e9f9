"""The test run of article 6 in the demo: a hospital's system tries everything with real messages, the agency judges and signs.

What was performed is written down by the sandbox beside the messages; the judgement waits for it a little.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from yibao.city import prescription_messages as written
from yibao.city.afar import Afar, diagnosis
from yibao.city.agreement_procedure import Sides, sides_of, signed_by_both
from yibao.city.clinic import IN_PERSON, ONLINE, Charge, Clinic, Patient, identified, patients
from yibao.city.goods import Good
from yibao.city.internet_hospitals import FOLLOW_UP, Applied, drug_against_high_blood_pressure
from yibao.city.make import City
from yibao.city.prescription_messages import Paper
from yibao.city.signers import DEPARTMENT, pharmacists, signer
from yibao.city.speaker import BEIJING, OPERATOR, Speaker
from yibao.city.tally import Tally
from yibao.city.wire import Wire
from yibao.core.errors import YibaoError
from yibao.domains.acceptance.models import AcceptanceReport
from yibao.domains.acceptance.programme import Programme
from yibao.domains.agreements.models import AgreementCase
from yibao.domains.sandbox.queries import listed_persons
from yibao.domains.staff.models import StaffMember
from yibao.workflows import apply_for_agreement as applying
from yibao.workflows import decide_on_agreement as deciding
from yibao.workflows.judge_acceptance import issue_acceptance, judge_acceptance

GUEST: Final = "elsewhere_long_stay"
"""The sandbox's test person who is insured in another region and has filed care here."""
PATIENCE_SECONDS: Final = 20.0
ASKED_AT_MOST: Final = 200
PACKS: Final = 2
_EARLIER: Final = timedelta(days=40)
_BEGAN: Final = timedelta(hours=1)
_VALID: Final = timedelta(days=2)


class NobodyToTryError(YibaoError):
    """The sandbox has no test person of the kind that the test run needs."""

    code: ClassVar[str] = "city.nobody_to_try"


def pass_the_test(
    city: City, applied: Applied, programme: Programme, *, spoken: str, url: str, at: datetime
) -> AcceptanceReport:
    """Ask for the test, try everything through the gateway, have it judged and concluded, and where it is passed sign.

    `spoken` is the digest of the interface that is tried.

    :raises yibao.city.wire.GatewayAwayError: nothing answers.
    :raises yibao.city.speaker.RefusedError: the gateway refused a message that it must accept.
    :raises NobodyToTryError: the sandbox's test persons are missing.
    """
    case = AgreementCase.objects.select_related("institution").get(pk=applied.case_id)
    clerk = StaffMember.objects.filter(role="institution", institution=case.institution).first()
    sides = None if clerk is None else sides_of(case.region_id, clerk, at=at)
    assert sides is not None  # they applied
    applying.ask_for_test(case.pk, sides.apply())
    wire = Wire(url)
    try:
        _Trying(city, applied.hospital, wire, at=at).everything()
    finally:
        wire.close()
    report = _judged(programme, sides, spoken)
    later = replace(sides, at=datetime.now(BEIJING))
    deciding.conclude_test(case.pk, later.review())
    if report.is_passed:
        signed_by_both(later, case)
    return report


def _judged(programme: Programme, sides: Sides, spoken: str) -> AcceptanceReport:
    """The report that the officer issues, once everything that was performed is written down."""
    house, until = sides.house.pk, time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if judge_acceptance(programme, institution_id=house, access_point_id=None).is_passed:
            break
        time.sleep(0.1)
    return issue_acceptance(
        programme, institution_id=house, access_point_id=None, spoken=spoken, issued_by=sides.reviewer,
        at=datetime.now(BEIJING),
    )  # fmt: skip


class _Trying:
    """The hospital's system tries what articles 5, 6, 12 and 13 ask of it."""

    def __init__(self, city: City, code: str, wire: Wire, *, at: datetime) -> None:
        self._city = city
        self._at = at
        # What the hospital agreed on is in force from today on: just after midnight its visits begin at midnight.
        self._began = max(at - _BEGAN, at.replace(hour=0, minute=0, second=0, microsecond=0))
        hospital = next(provider for provider in city.providers if provider.code == code)
        self._speaker = Speaker(hospital, wire, Tally(), lambda _speaker: "", region=city.region)
        self._clinic = Clinic(self._speaker, hospital, department=DEPARTMENT)
        self._physician = signer(city, self._clinic.physician, at=at)
        self._pharmacist = signer(city, pharmacists(city, hospital)[0], at=at)
        self._drug: Good = drug_against_high_blood_pressure(city)
        self._number = (f"TRY{at:%m%d%H%M%S}{place:02d}" for place in range(100))

    def everything(self) -> None:
        """Sign-in, ordinary, cross-region and internet business, prescriptions, mobile payment."""
        self._speaker.ask("9001", {"signIn": {"opter_no": OPERATOR, "mac": "00-00-00-00-00-00", "ip": "10.0.0.1"}})
        patient = next(patients(self._speaker, self._city.tokens[-ASKED_AT_MOST:], at=self._at), None)
        if patient is None:
            raise NobodyToTryError(kind="insured")
        visit = self._settled(patient, IN_PERSON)[0]
        self._settled(self._guest(), IN_PERSON)
        self._clinic.come(patient, number=next(self._number), at=self._at - _EARLIER)
        online, settled = self._settled(patient, ONLINE)
        self._clinic.cancel(patient, online, settled)
        self._prescribed(patient, visit)
        self._paid_from_afar(patient)

    def _guest(self) -> Patient:
        """The test person who is insured elsewhere."""
        listed = listed_persons().filter(kind=GUEST).first()
        number = listed.person.document_number if listed is not None else ""
        found = identified(self._speaker, kind="02", number=number, at=self._at) if number else None
        if found is None:
            raise NobodyToTryError(kind=GUEST)
        return found

    def _settled(self, patient: Patient, medical_type: str) -> tuple[str, Mapping[str, Any]]:
        """2201 to 2207: the visit, and its setlinfo."""
        number, began = next(self._number), self._began
        visit = self._clinic.come(patient, number=number, at=began, medical_type=medical_type)
        charges = [FOLLOW_UP]
        self._clinic.charge(patient, visit, charges, number=number, at=began)
        for is_trial in (True, False):
            settled = self._clinic.bill(
                patient, visit, charges, number=number, medical_type=medical_type, is_trial=is_trial
            )
        return visit, settled

    def _prescribed(self, patient: Patient, visit: str) -> None:
        """7101, 7102 and 7103: one prescription dispensed at the hospital; 7104: another withdrawn."""
        ask, hospital = self._speaker.ask, self._clinic.hospital
        for is_dispensed in (True, False):
            paper = Paper(
                next(self._number), self._clinic, patient, visit, IN_PERSON, self._drug, PACKS, self._began,
                self._at + _VALID, written.FOR_OURS,
            )  # fmt: skip
            sent = paper.check(physician=self._physician, pharmacist=self._pharmacist, reviews=False)
            number = ask("7101", sent, division=patient.division)["hi_rxno"]
            if not is_dispensed:
                ask("7104", written.withdrawn(number, self._physician.name, at=self._at), division=patient.division)
                continue
            review = written.reviewed_and_sealed(
                hospital, number, self._pharmacist, code=written.APPROVED, opinion="合理", at=self._at
            )
            ask("7102", review, division=patient.division)
            given = written.paid_here(hospital, self._drug, PACKS, number, at=self._at)
            ask("7103", given, division=patient.division)

    def _paid_from_afar(self, patient: Patient) -> None:
        """6101, 6201, 6202, 6301, 6203: an order paid, looked at, given back; 6401: another taken back."""
        afar = Afar(self._speaker, department=self._clinic.department, staff=self._clinic.physician)
        told = diagnosis(self._clinic.physician, self._clinic.department[1], at=self._began)
        charges = [Charge(self._drug.code, PACKS, self._drug.price_fen)]
        paid_one, other = (
            afar.place(patient, charges, number=next(self._number), at=self._at, medical_type=IN_PERSON, diagnosis=told)
            for _ in range(2)
        )
        paid = afar.pay(patient, paid_one)
        afar.look(patient, paid_one)
        afar.give_back(patient, paid_one, paid, at=self._at)
        afar.revoke(patient, other)
