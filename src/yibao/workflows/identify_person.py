"""Who stands at the counter (1101): the person behind a voucher, what they are insured for, what status they have."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from django.db.models import Q

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.enrolment.models import Enrolment, PersonalAccount, SpecialStatus
from yibao.domains.messages.operations import record_read
from yibao.domains.people.models import Person
from yibao.domains.people.queries import person_with_document, person_with_voucher
from yibao.workflows.show_voucher import voucher_behind_code

IDENTITY_CARD_VOUCHER = "02"
IDENTITY_CARD = "01"


class NobodyFoundError(YibaoError):
    """No person is known by this voucher or document (未查询到人员信息)."""

    code: ClassVar[str] = "people.nobody_found"


class NameDoesNotFitError(YibaoError):
    """The voucher is another person's than the name sent (姓名与凭证不符)."""

    code: ClassVar[str] = "people.name_does_not_fit"


@dataclass(frozen=True, slots=True)
class IdentityWish:
    """What was shown at which counter: a voucher, or by early clients a document alone."""

    institution_id: int
    operator: str
    voucher_kind: str | None
    voucher_number: str | None
    document_type: str | None
    document_number: str | None
    name: str | None
    on: date
    at: datetime
    infno: str = "1101"


@dataclass(frozen=True, slots=True)
class Identified:
    """The person with every enrolment that covers the day, the account's balance and the special statuses."""

    person: Person
    enrolments: list[Enrolment]
    balance_fen: int
    statuses: list[SpecialStatus]


def identify_person(wish: IdentityWish) -> Identified:
    """Find the person and log that the record was read.

    :raises NobodyFoundError: nobody is known by the voucher.
    :raises yibao.domains.vouchers.codes.ForgedVoucherError, yibao.domains.vouchers.codes.ExpiredVoucherError,
        yibao.domains.vouchers.operations.ReplayedVoucherError,
        yibao.domains.vouchers.operations.WithdrawnVoucherError: the code shown is refused.
    :raises NameDoesNotFitError: the name sent is another's.
    """
    person = _person(wish)
    if person is None:
        raise NobodyFoundError(field="certno" if wish.voucher_number is None else "mdtrt_cert_no")
    if wish.name is not None and wish.name != person.name:
        raise NameDoesNotFitError(field="psn_name")
    record_read(
        storage.driver(),
        institution_id=wish.institution_id,
        person_id=person.pk,
        infno=wish.infno,
        operator=wish.operator,
        read_at=wish.at,
    )
    covers = Q(valid_from__lte=wish.on) & (Q(valid_until=None) | Q(valid_until__gt=wish.on))
    account = PersonalAccount.objects.filter(person=person).first()
    return Identified(
        person,
        list(Enrolment.objects.filter(covers, person=person).select_related("employer").order_by("scheme")),
        account.balance_fen if account else 0,
        list(SpecialStatus.objects.filter(covers, person=person).order_by("kind")),
    )


def _person(wish: IdentityWish) -> Person | None:
    """The person behind what was shown; the number of an identity card serves as voucher and as document."""
    if wish.voucher_number is None:
        document_type = wish.document_type or IDENTITY_CARD
        return person_with_document(document_type=document_type, number=wish.document_number or "")
    kind = wish.voucher_kind or IDENTITY_CARD_VOUCHER
    shown = voucher_behind_code(
        kind,
        wish.voucher_number,
        institution_id=wish.institution_id,
        infno=wish.infno,
        operator=wish.operator,
        at=wish.at,
    )
    if shown is not None:
        return Person.objects.get(pk=shown.person_id)
    person = person_with_voucher(kind=kind, number=wish.voucher_number, on=wish.on)
    if person is None and kind == IDENTITY_CARD_VOUCHER:
        person = person_with_document(document_type=IDENTITY_CARD, number=wish.voucher_number)
    return person
