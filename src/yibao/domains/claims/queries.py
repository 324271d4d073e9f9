"""Finding applications: what a member may see, what is due, what has been handed in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F, QuerySet

from yibao.core.working_days import working_days_between
from yibao.domains.claims.models import Application, Document, PaymentOrder
from yibao.domains.claims.operations import deadline
from yibao.domains.claims.states import ENDED
from yibao.domains.staff.queries import Scope


def visible_applications(scope: Scope, *, kind: str) -> QuerySet[Application]:
    """Applications of a kind that a member may open: those of the region; none for houses and who sees no records."""
    if not scope.sees_records or scope.institution_id is not None:
        return Application.objects.none()
    return Application.objects.filter(kind=kind, region_id=scope.region).select_related("person")


def running(applications: QuerySet[Application]) -> QuerySet[Application]:
    """Those that are not ended, the most urgent first; those that wait for documents last."""
    return applications.exclude(state__in=sorted(ENDED)).order_by(F("due_on").asc(nulls_last=True), "id")


@dataclass(frozen=True, slots=True)
class Clock:
    """How a deadline stands on a day: `left` working days remain (the last one included), `late` is past it.

    `is_unknown` says that the clock runs to a day that cannot be computed, because that year's calendar is not known.
    """

    due_on: date | None
    left: int = 0
    late: bool = False
    is_unknown: bool = False


def clock_of(application: Application, *, today: date) -> Clock:
    """The deadline's standing; it stands still while documents are wanting, and ends with the decision."""
    due = application.due_on
    if application.decided_by_id is not None or application.state in ENDED or application.clock_from is None:
        return Clock(due)
    if due is None:
        due = deadline(application.clock_from, days=application.clock_days).due_on
    if due is None:
        return Clock(None, is_unknown=True)
    if due < today:
        return Clock(due, late=True)
    return Clock(due, left=working_days_between(today, due) + 1)


def overdue(applications: Iterable[Application], *, today: date) -> list[Application]:
    """Those whose day to be decided has passed without a decision, the longest overdue first."""
    clocks = [(application, clock_of(application, today=today)) for application in applications]
    late = [(clock.due_on or today, application.pk, application) for application, clock in clocks if clock.late]
    return [application for _due, _number, application in sorted(late, key=lambda each: each[:2])]


def live_documents(application: Application) -> Sequence[Document]:
    """What was handed in and counts, in the order it came."""
    return list(Document.objects.filter(application=application, is_live=True))


def standing_payment(application: Application) -> PaymentOrder | None:
    """The payment order that stands, if there is one."""
    return PaymentOrder.objects.filter(application=application, returned_at=None).first()
