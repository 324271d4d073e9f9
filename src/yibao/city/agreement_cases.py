"""Applications for agreements in the demo: a second hospital comes to its designation step by step, and others wait for the officers.

Everything goes through the ordinary workflows, by the law of the region, so that the office has queues, deadlines, a notice and
signatures to look at. Names and files are made up.
"""

from datetime import datetime
from typing import Final

from django.contrib.auth.models import User

from yibao.city.agreement_procedure import Sides, designated, reviewed, sides_of, submitted
from yibao.domains.agreements.models import AgreementCase, AgreementKind
from yibao.domains.institutions.models import Institution, Practitioner
from yibao.domains.reference.models import Division
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import appoint

APPLICANT: Final = "applicant"
"""The demo's clerk of the second hospital; the account opens no door, since it has no password."""


def found_agreement_cases(*, region: str, at: datetime) -> int:
    """Let the second-largest hospital of a region apply for its agreements; gives the number of its cases.

    Nothing happens where it has applied before, or where fewer than two officers or two hospitals are there.
    """
    hospitals = Institution.objects.filter(division__pooling_region=region, kind=Institution.Kind.HOSPITAL)
    house = hospitals.order_by("-beds", "code")[1:2].first()
    officers = StaffMember.objects.filter(role="agency", region_id=region).count()
    if officers < 2 or house is None or AgreementCase.objects.filter(institution=house).exists():
        return 0
    sides = sides_of(region, _clerk_of(house, region), at=at)
    assert sides is not None
    designated(sides)
    # The materials of the supplement are complete: now the system is to be rebuilt and tested.
    reviewed(sides, submitted(sides, AgreementKind.INTERNET))
    _apply_for_physicians(sides, house)
    return AgreementCase.objects.filter(institution=house).count()


def _clerk_of(house: Institution, region: str) -> StaffMember:
    """The clerk of the second hospital."""
    user, is_new = User.objects.get_or_create(username=APPLICANT)
    if is_new:
        user.set_unusable_password()
        user.save()
    return appoint(user=user, role="institution", region=Division.objects.get(code=region), institution=house)


def _apply_for_physicians(sides: Sides, house: Institution) -> None:
    """Annexes of two physicians: one waits for the review, one was told what is wanting."""
    physicians = Practitioner.objects.filter(institution=house, kind=Practitioner.Kind.PHYSICIAN).order_by("code")[:2]
    for place, physician in enumerate(physicians):
        case = submitted(sides, AgreementKind.PHYSICIAN, physician=physician.code, without=place)
        if place:
            reviewed(sides, case)
