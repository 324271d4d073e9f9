"""What stands to be recalculated, and how far a recalculation has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet, Sum

from yibao.domains.corrections.models import (
    RecalculationCorrection,
    RecalculationDifference,
    RecalculationRun,
    SetAsidePerson,
)
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.queries import Scope


def persons_to_compute(run: RecalculationRun, *, limit: int) -> list[int]:
    """The next persons with a standing settlement whose day of benefit may lie in the period, by number."""
    last_year = run.benefit_until.year if run.benefit_until is not None else 9999
    standing = _standing().filter(
        enrolment__region_id=run.region_id,
        enrolment__scheme=run.scheme,
        benefit_year__gte=run.benefit_from.year - 1,
        benefit_year__lte=last_year,
        person_id__gt=run.computed_up_to,
    )
    if run.person_id is not None:
        standing = standing.filter(person_id=run.person_id)
    return list(standing.order_by("person_id").values_list("person_id", flat=True).distinct()[:limit])


def _standing() -> QuerySet[Settlement]:
    """Settlements and reinstatements that no reversal took back."""
    return Settlement.objects.exclude(kind=Settlement.Kind.REVERSAL).filter(reversal=None)


def standing_of(person_ids: Sequence[int], *, since: date) -> list[Settlement]:
    """All that stands of some persons since the benefit year before a day, by person and in the order of settling."""
    rows = _standing().filter(person_id__in=person_ids, benefit_year__gte=since.year - 1)
    related = ("person", "visit", "institution", "enrolment")
    return list(rows.select_related(*related).defer("trace", "visit__details").order_by("person_id", "id"))


def visible_runs(scope: Scope) -> QuerySet[RecalculationRun]:
    """The recalculations of the member's region, newest first."""
    return RecalculationRun.objects.select_related("region", "requested_by__user", "decision__decided_by__user").filter(
        region_id=scope.region
    )


@dataclass(frozen=True, slots=True)
class RunSums:
    """What a run comes to: settlements, persons, amounts in fen (positive: more than as settled), and what was done."""

    settlements: int
    persons: int
    fund_fen: int
    account_fen: int
    cash_fen: int
    corrected: int
    set_aside: int


def sums_of(run: RecalculationRun) -> RunSums:
    """Sum up the differences of a run."""
    found = run.differences.aggregate(
        settlements=Count("pk"),
        persons=Count("person_id", distinct=True),
        fund_before=Sum("fund_before_fen", default=0),
        fund_after=Sum("fund_after_fen", default=0),
        account_before=Sum("account_before_fen", default=0),
        account_after=Sum("account_after_fen", default=0),
        cash_before=Sum("cash_before_fen", default=0),
        cash_after=Sum("cash_after_fen", default=0),
        corrected=Count("pk", filter=Q(correction__isnull=False)),
    )
    return RunSums(
        settlements=found["settlements"],
        persons=found["persons"],
        fund_fen=int(found["fund_after"] - found["fund_before"]),
        account_fen=int(found["account_after"] - found["account_before"]),
        cash_fen=int(found["cash_after"] - found["cash_before"]),
        corrected=found["corrected"],
        set_aside=run.set_aside.count(),
    )


@dataclass(frozen=True, slots=True)
class InstitutionSum:
    """What a run means for an institution, in fen: what the funds owe it more, what it owes its patients back."""

    code: str
    name: str
    settlements: int
    fund_fen: int
    cash_fen: int


def by_institution(run: RecalculationRun) -> list[InstitutionSum]:
    """The differences of a run, institution by institution, the largest first."""
    rows = run.differences.values("institution__code", "institution__name").annotate(
        settlements=Count("pk"),
        fund=Sum("fund_after_fen") - Sum("fund_before_fen"),
        cash=Sum("cash_after_fen") - Sum("cash_before_fen"),
    )
    found = [
        InstitutionSum(r["institution__code"], r["institution__name"], r["settlements"], int(r["fund"]), int(r["cash"]))
        for r in rows
    ]
    return sorted(found, key=lambda each: (-abs(each.fund_fen), each.code))


def differences_of(run: RecalculationRun) -> QuerySet[RecalculationDifference]:
    """The differences of a run, person by person, with persons, institutions and what became of them."""
    related = ("person", "institution", "settlement", "correction")
    return run.differences.select_related(*related).order_by("person_id", "settlement_id")


def persons_to_correct(run: RecalculationRun) -> list[int]:
    """Persons of a run who are neither corrected nor set aside, by number."""
    aside = SetAsidePerson.objects.filter(run=run).values("person_id")
    open_rows = run.differences.filter(correction=None).exclude(person_id__in=aside)
    return list(open_rows.order_by("person_id").values_list("person_id", flat=True).distinct())


def runs_of_person(*, person_id: int, document: str) -> list[RecalculationRun]:
    """The recalculations of one person that a document caused, oldest first."""
    return list(RecalculationRun.objects.filter(person_id=person_id, document=document).order_by("id"))


def settlement_after_correction(*, reversal_id: int) -> int | None:
    """The settlement that a correction made after this reversal; nothing when no correction reversed it."""
    return (
        RecalculationCorrection.objects.filter(reversal_id=reversal_id).values_list("settlement_id", flat=True).first()
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the corrections of a run are: persons in its list, corrected or set aside, still to be corrected."""

    persons: int
    done: int
    left: int


def progress_of(run: RecalculationRun) -> Progress:
    """Count the persons of a run who are done and those who wait."""
    persons = run.differences.aggregate(found=Count("person_id", distinct=True))["found"]
    left = len(persons_to_correct(run))
    return Progress(persons, persons - left, left)
