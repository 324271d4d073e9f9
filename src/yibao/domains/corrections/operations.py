"""Writing recalculations: asked for, computed page by page, decided by another officer, corrected once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.domains.corrections.models import (
    RecalculationCorrection,
    RecalculationDecision,
    RecalculationDifference,
    RecalculationRun,
    SetAsidePerson,
)
from yibao.domains.reference.models import Division
from yibao.domains.reference.operations import act_as
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.models import StaffMember

Reason = SetAsidePerson.Reason


class NotComputedError(YibaoError):
    """The list of differences is not finished, so nobody can decide on it."""

    code: ClassVar[str] = "corrections.not_computed"


class AlreadyDecidedError(YibaoError):
    """The recalculation was decided before, and otherwise."""

    code: ClassVar[str] = "corrections.already_decided"


class OwnRequestError(YibaoError):
    """Who asked for a recalculation does not decide on it (四眼原则)."""

    code: ClassVar[str] = "corrections.own_request"


class NotAnOfficerError(YibaoError):
    """Only agency officers of the region ask for recalculations and decide on them."""

    code: ClassVar[str] = "corrections.not_an_officer"


@dataclass(frozen=True, slots=True)
class NewDifference:
    """A settlement with its outcome by the law now in force."""

    settlement: Settlement
    new_policy: str
    outcome: dict[str, Any]


def check_officer(member: StaffMember, region: str) -> None:
    """Refuse who is no agency officer of the region.

    :raises NotAnOfficerError: another role or region.
    """
    if member.role != StaffMember.Role.AGENCY or member.region_id != region:
        raise NotAnOfficerError(user=str(member.user), region=region)


@transaction.atomic
def ask_for_run(
    *,
    region: Division,
    scheme: str,
    benefit_from: date,
    benefit_until: date | None,
    document: str,
    reason: str,
    member: StaffMember,
    at: datetime,
    person_id: int | None = None,
) -> RecalculationRun:
    """Enter what is to be recalculated and why: everybody's settlements, or those of one person.

    :raises NotAnOfficerError: the member may not ask for it.
    """
    check_officer(member, region.code)
    act_as(str(member.user))
    return RecalculationRun.objects.create(
        region=region,
        scheme=scheme,
        person_id=person_id,
        benefit_from=benefit_from,
        benefit_until=benefit_until,
        document=document,
        reason=reason,
        requested_by=member,
        requested_at=at,
    )


def list_differences(run: RecalculationRun, differences: Sequence[NewDifference]) -> None:
    """Add differences to a run's list."""
    RecalculationDifference.objects.bulk_create([_row(run, each) for each in differences], batch_size=1000)


def _row(run: RecalculationRun, new: NewDifference) -> RecalculationDifference:
    settlement, outcome = new.settlement, new.outcome
    return RecalculationDifference(
        run=run,
        settlement=settlement,
        person_id=settlement.person_id,
        institution_id=settlement.institution_id,
        old_policy=settlement.policy,
        new_policy=new.new_policy,
        fund_before_fen=settlement.fund_fen,
        fund_after_fen=outcome["fund_fen"],
        account_before_fen=settlement.account_fen,
        account_after_fen=outcome["account_fen"],
        cash_before_fen=settlement.cash_fen,
        cash_after_fen=outcome["cash_fen"],
        hospital_before_fen=settlement.hospital_fen,
        hospital_after_fen=outcome["hospital_fen"],
        result=outcome,
    )


def note_progress(run: RecalculationRun, *, up_to: int, persons: int, is_computed: bool) -> None:
    """Note how far the computing has come."""
    run.computed_up_to, run.is_computed = up_to, is_computed
    run.persons_computed += persons
    run.save(update_fields=["computed_up_to", "is_computed", "persons_computed"])


def set_aside(run: RecalculationRun, *, person_id: int, reason: Reason, detail: str, at: datetime) -> None:
    """Leave a person as they are; saying it twice changes nothing."""
    SetAsidePerson.objects.get_or_create(
        run=run, person_id=person_id, defaults={"reason": reason, "detail": detail, "noted_at": at}
    )


@transaction.atomic
def decide(
    *, run: RecalculationRun, is_approved: bool, member: StaffMember, at: datetime, note: str = ""
) -> RecalculationDecision:
    """Decide on a recalculation; the same decision again changes nothing.

    :raises NotAnOfficerError, OwnRequestError: this member may not decide.
    :raises NotComputedError: the list is not finished.
    :raises AlreadyDecidedError: it was decided otherwise.
    """
    run = RecalculationRun.objects.select_for_update().get(pk=run.pk)
    check_officer(member, run.region_id)
    known = RecalculationDecision.objects.filter(run=run).first()
    if known is not None:
        if known.is_approved != is_approved:
            raise AlreadyDecidedError(run=run.pk)
        return known
    if not run.is_computed:
        raise NotComputedError(run=run.pk)
    if run.requested_by_id == member.pk:
        raise OwnRequestError(run=run.pk, user=str(member.user))
    return RecalculationDecision.objects.create(
        run=run, is_approved=is_approved, note=note, decided_by=member, decided_at=at
    )


def note_corrections(
    rows: Sequence[tuple[RecalculationDifference, int, int]], *, at: datetime
) -> Sequence[RecalculationCorrection]:
    """Note which reversal and which new settlement each difference became."""
    return RecalculationCorrection.objects.bulk_create([
        RecalculationCorrection(difference=difference, reversal_id=reversal, settlement_id=new, corrected_at=at)
        for difference, reversal, new in rows
    ])  # fmt: skip
