"""Writes of single enrolments and special statuses; whole registers are founded in `founding`."""

from datetime import date
from typing import ClassVar, Final

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.core.period import Period
from yibao.domains.enrolment.models import Enrolment, SpecialStatus
from yibao.domains.people.models import Person
from yibao.domains.reference.operations import act_as

EMPLOYEE_SCHEME: Final = "310"


class UnknownPersonError(YibaoError):
    """Nobody is registered under this number."""

    code: ClassVar[str] = "enrolment.unknown_person"


class AlreadyEnrolledError(YibaoError):
    """The person is enrolled under the scheme on that day or later."""

    code: ClassVar[str] = "enrolment.already_enrolled"


class NotEnrolledError(YibaoError):
    """The person has no running enrolment under the scheme in the state that this step needs."""

    code: ClassVar[str] = "enrolment.not_enrolled"


class EmployerOfResidentError(YibaoError):
    """A resident (城乡居民) is not insured by an employer."""

    code: ClassVar[str] = "enrolment.employer_of_resident"


class StatusHeldError(YibaoError):
    """The person holds this special status for a part of that time already."""

    code: ClassVar[str] = "enrolment.status_held"


@transaction.atomic
def enrol(
    *,
    person_id: int,
    scheme: str,
    region: str,
    division: str,
    person_type: str,
    status_group: str,
    valid_from: date,
    actor: str,
    employer_id: int | None = None,
    is_civil_servant: bool = False,
) -> Enrolment:
    """Enrol a person under a scheme (参保登记) from a day on.

    :raises UnknownPersonError: nobody has this number.
    :raises EmployerOfResidentError: an employer is named under the residents' scheme.
    :raises AlreadyEnrolledError: an enrolment under the scheme runs on that day or begins later.
    """
    act_as(actor)
    if employer_id is not None and scheme != EMPLOYEE_SCHEME:
        raise EmployerOfResidentError(scheme=scheme)
    _lock_person(person_id)
    held = Enrolment.objects.filter(person_id=person_id, scheme=scheme)
    if any(Period(row.valid_from, row.valid_until).overlaps(Period(valid_from)) for row in held):
        raise AlreadyEnrolledError(person=person_id, scheme=scheme, valid_from=valid_from.isoformat())
    return Enrolment.objects.create(
        person_id=person_id,
        scheme=scheme,
        region_id=region,
        division_id=division,
        employer_id=employer_id,
        person_type=person_type,
        status_group=status_group,
        is_civil_servant=is_civil_servant,
        valid_from=valid_from,
    )


def suspend(*, person_id: int, scheme: str, on: date, actor: str) -> Enrolment:
    """Suspend an enrolment (暂停参保): from the day `on` the person is not entitled.

    :raises NotEnrolledError: no enrolment in the state insured has begun before that day and still runs.
    """
    return _change_state(
        person_id=person_id, scheme=scheme, before=Enrolment.State.NORMAL, after=Enrolment.State.SUSPENDED, on=on,
        actor=actor,
    )  # fmt: skip


def resume(*, person_id: int, scheme: str, on: date, actor: str) -> Enrolment:
    """Resume a suspended enrolment (恢复参保) from the day `on`.

    :raises NotEnrolledError: no suspended enrolment has begun before that day and still runs.
    """
    return _change_state(
        person_id=person_id, scheme=scheme, before=Enrolment.State.SUSPENDED, after=Enrolment.State.NORMAL, on=on,
        actor=actor,
    )  # fmt: skip


@transaction.atomic
def _change_state(
    *, person_id: int, scheme: str, before: Enrolment.State, after: Enrolment.State, on: date, actor: str
) -> Enrolment:
    """End the running row on the day and open the next one in the new state."""
    act_as(actor)
    _lock_person(person_id)
    running = Enrolment.objects.filter(
        person_id=person_id, scheme=scheme, state=before, valid_from__lt=on, valid_until=None
    ).first()
    if running is None:
        raise NotEnrolledError(person=person_id, scheme=scheme, on=on.isoformat())
    running.valid_until = on
    running.save(update_fields=["valid_until"])
    return Enrolment.objects.create(
        person_id=person_id,
        scheme=scheme,
        region_id=running.region_id,
        division_id=running.division_id,
        employer_id=running.employer_id,
        person_type=running.person_type,
        status_group=running.status_group,
        is_civil_servant=running.is_civil_servant,
        state=after,
        valid_from=on,
    )


@transaction.atomic
def grant_special_status(
    *, person_id: int, kind: str, document: str, valid_from: date, actor: str, valid_until: date | None = None
) -> SpecialStatus:
    """Grant a special status (低保对象、特困人员 …) by a document, for a time.

    :raises UnknownPersonError: nobody has this number.
    :raises yibao.core.period.EmptyPeriodError: the time ends before it begins.
    :raises StatusHeldError: the same status holds for a part of that time.
    """
    act_as(actor)
    period = Period(valid_from, valid_until)
    _lock_person(person_id)
    held = SpecialStatus.objects.filter(person_id=person_id, kind=kind)
    if any(Period(row.valid_from, row.valid_until).overlaps(period) for row in held):
        raise StatusHeldError(person=person_id, kind=kind)
    return SpecialStatus.objects.create(
        person_id=person_id, kind=kind, document=document, valid_from=valid_from, valid_until=valid_until
    )


def _lock_person(person_id: int) -> None:
    """Let one change at a time through for a person."""
    if not Person.objects.select_for_update().filter(pk=person_id).exists():
        raise UnknownPersonError(person=person_id)
