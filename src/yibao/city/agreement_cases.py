"""Applications for agreements in the demo: a second hospital comes to its designation step by step, and others wait for the officers.

Everything goes through the ordinary workflows, by the law of the region, so that the office has queues, deadlines, a notice and
signatures to look at. Names and files are made up.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.contrib.auth.models import User

from yibao.domains.agreements.models import AgreementCase, AgreementKind
from yibao.domains.agreements.operations import CaseAct
from yibao.domains.institutions.models import Institution, Practitioner
from yibao.domains.reference.models import Division
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import appoint
from yibao.workflows import apply_for_agreement as applying
from yibao.workflows import decide_on_agreement as deciding
from yibao.workflows import sign_agreement as signing

APPLICANT: Final = "applicant"
"""The demo's clerk of the second hospital; the account opens no door, since it has no password."""


@dataclass(frozen=True, slots=True)
class _Sides:
    """Who acts in the demo, and when: the hospital's clerk, and two officers of the agency."""

    clerk: StaffMember
    reviewer: StaffMember
    signer: StaffMember
    at: datetime

    def apply(self) -> CaseAct:
        """The hospital acts."""
        return CaseAct(member=self.clerk, at=self.at)

    def review(self) -> CaseAct:
        """The first officer acts."""
        return CaseAct(member=self.reviewer, at=self.at)

    def sign(self) -> CaseAct:
        """The second officer acts."""
        return CaseAct(member=self.signer, at=self.at)


def found_agreement_cases(*, region: str, at: datetime) -> int:
    """Let the second-largest hospital of a region apply for its agreements; gives the number of its cases.

    Nothing happens where it has applied before, or where fewer than two officers or two hospitals are there.
    """
    officers = list(StaffMember.objects.filter(role="agency", region_id=region).select_related("user", "region")[:2])
    hospitals = Institution.objects.filter(division__pooling_region=region, kind=Institution.Kind.HOSPITAL)
    house = hospitals.order_by("-beds", "code")[1:2].first()
    if len(officers) < 2 or house is None or AgreementCase.objects.filter(institution=house).exists():
        return 0
    sides = _Sides(_clerk_of(house, region), officers[0], officers[1], at)
    _designate(sides)
    _ask_for_internet(sides)
    _apply_for_physicians(sides, house)
    return AgreementCase.objects.filter(institution=house).count()


def _clerk_of(house: Institution, region: str) -> StaffMember:
    """The clerk of the second hospital."""
    user, is_new = User.objects.get_or_create(username=APPLICANT)
    if is_new:
        user.set_unusable_password()
        user.save()
    return appoint(user=user, role="institution", region=Division.objects.get(code=region), institution=house)


def _submitted(sides: _Sides, kind: AgreementKind, *, physician: str = "", without: int = 0) -> AgreementCase:
    """An application with its materials but the last so many."""
    case = applying.open_application(applying.AgreementWish(kind=kind, physician_code=physician), sides.apply())
    missing = applying.missing_materials(case)
    for key in missing[: len(missing) - without]:
        content = f"演示材料 {key} {case.pk}".encode()
        applying.bring_material(case.pk, key=key, name=f"{key}.txt", content=content, act=sides.apply())
    return applying.submit(case.pk, sides.apply())


def _all_met(case: AgreementCase) -> dict[str, deciding.Verdict]:
    """Verdicts by which every condition is met."""
    conditions = applying.law_of_case(case).procedure.conditions
    return {each.key: deciding.Verdict(is_met=True) for each in conditions}


def _designate(sides: _Sides) -> None:
    """The whole way to a designation in force from today on."""
    case = _submitted(sides, AgreementKind.DESIGNATION)
    deciding.review(case.pk, _all_met(case), sides.review())
    deciding.assess(case.pk, is_passed=True, act=sides.review())
    deciding.negotiate(case.pk, sides.review())
    signing.key_for_institution(public_key="", act=sides.apply())
    signing.offer_text(case.pk, signing.OfferedText(number="", valid_from=sides.at.date()), sides.sign())
    signing.sign_for_institution(case.pk, signature="", act=sides.apply())
    signing.sign_for_agency(case.pk, sides.sign())


def _ask_for_internet(sides: _Sides) -> None:
    """A supplement on internet services whose materials are complete: now its system is to be rebuilt and tested."""
    case = _submitted(sides, AgreementKind.INTERNET)
    deciding.review(case.pk, _all_met(case), sides.review())


def _apply_for_physicians(sides: _Sides, house: Institution) -> None:
    """Annexes of two physicians: one waits for the review, one was told what is wanting."""
    physicians = Practitioner.objects.filter(institution=house, kind=Practitioner.Kind.PHYSICIAN).order_by("code")[:2]
    for place, physician in enumerate(physicians):
        case = _submitted(sides, AgreementKind.PHYSICIAN, physician=physician.code, without=place)
        if place:
            deciding.review(case.pk, _all_met(case), sides.review())
