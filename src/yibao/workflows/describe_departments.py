"""An institution describes its departments: 3401 and 3401A upload, 3402 change, 3403 withdraw."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from yibao.domains.institutions.describing import (
    DepartmentWords,
    act_for,
    change_department,
    describe_department,
    withdraw_department,
)
from yibao.domains.people.queries import LockedPerson
from yibao.domains.storage import Raw
from yibao.workflows.exactly_once import Outcome, Step


@dataclass(frozen=True, slots=True)
class Describer:
    """Which institution speaks, by which operator."""

    institution_id: int
    institution_code: str
    operator: str


def describe_departments_step(who: Describer, departments: Sequence[DepartmentWords]) -> Step[None, None]:
    """Describe departments, all or none.

    :raises DepartmentKnownError: one stands described already.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[None]:
        act_for(raw, institution_code=who.institution_code, operator=who.operator)
        for words in departments:
            describe_department(raw, words, institution_id=who.institution_id)
        return Outcome(None)

    return Step(lambda _raw: None, act)


def change_department_step(who: Describer, words: DepartmentWords) -> Step[None, None]:
    """Describe a department differently.

    :raises UnknownDepartmentError: there is none to change.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[None]:
        act_for(raw, institution_code=who.institution_code, operator=who.operator)
        change_department(raw, words, institution_id=who.institution_id)
        return Outcome(None)

    return Step(lambda _raw: None, act)


def withdraw_department_step(who: Describer, *, code: str, name: str, at: datetime) -> Step[None, None]:
    """Withdraw a department.

    :raises UnknownDepartmentError: there is none to withdraw.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[None]:
        act_for(raw, institution_code=who.institution_code, operator=who.operator)
        withdraw_department(raw, institution_id=who.institution_id, code=code, name=name, at=at)
        return Outcome(None)

    return Step(lambda _raw: None, act)
