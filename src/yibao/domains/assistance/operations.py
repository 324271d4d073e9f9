"""Writes of the poverty watch: list a person with the way to the limit, enter what was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from django.db import transaction
from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.assistance.models import CountedSettlement, WatchDecision, WatchListing
from yibao.domains.people.models import Person

Step = WatchDecision.Step


class WrongStepError(YibaoError):
    """The listing was passed on already, is decided already, or was not passed to civil affairs yet."""

    code: ClassVar[str] = "assistance.wrong_step"


class DecidedInFutureError(YibaoError):
    """A decision, or the day from which a status holds, lies after today."""

    code: ClassVar[str] = "assistance.in_future"


@dataclass(frozen=True, slots=True)
class Counted:
    """A settlement that counts towards a limit, and what it counts in fen."""

    settlement_id: int
    counted_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewListing:
    """A listing to be kept; amounts in fen, `path` in the order of settling up to the one that crossed the limit."""

    person_id: int
    region: str
    benefit_year: int
    threshold: str
    title_zh: str
    title_en: str
    signal: str
    group: str
    limit_fen: int
    clauses: Sequence[Mapping[str, Any]]
    crossed_on: date
    path: Sequence[Counted]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDecision:
    """A decision to be entered; `kind` and `status_from` belong to a recognition."""

    step: str
    decided_on: date
    document: str
    actor: str
    at: datetime
    kind: str = ""
    status_from: date | None = None
    note: str = ""


@transaction.atomic
def list_person(*, listing: NewListing, at: datetime) -> WatchListing:
    """List a person, with the settlements that add up to the limit."""
    kept = WatchListing.objects.create(
        person_id=listing.person_id,
        region_id=listing.region,
        benefit_year=listing.benefit_year,
        threshold=listing.threshold,
        title_zh=listing.title_zh,
        title_en=listing.title_en,
        signal=listing.signal,
        group=listing.group,
        limit_fen=listing.limit_fen,
        clauses=list(listing.clauses),
        counted_fen=sum(counted.counted_fen for counted in listing.path),
        crossed_on=listing.crossed_on,
        listed_at=at,
    )
    rows, running_fen = [], 0
    for place, counted in enumerate(listing.path, start=1):
        running_fen += counted.counted_fen
        rows.append(
            CountedSettlement(
                listing=kept,
                place=place,
                settlement_id=counted.settlement_id,
                counted_fen=counted.counted_fen,
                running_fen=running_fen,
            )
        )
    CountedSettlement.objects.bulk_create(rows)
    return kept


@transaction.atomic
def decide(*, listing: WatchListing, decision: NewDecision) -> WatchDecision:
    """Enter the next step of a listing.

    :raises WrongStepError: it is not the next step.
    :raises DecidedInFutureError: the decision or the status begins after the day of entering.
    """
    Person.objects.select_for_update().get(pk=listing.person_id)
    taken = set(WatchDecision.objects.filter(listing=listing).values_list("step", flat=True))
    is_outcome = decision.step != Step.PASSED
    if decision.step in taken or taken & {Step.RECOGNISED, Step.DECLINED} or is_outcome != (Step.PASSED in taken):
        raise WrongStepError(listing=listing.pk, step=decision.step)
    for day in (decision.decided_on, decision.status_from):
        if day is not None and day > localdate(decision.at):
            raise DecidedInFutureError(day=day.isoformat())
    return WatchDecision.objects.create(
        listing=listing,
        step=decision.step,
        decided_on=decision.decided_on,
        document=decision.document,
        kind=decision.kind,
        status_from=decision.status_from,
        note=decision.note,
        decided_by=decision.actor,
        decided_at=decision.at,
    )
