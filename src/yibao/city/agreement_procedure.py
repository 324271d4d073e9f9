"""The way to an agreement as the demo's houses and officers go it: application, materials, review, decision, signatures of both.

Everything goes through the ordinary workflows, by the law of the region. Names and files are made up.
"""

from dataclasses import dataclass
from datetime import datetime

from yibao.domains.agreements.models import AgreementCase, AgreementKind, Party
from yibao.domains.agreements.operations import CaseAct
from yibao.domains.agreements.signing import signing_key
from yibao.domains.institutions.models import Institution
from yibao.domains.staff.models import StaffMember
from yibao.workflows import apply_for_agreement as applying
from yibao.workflows import decide_on_agreement as deciding
from yibao.workflows import sign_agreement as signing


@dataclass(frozen=True, slots=True)
class Sides:
    """Who acts in the demo, and when: an institution's clerk, and two officers of the agency."""

    clerk: StaffMember
    reviewer: StaffMember
    signer: StaffMember
    at: datetime

    def apply(self) -> CaseAct:
        """The institution acts."""
        return CaseAct(member=self.clerk, at=self.at)

    def review(self) -> CaseAct:
        """The first officer acts."""
        return CaseAct(member=self.reviewer, at=self.at)

    def sign(self) -> CaseAct:
        """The second officer acts."""
        return CaseAct(member=self.signer, at=self.at)

    @property
    def house(self) -> Institution:
        """The institution."""
        assert self.clerk.institution is not None
        return self.clerk.institution


def sides_of(region: str, clerk: StaffMember, *, at: datetime) -> Sides | None:
    """The clerk and the first two officers of the region; nothing where there are fewer."""
    officers = list(StaffMember.objects.filter(role="agency", region_id=region).select_related("user", "region")[:2])
    if len(officers) < 2:
        return None
    reviewer, signer = officers
    return Sides(clerk, reviewer, signer, at)


def submitted(sides: Sides, kind: AgreementKind, *, physician: str = "", without: int = 0) -> AgreementCase:
    """An application with its materials but the last so many."""
    case = applying.open_application(applying.AgreementWish(kind=kind, physician_code=physician), sides.apply())
    missing = applying.missing_materials(case)
    for key in missing[: len(missing) - without]:
        content = f"演示材料 {key} {case.pk}".encode()
        applying.bring_material(case.pk, key=key, name=f"{key}.txt", content=content, act=sides.apply())
    return applying.submit(case.pk, sides.apply())


def reviewed(sides: Sides, case: AgreementCase) -> AgreementCase:
    """The first officer finds every condition met; what is missing is told by the register and the list of materials."""
    conditions = applying.law_of_case(case).procedure.conditions
    return deciding.review(case.pk, {each.key: deciding.Verdict(is_met=True) for each in conditions}, sides.review())


def signed_by_both(sides: Sides, case: AgreementCase) -> None:
    """The second officer offers the text from today on, the institution signs, then the agency."""
    if signing_key(party=Party.INSTITUTION, region=case.region_id, institution_id=sides.house.pk) is None:
        signing.key_for_institution(public_key="", act=sides.apply())
    signing.offer_text(case.pk, signing.OfferedText(number="", valid_from=sides.at.date()), sides.sign())
    signing.sign_for_institution(case.pk, signature="", act=sides.apply())
    signing.sign_for_agency(case.pk, sides.sign())


def designated(sides: Sides) -> None:
    """The whole way to a designation in force from today on."""
    case = submitted(sides, AgreementKind.DESIGNATION)
    reviewed(sides, case)
    deciding.assess(case.pk, is_passed=True, act=sides.review())
    deciding.negotiate(case.pk, sides.review())
    signed_by_both(sides, case)


def annexed(sides: Sides, physician: str) -> None:
    """The annex agreement of a physician, in force from today on."""
    case = submitted(sides, AgreementKind.PHYSICIAN, physician=physician)
    reviewed(sides, case)
    signed_by_both(sides, case)
