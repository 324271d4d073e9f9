"""Investigate the cost of a claim between regions (异地就医费用协查): asked, answered, approved, corrected.

A correction never changes the claim. The region of enrolment takes it off its benefits (5001) and what it owes (200102), the place
of care off its claim (110102) and what it owes the institution (2001), in red, and the next statement takes it in.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate

from yibao.domains import storage
from yibao.domains.interregional import investigating
from yibao.domains.interregional.investigating import Proof
from yibao.domains.interregional.models import ClaimCorrection, ClearingItem, Inquiry, InquiryAnswer, RegionClaim
from yibao.domains.ledger.models import Journal
from yibao.domains.ledger.operations import Side, posted_sides
from yibao.domains.staff.models import StaffMember
from yibao.domains.storage import Raw, write_together
from yibao.policies.interregional import interregional_on
from yibao.workflows.clear_regions import between
from yibao.workflows.settlement_postings import BENEFITS_PAID, CLAIM_ON_REGION, OWED, OWED_TO_REGION


def ask(claim: RegionClaim, *, reason: str, question: str, member: StaffMember, at: datetime) -> Inquiry:
    """Ask the place of care to look into a claim; it stays in its clearing.

    :raises NotARegionOfficerError, NothingToAskError, AlreadyAskedError: nothing was written.
    """
    days = interregional_on(localdate(at)).answer_days
    return investigating.ask_about(
        claim=claim, reason=reason, question=question, answer_days=days, member=member, at=at
    )


def dispute(item: ClearingItem, *, reason: str, question: str, member: StaffMember, at: datetime) -> Inquiry:
    """Dispute a line of an issued statement: it is held until it was looked into, and comes back in a later one.

    :raises NotARegionOfficerError, NotOpenForDisputeError, NothingToAskError, AlreadyAskedError: nothing was written.
    """
    days = interregional_on(localdate(at)).answer_days
    return investigating.dispute(item=item, reason=reason, question=question, answer_days=days, member=member, at=at)


def answer(
    inquiry: Inquiry,
    *,
    finding: str,
    explanation: str,
    conceded_fen: Mapping[str, int],
    proofs: Sequence[Proof],
    member: StaffMember,
    at: datetime,
) -> InquiryAnswer:
    """Answer a request; another officer of the place of care approves the answer.

    :raises NotARegionOfficerError, AlreadyAnsweredError, ConcessionError: nothing was written.
    """
    return investigating.answer(
        inquiry=inquiry, finding=finding, explanation=explanation, conceded_fen=conceded_fen, proofs=proofs,
        member=member, at=at,
    )  # fmt: skip


@transaction.atomic
def decide(
    made: InquiryAnswer, *, is_approved: bool, note: str = "", member: StaffMember, at: datetime
) -> ClaimCorrection | None:
    """Approve an answer, with the correction that it concedes posted in both regions, or send it back.

    :raises NotARegionOfficerError, SameOfficerTwiceError, AnswerDecidedError, ConcessionError: nothing was written.
    """
    correction = investigating.decide_on_answer(made=made, is_approved=is_approved, note=note, member=member, at=at)
    if correction is not None:
        with storage.transaction() as raw:
            _post(raw, correction, at)
    return correction


def take_back_corrections(raw: Raw, corrections: Sequence[ClaimCorrection], *, at: datetime) -> None:
    """Take corrections of a claim back in both ledgers, because its settlement was reversed whole; part of that transaction.

    The institution then owes, and is owed, as if neither the settlement nor its correction had been.
    """
    for correction in corrections:
        _post(raw, investigating.take_back(correction, at=at), at)


def _post(raw: Raw, correction: ClaimCorrection, at: datetime) -> None:
    """Post a correction in both regions, in red."""
    claim = RegionClaim.objects.select_related("settlement").get(pk=correction.claim_id)
    by_fund = dict(zip(correction.fund_codes, correction.fund_amounts_fen, strict=True))
    care, enrolment, institution = claim.care_region_id, claim.enrolment_region_id, claim.settlement.institution_id
    sides = (
        Side(enrolment, between(by_fund, debit=BENEFITS_PAID, credit=OWED_TO_REGION, institution_id=institution), care),
        Side(care, between(by_fund, debit=CLAIM_ON_REGION, credit=OWED, institution_id=institution), enrolment),
    )
    cause = Journal.Cause.REGION_CORRECTION
    write_together(raw, posted_sides(cause=cause, cause_id=correction.pk, entered_at=at, sides=sides))
