"""Check a visit over the internet against the rulebook of its day: when its diagnoses come (2203) and before it is settled.

Every rule that is broken is named with its article, never only the first; nothing is changed then.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from django.utils.timezone import localdate

from yibao.core.errors import SeveralReasonsError
from yibao.domains.agreements.queries import is_designated_on, physician_annex_on
from yibao.domains.internet_care.operations import keep_check
from yibao.domains.internet_care.queries import (
    VisitOnline,
    is_refused,
    offline_departments,
    practice_on,
    qualification_on,
    seen_before,
    visit_online,
)
from yibao.domains.settlement.queries import VisitToSettle
from yibao.domains.storage import Raw
from yibao.engines.internet_care import (
    PhysicianFacts,
    PriorVisit,
    Refusal,
    VisitFacts,
    check_visit,
    prior_visit,
)
from yibao.policies.articles import article_in_english
from yibao.policies.errors import NoPolicyError
from yibao.policies.internet_care import (
    Rulebook,
    is_internet_type,
    latest_rulebook,
    marked_types,
    rulebook_on,
)
from yibao.workflows.internet_test_run import may_settle_online


class InternetRefusedError(SeveralReasonsError):
    """A visit over the internet, or its lines, break rules; each is named with its article (不符合“互联网+”医保支付规则)."""

    code: ClassVar[str] = "internet_care.refused"


@dataclass(frozen=True, slots=True)
class VisitJudged:
    """A visit with what its check looked at: what is broken, and the earlier visit that it follows."""

    rulebook: Rulebook
    facts: VisitFacts
    refusals: Sequence[Refusal]
    prior: PriorVisit | None


def take_internet_visit(raw: Raw, *, visit_id: int, at: datetime) -> None:
    """Let a visit that is marked as one over the internet in only when it breaks no rule, and keep on what it stands.

    One that is not marked costs a look at its medical category.
    :raises InternetRefusedError: with every rule that it breaks.
    """
    visit = visit_online(raw, visit_id=visit_id)
    assert visit is not None
    if not is_internet_type(visit.region, visit.medical_type, localdate(visit.began_at)):
        return
    judged = judge(visit, voucher_kind=visit.voucher_kind)
    refuse(judged.rulebook, judged.refusals)
    assert judged.prior is not None
    keep_check(
        raw,
        visit_id=visit.id,
        document=judged.rulebook.document,
        disease_code=visit.main_code,
        prior_visit_id=judged.prior.visit_id,
        checked_at=at,
    )


def check_before_settling(
    raw: Raw, visit: VisitToSettle, *, care_region: str, medical_type: str, voucher_kind: str
) -> None:
    """Refuse to settle a visit over the internet that breaks a rule as its records stand now.

    A visit is settled as what it was registered: online and offline cost stay apart (第十八条).
    :raises InternetRefusedError: with every rule that it breaks.
    """
    day = visit.benefit_date
    is_online = is_internet_type(care_region, visit.medical_type, day)
    if is_online == is_internet_type(care_region, medical_type, day) and not is_online:
        return
    found = visit_online(raw, visit_id=visit.visit_id)
    assert found is not None
    if not is_online or medical_type != visit.medical_type:
        refuse(book_of(found), [Refusal("separate_cost", {"sent": medical_type, "registered": visit.medical_type})])
    judged = judge(found, voucher_kind=voucher_kind)
    refuse(judged.rulebook, judged.refusals)


def judge(visit: VisitOnline, *, voucher_kind: str) -> VisitJudged:
    """Look at every rule for a visit as the records stand.

    :raises InternetRefusedError: no rulebook is in force on the day of the visit.
    """
    rulebook = book_of(visit)
    facts = _facts(visit, voucher_kind=voucher_kind)
    rules = rulebook.visit_rules()
    return VisitJudged(rulebook, facts, check_visit(facts, rules), prior_visit(facts, rules))


def book_of(visit: VisitOnline) -> Rulebook:
    """The rulebook of the institution's region on the day of a visit.

    :raises InternetRefusedError: none is in force on that day (第二十六条).
    """
    day = localdate(visit.began_at)
    try:
        return rulebook_on(visit.region, day)
    except NoPolicyError:
        refuse(latest_rulebook(visit.region), [Refusal("in_force", {"day": day.isoformat()})])
        raise


def refuse(rulebook: Rulebook, refusals: Sequence[Refusal]) -> None:
    """Raise what is broken, each with its article; nothing broken, nothing raised.

    :raises InternetRefusedError: with all of it.
    """
    if refusals:
        raise InternetRefusedError(
            [reason_of(rulebook, each.rule, each.facts) for each in refusals], document=rulebook.document
        )


def reason_of(rulebook: Rulebook, rule: str, facts: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """The code of a reason's sentence, and the facts that fill it, the article among them in both languages."""
    article = rulebook.clause_of(rule).article or ""
    told = {"article": article, "article_en": article_in_english(article)}
    return f"internet_care.rule_{rule}", {**facts, **told}


def _facts(visit: VisitOnline, *, voucher_kind: str) -> VisitFacts:
    """What registers and records say of a visit on its day."""
    day = localdate(visit.began_at)
    practice = practice_on(visit.institution_id, day)
    return VisitFacts(
        day=day,
        voucher_kind=voucher_kind,
        main_code=visit.main_code,
        department=visit.department_code,
        offline_departments=offline_departments(visit.institution_id, at=visit.began_at),
        internet_departments=frozenset(practice.departments) if practice else frozenset(),
        is_designated=is_designated_on(visit.institution_id, day),
        is_approved=practice is not None,
        has_agreement=may_settle_online(visit.institution_id, day),
        physician=_physician(visit, day),
        prior_visits=_prior_visits(visit, day, marked_types()),
        is_refused_before=is_refused(visit.id),
    )


def _physician(visit: VisitOnline, day: date) -> PhysicianFacts:
    """What the registers say of the physician: registered here, licensed, alone since, with an annex, not suspended."""
    practitioner, held = qualification_on(visit.institution_id, visit.physician_code, day)
    annex = physician_annex_on(visit.institution_id, visit.physician_code, day)
    is_licensed = (
        practitioner is not None
        and held is not None
        and held.licensed_from <= day
        and (held.licensed_until is None or day < held.licensed_until)
    )
    return PhysicianFacts(
        code=visit.physician_code,
        is_licensed=is_licensed,
        independent_since=held.independent_since if held else None,
        has_annex=annex is not None,
        suspended_until=annex.suspended_until if annex else None,
    )


def _prior_visits(visit: VisitOnline, day: date, internet_types: Collection[str]) -> list[PriorVisit]:
    """Earlier visits in person by the records of all institutions of the region."""
    seen = seen_before(
        person_id=visit.person_id, region=visit.region, day=day, but=visit.id, internet_types=internet_types
    )
    return [
        PriorVisit(
            each.visit_id, each.institution_code, each.institution_id == visit.institution_id, each.day, each.codes
        )
        for each in seen
    ]
