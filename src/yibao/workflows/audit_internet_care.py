"""Audit settled visits over the internet before institutions are paid (智能审核), decide on findings (人工重点审核), deduct.

A verified violation is not paid (第二十条): the funds' part is posted in red, so that less is owed to the institution; what
the patient paid and used stays as it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from django.db import transaction
from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.core.money import divide_half_up
from yibao.domains import storage
from yibao.domains.agreements.conduct import AUDITED
from yibao.domains.agreements.queries import is_audited_closely
from yibao.domains.catalogue.queries import kinds_of
from yibao.domains.clinical.queries import has_records
from yibao.domains.internet_care.auditing import (
    NewFinding,
    is_in_hospital,
    keep_audit,
    other_days,
    settled_lines,
    standing,
    unaudited,
    visits_of_person_lately,
    visits_of_physician,
)
from yibao.domains.internet_care.mechanisms import mechanisms_on
from yibao.domains.internet_care.models import AuditRun, Review, Verification
from yibao.domains.internet_care.queries import latest_check, qualification_on, visit_online
from yibao.domains.internet_care.reviewing import RefusedLineError, keep_verification, review_findings
from yibao.domains.ledger.books import book_of_fund
from yibao.domains.ledger.models import Journal
from yibao.domains.ledger.operations import Posting, posted
from yibao.domains.people.queries import ask_for_lock, locked_person
from yibao.domains.prescriptions.queries import of_person
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.models import StaffMember
from yibao.domains.storage import Raw, Write, write_together
from yibao.domains.visits.models import FeeLine
from yibao.engines.internet_care import AuditLine, Refusal, VisitToAudit, audit_visit
from yibao.policies.internet_care import Rulebook, latest_rulebook, marked_types
from yibao.workflows.check_internet_lines import broken_by
from yibao.workflows.check_internet_visit import InternetRefusedError, judge
from yibao.workflows.record_conduct import BreachWish, record_breach
from yibao.workflows.settlement_postings import BENEFITS_PAID, OWED

_AT_ONCE: Final = 500
_UNITS: Final = 10_000
_ROUTES: Final = {"agreement": "agreement", "case": "administrative", "transfer": "transfer"}
_NO_PAYMENT: Final = "no_payment"


class DeductedElsewhereError(YibaoError):
    """The settlement was reversed meanwhile, or is another region's person's, whose region investigates it (协查)."""

    code: ClassVar[str] = "internet_care.not_deductible"


@dataclass(frozen=True, slots=True)
class Audited:
    """How many settlements were looked at, and in how many something was found."""

    settlements: int
    found: int


def audit_region(*, region: str, first_day: date, last_day: date, at: datetime) -> Audited:
    """Audit every visit over the internet that was settled on these days and that no audit looked at.

    A second run finds nothing to do. Each settlement is audited in a transaction of its own.
    """
    looked, found = 0, 0
    types = marked_types()
    while batch := unaudited(
        region=region, medical_types=types, first_day=first_day, last_day=last_day, limit=_AT_ONCE
    ):
        for settlement in batch:
            found += bool(_audit(settlement, types, at=at).findings.count())
        looked += len(batch)
    return Audited(looked, found)


def _audit(settlement: Settlement, types: frozenset[str], *, at: datetime) -> AuditRun:
    """Audit one settlement and keep what was found."""
    with storage.transaction() as raw:
        document, findings = _judged(raw, settlement, types)
    return keep_audit(settlement=settlement, document=document, findings=findings, at=at)


def _judged(raw: Raw, settlement: Settlement, types: frozenset[str]) -> tuple[str, list[NewFinding]]:
    """What an audit of a settlement finds, and by which document."""
    visit = visit_online(raw, visit_id=settlement.visit_id)
    assert visit is not None
    lines = settled_lines(settlement)
    try:
        judged = judge(visit, voucher_kind=settlement.voucher_kind)
    except InternetRefusedError:
        return _without_rulebook(visit.region)
    of_lines = broken_by(lines, visit, judged.rulebook)
    broken = [*judged.refusals, *of_lines, *_of_the_house(settlement, judged.rulebook)]
    facts = _facts(raw, settlement, lines, types, [each.rule for each in broken])
    book = judged.rulebook
    told = {each.rule: dict(each.facts) for each in broken}
    findings = [
        NewFinding(
            each.rule,
            book.clause_of(each.rule).article or "",
            each.line_ids or _lines_of(each.rule, of_lines, lines),
            {**told.get(each.rule, {}), **each.facts},
        )
        for each in audit_visit(facts, book.audit_rules())
    ]
    return book.document, findings


def _of_the_house(settlement: Settlement, book: Rulebook) -> list[Refusal]:
    """What concerns the institution: mechanisms not in place on the day of the visit (第二十二条), a close audit of everything."""
    house, day = settlement.institution_id, localdate(settlement.visit.began_at)
    stand = mechanisms_on(house, day)
    wanting = [kind for kind in book.values["mechanisms"] if kind not in stand]
    found = [Refusal("mechanism", {"mechanisms": ", ".join(wanting)})] if wanting else []
    return [*found, Refusal("closely_audited")] if is_audited_closely(house, day) else found


def _lines_of(rule: str, broken: Sequence[Refusal], lines: Sequence[FeeLine]) -> tuple[int, ...]:
    """The lines that break a rule; none where it is broken by the visit."""
    numbers = {each.facts.get("line") for each in broken if each.rule == rule}
    return tuple(line.pk for line in lines if line.number in numbers)


def _without_rulebook(region: str) -> tuple[str, list[NewFinding]]:
    """That a visit was settled online on a day on which no rulebook was in force."""
    book = latest_rulebook(region)
    return book.document, [NewFinding("in_force", book.clause_of("in_force").article or "", (), {})]


def _facts(
    raw: Raw, settlement: Settlement, lines: Sequence[FeeLine], types: frozenset[str], broken: Iterable[str]
) -> VisitToAudit:
    """What the records of all institutions show around a settlement."""
    visit, person = settlement.visit, settlement.person
    day = localdate(visit.began_at)
    kinds = kinds_of([line.item_code for line in lines])
    others = other_days(raw, person_id=person.pk, visit_id=visit.pk, codes=[line.item_code for line in lines], day=day)
    return VisitToAudit(
        day=day,
        broken=tuple(dict.fromkeys(broken)),
        lines=[
            AuditLine(
                line_id=line.pk,
                item_code=line.item_code,
                item_name=line.item_name,
                kind=kinds.get(line.item_code, ""),
                units=-(-line.quantity_e4 // _UNITS),
                day=localdate(line.occurred_at),
                other_days=others.get(line.item_code, ()),
            )
            for line in lines
        ],
        has_charged_prior=_is_charged(visit.pk),
        has_record=has_records(visit_id=visit.pk),
        has_prescription=of_person(person.pk).filter(visit_id=visit.pk).exists(),
        is_dead=person.death_date is not None and person.death_date < day,
        is_in_hospital=is_in_hospital(visit),
        physician_visits=visits_of_physician(visit, medical_types=types),
        person_visits=visits_of_person_lately(visit, medical_types=types),
    )


def _is_charged(visit_id: int) -> bool:
    """Whether anything was settled for the visit in person that a visit over the internet follows."""
    check = latest_check(visit_id)
    return check is not None and standing(Settlement.objects.filter(visit_id=check.prior_visit_id)).exists()


def review(
    audit: AuditRun,
    *,
    verdict: str,
    route: str,
    line_ids: Sequence[int],
    reason: str,
    member: StaffMember,
    at: datetime,
) -> Review:
    """Say whether what was found is paid; named lines must be the settlement's.

    :raises RefusedLineError, NotAReviewerError, ReviewedError: nothing was changed.
    """
    unknown = set(line_ids) - {line.pk for line in settled_lines(audit.settlement)}
    if unknown:
        raise RefusedLineError(line=min(unknown), settlement=audit.pk)
    return review_findings(
        audit=audit, verdict=verdict, route=route, line_ids=line_ids, reason=reason, member=member, at=at
    )


def verify(review_id: int, *, is_verified: bool, note: str, member: StaffMember, at: datetime) -> Verification:
    """Verify a refused payment, or not; verified, the funds' part is deducted from what is owed to the institution.

    The person is held meanwhile, so that no reversal of the settlement passes by.
    :raises NotAReviewerError, OwnReviewError, ReviewedError, DeductedElsewhereError: nothing was changed.
    """
    found = Review.objects.select_related(
        "audit__settlement__person", "audit__settlement__enrolment", "audit__settlement__institution__division"
    ).get(pk=review_id)
    settlement = found.audit.settlement
    with transaction.atomic():
        with storage.transaction() as raw:
            locked_person(ask_for_lock(raw, number=settlement.person.number))
        if is_verified:
            _refuse_undeductible(settlement)
        shares = _shares(settlement, found.line_ids) if is_verified else []
        verification = keep_verification(
            review=found,
            is_verified=is_verified,
            note=note,
            fund_codes=[code for code, _fen in shares],
            amounts_fen=[fen for _code, fen in shares],
            member=member,
            at=at,
        )
        with storage.transaction() as raw:
            write_together(raw, _posted(verification, settlement, shares, at=at))
        if is_verified and found.route != Review.Route.NONE:
            _hand_over(verification, found, member=member, at=at)
        return verification


def _hand_over(verification: Verification, reviewed: Review, *, member: StaffMember, at: datetime) -> None:
    """Write the violation down as a breach of the agreement, a case or a transfer, to be handled and published there (第二十四条)."""
    settlement = reviewed.audit.settlement
    visit, day = settlement.visit, localdate(settlement.visit.began_at)
    physician, _held = qualification_on(settlement.institution_id, visit.physician_code, day)
    articles = dict.fromkeys(reviewed.audit.findings.values_list("article", flat=True))
    record_breach(
        BreachWish(
            institution_code=settlement.institution.code,
            practitioner_code=physician.code if physician else "",
            is_internet=True,
            found_on=localdate(at),
            facts=reviewed.reason,
            article=f"{reviewed.audit.document} {'、'.join(articles)}"[:200],
            route=_ROUTES[reviewed.route],
            handling=_NO_PAYMENT,
            amount_fen=verification.deducted_fen,
            document=f"{AUDITED}{settlement.pk}-{verification.pk}",
        ),
        member=member,
        at=at,
    )


def _refuse_undeductible(settlement: Settlement) -> None:
    """Refuse a settlement that no longer stands, or that another region pays.

    :raises DeductedElsewhereError: so it is.
    """
    region = settlement.institution.division.pooling_region
    stands = standing(Settlement.objects.filter(pk=settlement.pk)).exists()
    if not stands or settlement.enrolment.region_id != region:
        raise DeductedElsewhereError(settlement=settlement.pk)


def _shares(settlement: Settlement, line_ids: Sequence[int]) -> list[tuple[str, int]]:
    """What each fund paid for the refused lines, by their share of the cost in scope; for all of it without lines."""
    paid = zip(settlement.fund_codes, settlement.fund_amounts_fen, strict=True)
    if not line_ids:
        return [(code, fen) for code, fen in paid if fen]
    refused = set(line_ids)
    part_fen = sum(line.in_scope_fen for line in settled_lines(settlement) if line.pk in refused)
    if not settlement.in_scope_fen:
        return []
    shares = [(code, divide_half_up(fen * part_fen, settlement.in_scope_fen)) for code, fen in paid]
    return [(code, fen) for code, fen in shares if fen]


def _posted(
    verification: Verification, settlement: Settlement, shares: Sequence[tuple[str, int]], *, at: datetime
) -> list[Write]:
    """The writes that take a deduction off benefits and off what is owed to the institution, in red (红字)."""
    postings = [
        posting
        for fund, fen in shares
        for posting in (
            Posting(book_of_fund(fund), BENEFITS_PAID, fund, -fen, 0, settlement.institution_id, settlement.person_id),
            Posting(book_of_fund(fund), OWED, fund, 0, -fen, settlement.institution_id, settlement.person_id),
        )
    ]
    if not postings:
        return []
    region = settlement.enrolment.region_id
    return posted(
        region=region, cause=Journal.Cause.DEDUCTION, cause_id=verification.pk, entered_at=at, postings=postings
    )
