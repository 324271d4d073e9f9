"""Writing investigation requests, their answers, and what an approved answer takes off a claim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.core.money import format_yuan
from yibao.domains.interregional.models import (
    ClaimCorrection,
    ClearingItem,
    ClearingStatement,
    Evidence,
    Inquiry,
    InquiryAnswer,
    InquiryApproval,
    RegionClaim,
)
from yibao.domains.interregional.operations import SameOfficerTwiceError, check_officer, due_after
from yibao.domains.interregional.queries import STANDINGS, claim_is_turned, left_of
from yibao.domains.reference.operations import act_as
from yibao.domains.staff.models import StaffMember


class NothingToAskError(YibaoError):
    """The claim is a reversal, or was turned round by one, so no cost of it is left to look into."""

    code: ClassVar[str] = "interregional.nothing_to_ask"


class NotOpenForDisputeError(YibaoError):
    """A line is disputed while its statement is issued and not confirmed, once."""

    code: ClassVar[str] = "interregional.not_open_for_dispute"


class AlreadyAskedError(YibaoError):
    """A request about this claim waits for its answer."""

    code: ClassVar[str] = "interregional.already_asked"


class AlreadyAnsweredError(YibaoError):
    """The request was answered, and the answer was approved or waits for it."""

    code: ClassVar[str] = "interregional.already_answered"


class ConcessionError(YibaoError):
    """What is conceded does not fit the finding, or is more than what is left of the claim."""

    code: ClassVar[str] = "interregional.concession"


class AnswerDecidedError(YibaoError):
    """The answer was decided on before."""

    code: ClassVar[str] = "interregional.answer_decided"


@dataclass(frozen=True, slots=True)
class Proof:
    """A document that an answer rests on; `digest` is the SM3 of the file that was shown, in hexadecimal digits, or empty."""

    kind: str
    number: str
    digest: str = ""


@transaction.atomic
def ask_about(
    *, claim: RegionClaim, reason: str, question: str, answer_days: int, member: StaffMember, at: datetime
) -> Inquiry:
    """Ask the place of care to look into a claim (发起协查); the clearing goes on meanwhile.

    :raises NotARegionOfficerError, NothingToAskError, AlreadyAskedError: nothing was written.
    """
    check_officer(member, claim.enrolment_region_id)
    RegionClaim.objects.select_for_update(of=("self",)).get(pk=claim.pk)
    _refuse_second(claim)
    act_as(str(member.user))
    return Inquiry.objects.create(
        claim=claim,
        reason=reason,
        question=question,
        due_on=due_after(answer_days, at=at),
        asked_by=member,
        asked_at=at,
    )


@transaction.atomic
def dispute(
    *, item: ClearingItem, reason: str, question: str, answer_days: int, member: StaffMember, at: datetime
) -> Inquiry:
    """Dispute a line of an issued statement: it is held out of the payment and looked into.

    :raises NotARegionOfficerError, NotOpenForDisputeError, NothingToAskError, AlreadyAskedError: nothing was written.
    """
    statement = ClearingStatement.objects.select_for_update(of=("self",)).get(pk=item.statement_id)
    check_officer(member, statement.enrolment_region_id)
    locked = ClearingItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if locked.claim is None or locked.is_held or STANDINGS[statement.steps.count()] != "issued":
        raise NotOpenForDisputeError(statement=statement.pk)
    _refuse_second(locked.claim)
    act_as(str(member.user))
    inquiry = Inquiry.objects.create(
        claim=locked.claim,
        item=locked,
        reason=reason,
        question=question,
        due_on=due_after(answer_days, at=at),
        asked_by=member,
        asked_at=at,
    )
    locked.is_held = True
    locked.save(update_fields=["is_held"])
    return inquiry


def _refuse_second(claim: RegionClaim) -> None:
    """Refuse a claim of which nothing is left, or about which a request is open."""
    if claim.amount_fen < 0 or claim_is_turned(settlement_id=claim.pk):
        raise NothingToAskError(settlement_id=claim.pk)
    open_ones = Inquiry.objects.filter(claim=claim).exclude(answers__approval__is_approved=True)
    if open_ones.exists():
        raise AlreadyAskedError(settlement_id=claim.pk)


@transaction.atomic
def answer(
    *,
    inquiry: Inquiry,
    finding: str,
    explanation: str,
    conceded_fen: Mapping[str, int],
    proofs: Sequence[Proof],
    member: StaffMember,
    at: datetime,
) -> InquiryAnswer:
    """Answer a request with what was found, what of the claim is conceded by fund, and on which documents it rests.

    :raises NotARegionOfficerError, AlreadyAnsweredError, ConcessionError: nothing was written.
    """
    locked = Inquiry.objects.select_for_update(of=("self",)).select_related("claim").get(pk=inquiry.pk)
    check_officer(member, locked.claim.care_region_id)
    if locked.answers.exclude(approval__is_approved=False).exists():
        raise AlreadyAnsweredError(inquiry=locked.pk)
    conceded = {fund: fen for fund, fen in conceded_fen.items() if fen}
    _check_concession(locked.claim, finding, conceded)
    act_as(str(member.user))
    made = InquiryAnswer.objects.create(
        inquiry=locked,
        finding=finding,
        explanation=explanation,
        conceded_codes=list(conceded),
        conceded_amounts_fen=list(conceded.values()),
        answered_by=member,
        answered_at=at,
    )
    for proof in proofs:
        Evidence.objects.create(answer=made, kind=proof.kind, number=proof.number, digest=proof.digest)
    return made


def _check_concession(claim: RegionClaim, finding: str, conceded: Mapping[str, int]) -> None:
    """Refuse what does not fit: something for a right cost, nothing or all for a part, less than all for a wrong one."""
    left = left_of(claim)
    all_fen, given_fen = sum(left.values()), sum(conceded.values())
    fits = {"right": given_fen == 0, "partly": 0 < given_fen < all_fen, "wrong": 0 < given_fen == all_fen}[finding]
    if not fits or any(fen < 0 or fen > left.get(fund, 0) for fund, fen in conceded.items()):
        raise ConcessionError(conceded=format_yuan(given_fen), left=format_yuan(all_fen))
    if given_fen and claim_is_turned(settlement_id=claim.pk):
        raise ConcessionError(conceded=format_yuan(given_fen), left=format_yuan(0))


def decide_on_answer(
    *, made: InquiryAnswer, is_approved: bool, note: str, member: StaffMember, at: datetime
) -> ClaimCorrection | None:
    """Approve an answer or send it back, within a transaction; an approved concession becomes a correction of the claim.

    :raises NotARegionOfficerError, SameOfficerTwiceError, AnswerDecidedError, ConcessionError: nothing was written.
    """
    Inquiry.objects.select_for_update(of=("self",)).get(pk=made.inquiry_id)
    claim = RegionClaim.objects.select_for_update(of=("self",)).get(inquiries=made.inquiry_id)
    check_officer(member, claim.care_region_id)
    if InquiryApproval.objects.filter(answer=made).exists():
        raise AnswerDecidedError(inquiry=made.inquiry_id)
    if made.answered_by_id == member.pk:
        raise SameOfficerTwiceError(user=str(member.user))
    conceded = dict(zip(made.conceded_codes, made.conceded_amounts_fen, strict=True))
    if is_approved:
        _check_concession(claim, made.finding, conceded)
    act_as(str(member.user))
    InquiryApproval.objects.create(answer=made, is_approved=is_approved, note=note, decided_by=member, decided_at=at)
    if not is_approved or not conceded:
        return None
    return ClaimCorrection.objects.create(
        answer=made,
        claim=claim,
        fund_codes=list(conceded),
        fund_amounts_fen=[-fen for fen in conceded.values()],
        amount_fen=-sum(conceded.values()),
        made_at=at,
    )


def take_back(correction: ClaimCorrection, *, at: datetime) -> ClaimCorrection:
    """Take a correction back because its settlement was reversed whole, within the transaction of the reversal."""
    return ClaimCorrection.objects.create(
        takes_back=correction,
        claim_id=correction.claim_id,
        fund_codes=list(correction.fund_codes),
        fund_amounts_fen=[-fen for fen in correction.fund_amounts_fen],
        amount_fen=-correction.amount_fen,
        made_at=at,
    )
