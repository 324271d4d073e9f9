"""Institutions that apply for agreements and the officers who decide: what the journeys of agreements begin with."""

from datetime import date, datetime

from django.utils import timezone

from yibao.domains.acceptance.judging import digest_of
from yibao.domains.acceptance.models import AcceptanceReport
from yibao.domains.agreements.models import AgreementCase
from yibao.domains.agreements.operations import CaseAct
from yibao.domains.institutions.models import Institution, Practitioner
from yibao.domains.reference.models import Division
from yibao.workflows import apply_for_agreement as applying
from yibao.workflows import decide_on_agreement as deciding
from yibao.workflows import sign_agreement as signing

from .hospital import BEIJING
from .office_records import new_member

DAY = datetime(2021, 3, 1, 9, tzinfo=BEIJING)
"""A Monday on which Tianjin's measures hold."""


class House:
    """A hospital of a region with its clerk, and three officers of the region's agency; an institution that is there is taken."""

    def __init__(self, region, *, code, kind="hospital", level="tertiary", designated_from=date(2019, 1, 1)):
        Division.objects.get_or_create(code=region, defaults={"name": f"测试{region}", "pooling_region": region})
        self.region = region
        known = {"name": f"测试{code}", "kind": kind, "level": level, "division_id": region}
        known["designated_from"] = designated_from
        self.institution, _ = Institution.objects.get_or_create(code=code, defaults=known)
        self.clerk = new_member(f"clerk-{code}", "institution", region=region, institution=code)
        self.officers = [new_member(f"officer-{code}-{place}", "agency", region=region) for place in range(3)]

    def physician(self, code="D120101000001"):
        """A physician of the house."""
        return Practitioner.objects.create(
            code=code, name="测试医师", kind="D", institution=self.institution, valid_from=date(2019, 1, 1)
        )

    def act(self, at=DAY, **words):
        """The clerk acts."""
        return CaseAct(member=self.clerk, at=at, **words)

    def decide(self, at=DAY, *, officer=0, **words):
        """An officer acts."""
        return CaseAct(member=self.officers[officer], at=at, **words)

    def opened(self, kind="internet", *, at=DAY, physician=""):
        """An application that was begun."""
        return applying.open_application(
            applying.AgreementWish(kind=kind, physician_code=physician), self.act(at)
        )  # fmt: skip

    def bring(self, case, *, at=DAY, but=()):
        """Bring every material that is missing, except some."""
        for key in applying.missing_materials(case):
            if key not in but:
                applying.bring_material(case.pk, key=key, name=f"{key}.pdf", content=key.encode(), act=self.act(at))

    def submitted(self, kind="internet", *, at=DAY, physician=""):
        """An application with all materials, submitted."""
        case = self.opened(kind, at=at, physician=physician)
        self.bring(case, at=at)
        return applying.submit(case.pk, self.act(at))

    def completed(self, kind="internet", *, at=DAY, physician=""):
        """An application whose materials were found complete."""
        case = self.submitted(kind, at=at, physician=physician)
        return deciding.review(case.pk, all_met(case), self.decide(at))

    def report(self, *, at, is_passed, kind="internet", judgement=None):
        """An acceptance report, as the console issues it."""
        content = judgement or {"kind": kind, "is_passed": is_passed, "transactions": [], "chains": []}
        return AcceptanceReport.objects.create(
            institution=self.institution, kind=kind, is_passed=is_passed, judgement=content, digest=digest_of(content),
            issued_by=self.officers[0], issued_at=at,
        )  # fmt: skip

    def signed(self, case, *, at=DAY, valid_from=None, officer=1):
        """The agreement of a case that has come to its signing, signed by both."""
        signing.key_for_institution(public_key="", act=self.act(at))
        wish = signing.OfferedText(number="", valid_from=valid_from or timezone.localdate(at))
        signing.offer_text(case.pk, wish, self.decide(at, officer=officer))
        signing.sign_for_institution(case.pk, signature="", act=self.act(at))
        return signing.sign_for_agency(case.pk, self.decide(at, officer=officer))

    def designated(self, *, at=DAY, valid_from=None):
        """A designation agreement in force."""
        case = self.completed("designation", at=at)
        deciding.assess(case.pk, is_passed=True, act=self.decide(at))
        deciding.negotiate(case.pk, self.decide(at))
        return self.signed(case, at=at, valid_from=valid_from)


def all_met(case):
    """Verdicts by which every condition is met."""
    return {each.key: deciding.Verdict(is_met=True) for each in applying.law_of_case(case).procedure.conditions}


def state_of(case):
    """The state as it stands in the database."""
    return AgreementCase.objects.get(pk=case.pk).state
