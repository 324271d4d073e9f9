"""Writes of persons, households and vouchers."""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar, NamedTuple

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.core.identity import check_identity
from yibao.domains.people.models import Household, Person, Voucher
from yibao.domains.reference.founding import found
from yibao.domains.reference.operations import act_as


class PersonKnownError(YibaoError):
    """The number or the document belongs to a person who is already registered."""

    code: ClassVar[str] = "people.person_known"


class DocumentDisagreesError(YibaoError):
    """Birth or sex is not what the number of the document says."""

    code: ClassVar[str] = "people.document_disagrees"


class VoucherTakenError(YibaoError):
    """The voucher was issued before, to this person or another."""

    code: ClassVar[str] = "people.voucher_taken"


class HouseholdRow(NamedTuple):
    """A household to found."""

    division_id: str


class PersonRow(NamedTuple):
    """A person to found; the document is taken as it is."""

    number: str
    name: str
    document_type: str
    document_number: str
    sex: str
    ethnicity: str
    birth_date: date
    division_id: str
    household_id: int | None
    phone: str


class VoucherRow(NamedTuple):
    """A voucher to found."""

    person_id: int
    kind: str
    number: str
    valid_from: date


def found_households(*, rows: Sequence[HouseholdRow]) -> list[int]:
    """Found households (户) in bulk; their numbers in the order of the rows."""
    return found(model=Household, rows=rows)


def found_persons(*, rows: Sequence[PersonRow]) -> list[int]:
    """Found persons in bulk; their numbers in the order of the rows."""
    return found(model=Person, rows=rows)


def found_vouchers(*, rows: Sequence[VoucherRow]) -> list[int]:
    """Found vouchers (就诊凭证) in bulk; their numbers in the order of the rows."""
    return found(model=Voucher, rows=rows)


@transaction.atomic
def register_person(
    *,
    number: str,
    name: str,
    document_type: str,
    document_number: str,
    sex: str,
    birth_date: date,
    division: str,
    on: date,
    actor: str,
    household_id: int | None = None,
) -> Person:
    """Register one person (人员登记) known by a document, on the day `on`.

    :raises yibao.core.identity.IdentityError: the document's number cannot be right.
    :raises DocumentDisagreesError: the number says another birth or sex.
    :raises PersonKnownError: number or document is registered already.
    """
    identity = check_identity(document_type, document_number, on=on)
    if identity.birth_date not in {None, birth_date} or identity.sex not in {None, sex}:
        raise DocumentDisagreesError(birth_date=birth_date.isoformat(), sex=sex)
    act_as(actor)
    by_document = Person.objects.filter(document_type=document_type, document_number=identity.number)
    if (by_document | Person.objects.filter(number=number)).exists():
        raise PersonKnownError(number=number)
    return Person.objects.create(
        number=number,
        name=name,
        document_type=document_type,
        document_number=identity.number,
        sex=sex,
        birth_date=birth_date,
        division_id=division,
        household_id=household_id,
    )


@transaction.atomic
def issue_voucher(*, person_id: int, kind: str, number: str, valid_from: date, actor: str) -> Voucher:
    """Issue a voucher (就诊凭证) to a person.

    :raises VoucherTakenError: the same voucher was issued before.
    """
    act_as(actor)
    if Voucher.objects.filter(kind=kind, number=number).exists():
        raise VoucherTakenError(kind=kind)
    return Voucher.objects.create(person_id=person_id, kind=kind, number=number, valid_from=valid_from)
