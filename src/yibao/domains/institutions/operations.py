"""Writes of institutions, departments and practitioners."""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar, NamedTuple

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.domains.institutions.models import Department, Institution, Practitioner
from yibao.domains.reference.founding import found
from yibao.domains.reference.operations import act_as


class InstitutionKnownError(YibaoError):
    """An institution with this code is registered already."""

    code: ClassVar[str] = "institutions.known"


class NotDesignatedError(YibaoError):
    """No institution with this code is designated on that day."""

    code: ClassVar[str] = "institutions.not_designated"


class InstitutionRow(NamedTuple):
    """An institution to found."""

    code: str
    name: str
    kind: str
    level: str
    division_id: str
    beds: int
    designated_from: date


class DepartmentRow(NamedTuple):
    """A department to found."""

    institution_id: int
    code: str
    name: str


class PractitionerRow(NamedTuple):
    """A physician or pharmacist to found."""

    code: str
    name: str
    kind: str
    institution_id: int
    department_id: int | None
    valid_from: date


def found_institutions(*, rows: Sequence[InstitutionRow]) -> list[int]:
    """Found institutions (定点医药机构) in bulk; their numbers in the order of the rows."""
    return found(model=Institution, rows=rows)


def found_departments(*, rows: Sequence[DepartmentRow]) -> list[int]:
    """Found departments (科室) in bulk; their numbers in the order of the rows."""
    return found(model=Department, rows=rows)


def found_practitioners(*, rows: Sequence[PractitionerRow]) -> list[int]:
    """Found physicians and pharmacists (医保医师、医保药师) in bulk; their numbers in the order of the rows."""
    return found(model=Practitioner, rows=rows)


@transaction.atomic
def designate(
    *, code: str, name: str, kind: str, level: str, division: str, beds: int, designated_from: date, actor: str
) -> Institution:
    """Designate one institution (定点) from a day on.

    :raises InstitutionKnownError: the code is in use.
    """
    act_as(actor)
    if Institution.objects.filter(code=code).exists():
        raise InstitutionKnownError(code=code)
    return Institution.objects.create(
        code=code,
        name=name,
        kind=kind,
        level=level,
        division_id=division,
        beds=beds,
        designated_from=designated_from,
    )


@transaction.atomic
def end_designation(*, code: str, on: date, actor: str) -> Institution:
    """End an institution's designation (终止定点): the day `on` is the first on which it does not hold.

    :raises NotDesignatedError: it is not designated on the day before.
    """
    act_as(actor)
    institution = Institution.objects.select_for_update().filter(code=code, designated_from__lt=on).first()
    if institution is None or (institution.designated_until is not None and institution.designated_until < on):
        raise NotDesignatedError(code=code, on=on.isoformat())
    institution.designated_until = on
    institution.save(update_fields=["designated_until"])
    return institution


@transaction.atomic
def designate_again(*, institution_id: int, on: date) -> Institution:
    """Enter that an agreement designates an institution (定点) from a day on, whatever it was before; who acts is named before.

    An institution that is designated already stays so; the days between an end and this day are no days of designation, as
    its agreements say.
    """
    institution = Institution.objects.select_for_update().get(pk=institution_id)
    if institution.designated_from is None or institution.designated_from > on:
        institution.designated_from = on
    institution.designated_until = None
    institution.save(update_fields=["designated_from", "designated_until"])
    return institution
