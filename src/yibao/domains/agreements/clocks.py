"""How the deadlines of cases and agreements stand on a day: what is overdue, what is soon due, what nobody can compute yet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from yibao.core.working_days import CalendarUnknownError, working_days_between
from yibao.domains.agreements.deadlines import day_after_term
from yibao.domains.agreements.models import Agreement, AgreementCase
from yibao.domains.staff.queries import Scope


@dataclass(frozen=True, slots=True)
class CaseClock:
    """A stage's deadline on a day.

    `left` are days (working days where the term is in those) that remain, the last one included. `unknown_year` is the year
    whose calendar is missing, so that the deadline cannot be computed.
    """

    stage: str
    due_on: date | None = None
    left: int = 0
    is_late: bool = False
    unknown_year: int | None = None

    @property
    def runs(self) -> bool:
        """Whether a stage's clock runs at all."""
        return bool(self.stage)


def due_day(case: AgreementCase) -> date | None:
    """The last day of the running stage, None where no clock runs.

    :raises CalendarUnknownError: a year's calendar is missing; the deadline is not guessed.
    """
    if case.clock_from is None or case.clock_value is None:
        return None
    return day_after_term(case.clock_from, case.clock_value, case.clock_unit)


def case_clock(case: AgreementCase, *, today: date) -> CaseClock:
    """How the running stage stands."""
    try:
        due = due_day(case)
    except CalendarUnknownError as unknown:
        return CaseClock(case.clock_stage, unknown_year=int(str(unknown.facts["year"])))
    if due is None:
        return CaseClock("")
    if due < today:
        return CaseClock(case.clock_stage, due, is_late=True)
    if case.clock_unit != "working_days":
        return CaseClock(case.clock_stage, due, left=(due - today).days + 1)
    return CaseClock(case.clock_stage, due, left=working_days_between(today, due) + 1)


def overdue_cases(cases: Iterable[AgreementCase], *, today: date) -> list[tuple[AgreementCase, CaseClock]]:
    """Cases whose stage is past its last day, the longest overdue first."""
    clocks = [(case, case_clock(case, today=today)) for case in cases]
    late = [(case, clock) for case, clock in clocks if clock.is_late]
    return sorted(late, key=lambda pair: (pair[1].due_on or today, pair[0].pk))


def running_cases(cases: QuerySet[AgreementCase]) -> QuerySet[AgreementCase]:
    """Cases with a clock that runs."""
    return cases.filter(clock_from__isnull=False)


def visible_cases(scope: Scope) -> QuerySet[AgreementCase]:
    """Cases that a member may see: those of the region, institution staff those of their own house."""
    found = AgreementCase.objects.filter(region_id=scope.region).select_related("institution", "practitioner")
    if scope.institution_id is not None:
        found = found.filter(institution_id=scope.institution_id)
    return found.order_by("-id")


def agreements_to_renew(*, region: str, today: date, until: date) -> QuerySet[Agreement]:
    """Signed agreements of a region that end within some days and that nothing renews yet."""
    renewed = AgreementCase.objects.filter(renews__isnull=False).exclude(
        state__in=["refused", "failed", "lapsed", "withdrawn"]
    )
    return (
        Agreement.objects.filter(
            case__region_id=region, signed_at__isnull=False, ended_on=None, valid_until__gt=today, valid_until__lte=until
        )
        .exclude(pk__in=renewed.values("renews_id"))
        .select_related("institution", "practitioner")
        .order_by("valid_until", "id")
    )  # fmt: skip
