"""Take in an insurer's list of policies (惠民保保单导入): every row is checked; one wrong row, and nothing is entered."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Final, TypeVar

from django.db import transaction
from django.db.models import Q

from yibao import policies
from yibao.core.errors import YibaoError
from yibao.core.money import parse_scaled
from yibao.core.period import Period
from yibao.domains.enrolment.models import Enrolment
from yibao.domains.people.models import Person
from yibao.domains.supplement.models import HeldPlan
from yibao.domains.supplement.operations import NewHeldPlan, PlanHeldError, PolicyNumberUsedError, hold_plans
from yibao.policies import NoPolicyError

SCHEMES: Final = ("310", "390")
_AT_ONCE: Final = 2000
_Key = TypeVar("_Key", str, int)


class UnknownHolderError(YibaoError):
    """Nobody insured in the region has this person or document number (查无此人)."""

    code: ClassVar[str] = "supplement.unknown_person"


class UnknownPlanError(YibaoError):
    """The region's law of that day knows no such plan (产品代码不存在)."""

    code: ClassVar[str] = "supplement.unknown_plan"


class UnreadableRowError(YibaoError):
    """A cell of the row is empty, or no date or amount (单元格无法识别)."""

    code: ClassVar[str] = "supplement.unreadable"


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A row of the list as text: person or document number, the law's plan code, policy number, first and last day, yuan."""

    line: int
    person: str
    plan: str
    policy_number: str
    first_day: str
    last_day: str
    premium: str = "0"


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a row."""

    line: int
    error: YibaoError


@dataclass(frozen=True, slots=True)
class Taken:
    """How many policies were entered, or what is wrong with which rows; one of the two."""

    entered: int
    faults: tuple[RowFault, ...]


@transaction.atomic
def take_in_plans(rows: Sequence[PlanRow], *, region: str, at: datetime, actor: str) -> Taken:
    """Enter a list of policies of a region, or nothing when a row is wrong."""
    holders, found, faults = _holders(rows, region), list[NewHeldPlan](), list[RowFault]()
    plans: dict[date, frozenset[str]] = {}
    taken = _Taken.of(region, holders, rows)
    for row in rows:
        try:
            new = _read(row, region, holders, plans)
            taken.add(new)
        except YibaoError as error:
            faults.append(RowFault(row.line, error))
        else:
            found.append(new)
    if faults:
        return Taken(0, tuple(faults))
    hold_plans(found, at=at, actor=actor)
    return Taken(len(found), ())


def _portions(values: Collection[_Key]) -> Iterator[list[_Key]]:
    """Values in portions that one question to the database may name."""
    ordered = list(values)
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))


def _holders(rows: Sequence[PlanRow], region: str) -> dict[str, int]:
    """Persons insured in the region by person and document number."""
    holders: dict[str, int] = {}
    for some in _portions({row.person.strip().upper() for row in rows if row.person}):
        known = Person.objects.filter(Q(number__in=some) | Q(document_number__in=some))
        here = set(Enrolment.objects.filter(region_id=region, person__in=known).values_list("person_id", flat=True))
        for number, document, person_id in known.values_list("number", "document_number", "pk"):
            if person_id in here:
                holders[number.upper()] = holders[document.upper()] = person_id
    return holders


def _read(row: PlanRow, region: str, holders: Mapping[str, int], plans: dict[date, frozenset[str]]) -> NewHeldPlan:
    """A row as a policy.

    :raises UnreadableRowError, UnknownHolderError, UnknownPlanError, yibao.core.period.EmptyPeriodError: what is wrong.
    """
    first, last = _day(row.first_day, "first_day"), _day(row.last_day, "last_day")
    if not row.policy_number.strip() or not row.plan.strip():
        raise UnreadableRowError(column="policy_number" if row.plan.strip() else "plan", text="")
    try:
        premium_fen = parse_scaled(row.premium.strip() or "0", decimals=2)
    except YibaoError:
        raise UnreadableRowError(column="premium", text=row.premium) from None
    if premium_fen < 0:
        raise UnreadableRowError(column="premium", text=row.premium)
    person_id = holders.get(row.person.strip().upper())
    if person_id is None:
        raise UnknownHolderError(person=row.person[-4:])
    until = last + timedelta(days=1)
    Period(first, until)
    if row.plan not in plans.setdefault(first, frozenset(_plans_on(region, first))):
        raise UnknownPlanError(plan=row.plan, day=first.isoformat())
    return NewHeldPlan(person_id, region, row.plan, row.policy_number.strip(), premium_fen, first, until)


def _day(text: str, column: str) -> date:
    try:
        return date.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        raise UnreadableRowError(column=column, text=text) from None


def _plans_on(region: str, day: date) -> Iterator[str]:
    """The plans that the region's laws of a day know, without the one that says that none is held."""
    for scheme in SCHEMES:
        try:
            yield from policies.load(region, scheme, day).plans[1:]
        except NoPolicyError:
            continue


def plans_of_law(region: str, day: date) -> list[str]:
    """The plans that the region's laws know on a day."""
    return sorted(set(_plans_on(region, day)))


@dataclass(frozen=True, slots=True)
class _Taken:
    """Days and numbers that are taken, by policies entered before and by earlier rows of the list."""

    periods: dict[int, list[Period]]
    numbers: set[str]

    @classmethod
    def of(cls, region: str, holders: Mapping[str, int], rows: Sequence[PlanRow]) -> "_Taken":
        """What is taken in the register by these persons and numbers."""
        periods: dict[int, list[Period]] = {}
        numbers: set[str] = set()
        for some in _portions(set(holders.values())):
            held = HeldPlan.objects.filter(region_id=region, person_id__in=some)
            for person_id, since, until in held.values_list("person_id", "valid_from", "valid_until"):
                if since < until:
                    periods.setdefault(person_id, []).append(Period(since, until))
        for some_numbers in _portions({row.policy_number.strip() for row in rows}):
            used = HeldPlan.objects.filter(region_id=region, policy_number__in=some_numbers)
            numbers |= set(used.values_list("policy_number", flat=True))
        return cls(periods, numbers)

    def add(self, new: NewHeldPlan) -> None:
        """Take the days and the number.

        :raises PlanHeldError, PolicyNumberUsedError: they are taken.
        """
        if new.policy_number in self.numbers:
            raise PolicyNumberUsedError(number=new.policy_number)
        period = Period(new.valid_from, new.valid_until)
        if any(other.overlaps(period) for other in self.periods.get(new.person_id, ())):
            raise PlanHeldError(valid_from=new.valid_from.isoformat())
        self.numbers.add(new.policy_number)
        self.periods.setdefault(new.person_id, []).append(period)
