"""Decide on a listing of the poverty watch: pass it to civil affairs, enter their answer, grant the recognised status."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.core.working_days import CalendarUnknownError, add_working_days
from yibao.domains.assistance.models import WatchDecision, WatchListing
from yibao.domains.assistance.operations import NewDecision, Step, decide
from yibao.domains.corrections.models import RecalculationRun
from yibao.domains.corrections.operations import ask_for_run
from yibao.domains.enrolment.models import SpecialStatus
from yibao.domains.enrolment.operations import grant_special_status
from yibao.domains.settlement.models import Settlement
from yibao.domains.settlement.yearly_burdens import settlements_from
from yibao.domains.staff.models import StaffMember
from yibao.policies.poverty_watch import load_watch
from yibao.workflows.recalculate_settlements import compute


class UnknownRecognitionError(YibaoError):
    """The region's law of the watch knows no recognition of this kind."""

    code: ClassVar[str] = "assistance.unknown_recognition"


@dataclass(frozen=True, slots=True)
class Recognised:
    """A recognition: the status that was granted, the settlements of visits since its first day, and their recalculations."""

    decision: WatchDecision
    status: SpecialStatus
    affected: Sequence[Settlement]
    recalculations: Sequence[RecalculationRun]


def pass_on(
    *, listing: WatchListing, document: str, on: date, actor: str, at: datetime, note: str = ""
) -> WatchDecision:
    """Pass a listing to civil affairs (推送民政) by a list or letter.

    :raises yibao.domains.assistance.operations.WrongStepError: it was passed on before.
    :raises yibao.domains.assistance.operations.DecidedInFutureError: the day lies after today.
    """
    decision = NewDecision(step=Step.PASSED, decided_on=on, document=document, actor=actor, at=at, note=note)
    return decide(listing=listing, decision=decision)


def decline(
    *, listing: WatchListing, document: str, on: date, actor: str, at: datetime, note: str = ""
) -> WatchDecision:
    """Enter that civil affairs did not recognise the person (不予认定).

    :raises yibao.domains.assistance.operations.WrongStepError: not passed on yet, or decided before.
    :raises yibao.domains.assistance.operations.DecidedInFutureError: the day lies after today.
    """
    decision = NewDecision(step=Step.DECLINED, decided_on=on, document=document, actor=actor, at=at, note=note)
    return decide(listing=listing, decision=decision)


@transaction.atomic
def recognise(
    *,
    listing: WatchListing,
    kind: str,
    status_from: date,
    document: str,
    on: date,
    member: StaffMember,
    at: datetime,
    note: str = "",
) -> Recognised:
    """Enter a recognition (认定): the status holds from its day, and what was settled of visits since then is recalculated.

    The recalculation lists the differences; another officer approves it, and only then it corrects.
    :raises UnknownRecognitionError: the region's law knows no such recognition.
    :raises yibao.domains.assistance.operations.WrongStepError: not passed on yet, or decided before.
    :raises yibao.domains.assistance.operations.DecidedInFutureError: a day lies after today.
    :raises yibao.domains.enrolment.operations.StatusHeldError: the person holds the status for a part of that time.
    :raises yibao.domains.corrections.operations.NotAnOfficerError: the member is no agency officer of the region.
    """
    actor, law = member.user.get_username(), load_watch(listing.region_id, on)
    if kind not in {recognition.kind for recognition in law.recognitions}:
        raise UnknownRecognitionError(kind=kind, region=listing.region_id)
    decision = decide(
        listing=listing,
        decision=NewDecision(
            step=Step.RECOGNISED,
            decided_on=on,
            document=document,
            actor=actor,
            at=at,
            kind=kind,
            status_from=status_from,
            note=note,
        ),
    )
    status = grant_special_status(
        person_id=listing.person_id, kind=kind, document=document, valid_from=status_from, actor=actor
    )
    affected = affected_by(decision)
    return Recognised(decision, status, affected, _recalculate(decision, affected, member=member, at=at))


def _recalculate(
    decision: WatchDecision, affected: Sequence[Settlement], *, member: StaffMember, at: datetime
) -> list[RecalculationRun]:
    """Ask for the recalculation of one person's settlements since the status holds, a run for each scheme, and compute it."""
    assert decision.status_from is not None
    runs = []
    for scheme in sorted({settlement.enrolment.scheme for settlement in affected}):
        run = ask_for_run(
            region=decision.listing.region,
            scheme=scheme,
            person_id=decision.listing.person_id,
            benefit_from=decision.status_from,
            benefit_until=None,
            document=decision.document,
            reason=f"因病致贫监测名单 {decision.listing_id}: 身份 {decision.kind} 自 {decision.status_from} 起认定",
            member=member,
            at=at,
        )
        runs.append(compute(run.pk, at=at))
    return runs


def affected_by(decision: WatchDecision) -> Sequence[Settlement]:
    """The settlements that a recognition makes due for recalculation: those that stand of visits since its first day."""
    if decision.status_from is None:
        return []
    return settlements_from(person_id=decision.listing.person_id, first_day=decision.status_from)


def reply_due(listing: WatchListing, passed_on: date) -> date | None:
    """The day by which civil affairs answer, by the region's law; None when the calendar of that year is not known yet."""
    try:
        return add_working_days(passed_on, load_watch(listing.region_id, passed_on).reply_days)
    except CalendarUnknownError:
        return None
