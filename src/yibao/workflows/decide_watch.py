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
from yibao.domains.enrolment.models import SpecialStatus
from yibao.domains.enrolment.operations import grant_special_status
from yibao.domains.settlement.models import Settlement
from yibao.domains.settlement.yearly_burdens import settlements_from
from yibao.policies.poverty_watch import load_watch


class UnknownRecognitionError(YibaoError):
    """The region's law of the watch knows no recognition of this kind."""

    code: ClassVar[str] = "assistance.unknown_recognition"


@dataclass(frozen=True, slots=True)
class Recognised:
    """A recognition: the status that was granted, and the settlements of visits since its first day."""

    decision: WatchDecision
    status: SpecialStatus
    affected: Sequence[Settlement]


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
    actor: str,
    at: datetime,
    note: str = "",
) -> Recognised:
    """Enter a recognition (认定): the status holds from its day, and the visits since then are named for recalculation.

    :raises UnknownRecognitionError: the region's law knows no such recognition.
    :raises yibao.domains.assistance.operations.WrongStepError: not passed on yet, or decided before.
    :raises yibao.domains.assistance.operations.DecidedInFutureError: a day lies after today.
    :raises yibao.domains.enrolment.operations.StatusHeldError: the person holds the status for a part of that time.
    """
    law = load_watch(listing.region_id, on)
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
    return Recognised(decision, status, affected_by(decision))


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
