"""Find people who hold several enrolments at once (重复参保), say which is kept by which rule, and carry out a decision."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from django.db import transaction
from django.db.models import Q

from yibao.core.errors import YibaoError
from yibao.domains.enrolment.models import DoubleDecision, Enrolment, OutsideEnrolment
from yibao.domains.enrolment.owing import standing_contributions
from yibao.domains.enrolment.paying import lock_people
from yibao.domains.enrolment.transferring import end_enrolment
from yibao.domains.people.models import Person
from yibao.domains.reference.operations import act_as
from yibao.engines.contributions import Held, Kept, PaidPeriod, keep_one, latest_run
from yibao.policies.double_enrolment import double_rules

EMPLOYEES: Final = "310"
STUDENT_GROUPS: Final = frozenset({"student_child", "assisted_student"})


class NotDoubleError(YibaoError):
    """The person does not hold several enrolments on the day, or not the one that is to be kept."""

    code: ClassVar[str] = "doubles.not_double"


@dataclass(frozen=True, slots=True)
class HeldEnrolment:
    """One of the enrolments: its key (`local:` or `outside:` and a number), what it is, months paid without a break."""

    key: str
    scheme: str
    region: str
    began: date
    ends: date | None
    has_employer: bool
    months: int


@dataclass(frozen=True, slots=True)
class DoubleEnrolment:
    """A person with several enrolments at once: which the rules keep (none: the person decides), and by which clause."""

    person: Person
    held: tuple[HeldEnrolment, ...]
    keep: str | None
    clause: str | None


def detect_double_enrolment(*, region: str, on: date) -> list[DoubleEnrolment]:
    """Everybody of a region who holds several enrolments on a day, here or as other regions report, by person's number."""
    return [double for person in _suspects(region, on) if (double := _double(person, on)) is not None]


def double_of(person_number: str, on: date) -> DoubleEnrolment:
    """One person's double enrolment.

    :raises NotDoubleError: there is none.
    """
    person = Person.objects.filter(number=person_number).first()
    double = _double(person, on) if person else None
    if double is None:
        raise NotDoubleError(person=person_number)
    return double


@transaction.atomic
def decide_double_enrolment(
    *, person_number: str, keep: str, reason: str, on: date, at: datetime, actor: str
) -> list[DoubleDecision]:
    """Keep one enrolment and end the others from a day on; other regions are asked to end theirs.

    :raises NotDoubleError: the person does not hold several, or not this one; nothing changed.
    """
    act_as(actor)
    person = Person.objects.filter(number=person_number).first()
    if person is None:
        raise NotDoubleError(person=person_number)
    lock_people([person.pk])
    double = double_of(person_number, on)
    if keep not in {each.key for each in double.held}:
        raise NotDoubleError(person=person_number)
    clause = (double.clause or "") if keep == double.keep else ""
    return [
        _end(double, each, keep=keep, clause=clause, reason=reason, on=on, at=at, actor=actor)
        for each in double.held
        if each.key != keep
    ]


def _end(
    double: DoubleEnrolment, each: HeldEnrolment, *, keep: str, clause: str, reason: str, on: date, at: datetime, actor: str
) -> DoubleDecision:  # fmt: skip
    """End one enrolment here, or ask its region to."""
    kind, _, number = each.key.partition(":")
    enrolment = Enrolment.objects.get(pk=int(number)) if kind == "local" else None
    if enrolment is not None:
        end_enrolment(enrolment, on=on)
    return DoubleDecision.objects.create(
        person=double.person,
        kept=keep,
        ended=enrolment,
        asked_elsewhere="" if enrolment else each.region,
        clause=clause,
        reason=reason,
        ended_on=on,
        decided_by=actor,
        decided_at=at,
    )


def _suspects(region: str, on: date) -> Iterator[Person]:
    """Persons insured in the region who have another enrolment, here or reported; few in any register."""
    insured = Enrolment.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=on), state=Enrolment.State.NORMAL, valid_from__lte=on
    )
    outside = OutsideEnrolment.objects.filter(Q(valid_until=None) | Q(valid_until__gt=on), valid_from__lte=on)
    here = insured.filter(region_id=region).values("person_id")
    employees = insured.filter(scheme=EMPLOYEES).values("person_id")
    residents = insured.exclude(scheme=EMPLOYEES).values("person_id")
    yield from (
        Person.objects.filter(pk__in=here)
        .filter(Q(pk__in=outside.values("person_id")) | (Q(pk__in=employees) & Q(pk__in=residents)))
        .select_related("division")
        .order_by("number")
    )


def _double(person: Person, on: date) -> DoubleEnrolment | None:
    """A person's enrolments of the day with what the rules say; None with fewer than two."""
    running = Q(valid_until=None) | Q(valid_until__gt=on)
    local = list(
        Enrolment.objects.filter(running, person=person, state=Enrolment.State.NORMAL, valid_from__lte=on).order_by(
            "pk"
        )
    )
    asked = DoubleDecision.objects.filter(person=person).exclude(asked_elsewhere="").values("asked_elsewhere")
    outside = OutsideEnrolment.objects.filter(running, person=person, valid_from__lte=on).exclude(region__in=asked)
    held = [_held_here(row, on) for row in local]
    held += [
        HeldEnrolment(
            f"outside:{row.pk}", row.scheme, row.region, row.valid_from, row.valid_until, row.has_employer, row.months
        )
        for row in outside.order_by("pk")
    ]
    if len(held) < 2:
        return None
    kept = _kept(person, held, is_student=any(row.status_group in STUDENT_GROUPS for row in local))
    return DoubleEnrolment(person, tuple(held), held[kept.keep].key if kept.keep is not None else None, kept.clause)


def _kept(person: Person, held: list[HeldEnrolment], *, is_student: bool) -> Kept:
    """What the rules keep, by its place in the list."""
    return keep_one(
        [
            Held(place, each.scheme, each.region, each.months, each.began, each.has_employer)
            for place, each in enumerate(held)
        ],
        double_rules().rules,
        employee_scheme=EMPLOYEES,
        residence=person.division.pooling_region,
        is_student=is_student,
    )


def _held_here(row: Enrolment, on: date) -> HeldEnrolment:
    """A local enrolment with the months of its latest unbroken run."""
    paid = standing_contributions(person_ids=[row.person_id], scheme=row.scheme).filter(period_start__lte=on)
    months = 1 if row.scheme == EMPLOYEES else 12
    run = latest_run([PaidPeriod(each.period_start, each.paid_on, each.is_repair) for each in paid], months=months)
    unbroken = ((run.ends.year - run.began.year) * 12 + run.ends.month - run.began.month) if run else 0
    return HeldEnrolment(
        f"local:{row.pk}",
        row.scheme,
        row.region_id,
        row.valid_from,
        row.valid_until,
        row.employer_id is not None,
        unbroken,
    )
