"""Who stands at the counter (1101): the person behind a voucher, what they are insured for, what status they have."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.enrolment.queries import (
    Coverage,
    Status,
    ask_for_balance,
    ask_for_coverage,
    ask_for_statuses,
    balance_of,
    coverage_of,
    statuses_of,
)
from yibao.domains.messages.operations import record_read
from yibao.domains.people.queries import (
    KnownPerson,
    ask_for_person,
    ask_for_person_with_document,
    ask_for_person_with_voucher,
    known_person,
)
from yibao.domains.storage import Raw
from yibao.domains.vouchers.operations import TakenVoucher
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

    person: KnownPerson
    enrolments: list[Coverage]
    balance_fen: int
    statuses: list[Status]


def identify_person(wish: IdentityWish) -> Identified:
    """Find the person and log that the record was read: two round trips, one more for a code.

    :raises NobodyFoundError: nobody is known by the voucher.
    :raises yibao.domains.vouchers.codes.ForgedVoucherError, yibao.domains.vouchers.codes.ExpiredVoucherError,
        yibao.domains.vouchers.operations.ReplayedVoucherError,
        yibao.domains.vouchers.operations.WithdrawnVoucherError: the code shown is refused.
    :raises NameDoesNotFitError: the name sent is another's.
    """
    code = _code_shown(wish)
    with storage.transaction() as raw:
        person = _person(raw, wish, code)
        if person is None:
            raise NobodyFoundError(field="certno" if wish.voucher_number is None else "mdtrt_cert_no")
        if wish.name is not None and wish.name != person.name:
            raise NameDoesNotFitError(field="psn_name")
        record_read(
            raw,
            institution_id=wish.institution_id,
            person_id=person.id,
            infno=wish.infno,
            operator=wish.operator,
            read_at=wish.at,
        )
        enrolments = ask_for_coverage(raw, person_id=person.id, on=wish.on)
        balance = ask_for_balance(raw, person_id=person.id)
        statuses = ask_for_statuses(raw, person_id=person.id, on=wish.on)
    return Identified(person, coverage_of(enrolments), balance_of(balance), statuses_of(statuses))


def _code_shown(wish: IdentityWish) -> TakenVoucher | None:
    """The voucher whose code was shown, taken by this; nothing where a number was."""
    if wish.voucher_number is None:
        return None
    return voucher_behind_code(
        wish.voucher_kind or IDENTITY_CARD_VOUCHER,
        wish.voucher_number,
        institution_id=wish.institution_id,
        infno=wish.infno,
        operator=wish.operator,
        at=wish.at,
    )


def _person(raw: Raw, wish: IdentityWish, code: TakenVoucher | None) -> KnownPerson | None:
    """The person behind what was shown; the number of an identity card serves as voucher and as document."""
    if code is not None:
        return known_person(ask_for_person(raw, person_id=code.person_id))
    if wish.voucher_number is None:
        document_type = wish.document_type or IDENTITY_CARD
        return known_person(
            ask_for_person_with_document(raw, document_type=document_type, number=wish.document_number or "")
        )
    kind = wish.voucher_kind or IDENTITY_CARD_VOUCHER
    by_voucher = ask_for_person_with_voucher(raw, kind=kind, number=wish.voucher_number, on=wish.on)
    if kind != IDENTITY_CARD_VOUCHER:
        return known_person(by_voucher)
    by_card = ask_for_person_with_document(raw, document_type=IDENTITY_CARD, number=wish.voucher_number)
    return known_person(by_voucher) or known_person(by_card)
