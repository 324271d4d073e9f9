"""Double enrolment (重复参保): which one of overlapping enrolments is kept, by which rule."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Preference = Literal["employee_scheme", "residence", "work", "latest"]


@dataclass(frozen=True, slots=True)
class Held:
    """One of the enrolments that a person holds at once; `months` were paid without a break up to now."""

    enrolment_id: int
    scheme: str
    region: str
    months: int
    began: date
    has_employer: bool


@dataclass(frozen=True, slots=True)
class DoubleRule:
    """One rule: when it applies (which schemes meet, students or not, months paid as an employee) and what it prefers."""

    clause: str
    schemes: tuple[str, ...]
    students: bool | None
    least_months: int
    prefer: Preference


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept and what is to be ended; without `keep` the person decides (由参保人确定)."""

    keep: int | None
    clause: str | None
    end: tuple[int, ...]


def keep_one(
    held: Sequence[Held], rules: Sequence[DoubleRule], *, employee_scheme: str, residence: str, is_student: bool
) -> Kept:
    """Apply the first rule that fits and leaves exactly one enrolment.

    `residence` is the pooling region where the person lives, or studies. Two enrolments that a rule prefers alike are left to the
    next rule, and to the person in the end.
    """
    assert len(held) > 1
    schemes = tuple(sorted({each.scheme for each in held}))
    for rule in rules:
        fits = rule.schemes == schemes and rule.students in (None, is_student)
        employee_months = max((each.months for each in held if each.scheme == employee_scheme), default=0)
        if not fits or employee_months < rule.least_months:
            continue
        preferred = _PREFERENCES[rule.prefer](held, employee_scheme, residence)
        if len(preferred) == 1:
            kept = preferred[0].enrolment_id
            return Kept(kept, rule.clause, tuple(each.enrolment_id for each in held if each.enrolment_id != kept))
    return Kept(None, None, ())


def _of_employees(held: Sequence[Held], employee_scheme: str, _residence: str) -> list[Held]:
    return [each for each in held if each.scheme == employee_scheme]


def _at_residence(held: Sequence[Held], _employee_scheme: str, residence: str) -> list[Held]:
    return [each for each in held if each.region == residence]


def _at_work(held: Sequence[Held], _employee_scheme: str, _residence: str) -> list[Held]:
    return [each for each in held if each.has_employer]


def _latest(held: Sequence[Held], _employee_scheme: str, _residence: str) -> list[Held]:
    newest = max(each.began for each in held)
    return [each for each in held if each.began == newest]


_PREFERENCES: Final[dict[str, Callable[[Sequence[Held], str, str], list[Held]]]] = {
    "employee_scheme": _of_employees,
    "residence": _at_residence,
    "work": _at_work,
    "latest": _latest,
}
