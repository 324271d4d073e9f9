"""Record money that came in for contributions (缴费到账), and take it back: once per voucher number."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.core.money import format_yuan
from yibao.domains import storage
from yibao.domains.enrolment.arrears import has_paid_late_fees, lift
from yibao.domains.enrolment.models import Assessment, Contribution, Employer, PersonalAccount, Receipt
from yibao.domains.enrolment.owing import unpaid_assessments
from yibao.domains.enrolment.paying import (
    ReceiptNumberUsedError,
    lock_people,
    reverse_contribution,
    write_contributions,
    write_receipt,
)
from yibao.domains.ledger.operations import Posting, posted
from yibao.domains.people.models import Person
from yibao.domains.reference.operations import act_as
from yibao.policies.contribution_terms import contribution_law
from yibao.policies.contributions import ContributionLaw
from yibao.workflows.arrears import note_late_fees
from yibao.workflows.contribution_postings import late_fee_postings, receipt_postings
from yibao.workflows.derive_coverage import renew_coverage


class NothingOwedError(YibaoError):
    """Nothing assessed is unpaid of this payer and time."""

    code: ClassVar[str] = "contributions.nothing_owed"


class AmountNotOwedError(YibaoError):
    """The amount that came in is not what is owed; a part of a contribution cannot be entered."""

    code: ClassVar[str] = "contributions.amount_not_owed"


class UnknownPayerError(YibaoError):
    """Neither an employer nor a person is registered under this number."""

    code: ClassVar[str] = "contributions.unknown_payer"


class UnknownReceiptError(YibaoError):
    """There is no standing receipt of this number."""

    code: ClassVar[str] = "contributions.unknown_receipt"


class LateFeePaidError(YibaoError):
    """A late fee that came of this payment was paid; its receipt is taken back first."""

    code: ClassVar[str] = "contributions.late_fee_paid"


class AccountSpentError(YibaoError):
    """What was credited to the account was spent meanwhile, so that it cannot be taken back."""

    code: ClassVar[str] = "contributions.account_spent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A payment: its voucher, its payer (an employer's code or a person's number), for periods that begin before a day."""

    number: str
    region: str
    scheme: str
    amount_fen: int
    paid_on: date
    at: datetime
    actor: str
    employer_code: str | None = None
    person_number: str | None = None
    until: date | None = None


@transaction.atomic
def record_payment(incoming: Incoming) -> Receipt:
    """Pay all that the payer owes, credit the accounts, post the income, and renew from when the funds pay.

    A repeat of the same payment gives the receipt that stands. An employer pays for its people and itself.
    :raises ReceiptNumberUsedError, UnknownPayerError, NothingOwedError, AmountNotOwedError: nothing changed.
    """
    act_as(incoming.actor)
    law = contribution_law(incoming.region)
    employer, person = payer_of(incoming)
    owing = unpaid_assessments().filter(
        scheme=incoming.scheme, enrolment__region_id=incoming.region, enrolment__employer=employer
    )
    if person is not None:
        owing = owing.filter(person=person)
    if incoming.until is not None:
        owing = owing.filter(period_start__lt=incoming.until)
    lock_people(owing.values_list("person_id", flat=True))
    known = standing_receipt(
        incoming, employer, person
    )  # asked under the lock: the same payment may arrive twice at once
    if known is not None:
        return known
    assessments = list(owing.select_related("person"))
    if not assessments:
        raise NothingOwedError(payer=incoming.employer_code or incoming.person_number)
    return pay_for(law, assessments, incoming, employer, person)


def payer_of(incoming: Incoming) -> tuple[Employer | None, Person | None]:
    """The employer or person who pays.

    :raises UnknownPayerError: nobody has the number.
    """
    employer = person = None
    if incoming.employer_code is not None:
        employer = Employer.objects.filter(code=incoming.employer_code).first()
    elif incoming.person_number is not None:
        person = Person.objects.filter(number=incoming.person_number).first()
    if employer is None and person is None:
        raise UnknownPayerError(payer=incoming.employer_code or incoming.person_number)
    return employer, person


def standing_receipt(incoming: Incoming, employer: Employer | None, person: Person | None) -> Receipt | None:
    """The receipt that an earlier arrival of the same payment left.

    :raises ReceiptNumberUsedError: the number stands for another payment.
    """
    known = Receipt.objects.filter(number=incoming.number, reverses=None).first()
    if known is None:
        return None
    same = (known.amount_fen, known.paid_on, known.region_id, known.employer, known.person) == (
        incoming.amount_fen, incoming.paid_on, incoming.region, employer, person,
    )  # fmt: skip
    if not same or hasattr(known, "reversal"):
        raise ReceiptNumberUsedError(number=incoming.number)
    return known


def pay_for(
    law: ContributionLaw,
    assessments: Sequence[Assessment],
    incoming: Incoming,
    employer: Employer | None,
    person: Person | None,
) -> Receipt:
    """Write receipt, contributions, credits and postings for assessments of locked persons.

    :raises AmountNotOwedError: the amount is not what they owe together.
    """
    owed_fen = sum(each.employer_fen + each.person_fen for each in assessments)
    if owed_fen != incoming.amount_fen:
        raise AmountNotOwedError(owed=format_yuan(owed_fen), paid=format_yuan(incoming.amount_fen))
    receipt = write_receipt(
        number=incoming.number, region=incoming.region, amount_fen=owed_fen, paid_on=incoming.paid_on, at=incoming.at,
        employer=employer, person=person,
    )  # fmt: skip
    write_contributions(assessments, receipt=receipt, paid_on=incoming.paid_on, at=incoming.at)
    _post(receipt_postings(assessments, _funds(law, incoming.scheme)), receipt)
    note_late_fees(law, assessments, receipt)
    persons = {each.person_id: each.person for each in assessments}
    lift(person_ids=persons, region=incoming.region, scheme=incoming.scheme)
    renew_coverage(law, incoming.scheme, persons.values(), actor=incoming.actor)
    return receipt


def post_late_fees(receipt: Receipt, fees_fen: Mapping[str, int]) -> None:
    """Post late fees by scheme as other income of the pooled fund; negative fen take them back in red."""
    law = contribution_law(receipt.region_id)
    _post(
        [line for scheme, fen in fees_fen.items() for line in late_fee_postings(_funds(law, scheme)["pool"], fen)],
        receipt,
    )


@transaction.atomic
def reverse_receipt(*, number: str, on: date, at: datetime, actor: str) -> Receipt:
    """Take a receipt back (退费、错账更正): contributions, credits and postings in red; what was assessed is owed again.

    :raises UnknownReceiptError: no receipt of the number stands.
    :raises AccountSpentError: an account has less than was credited to it.
    :raises LateFeePaidError: a late fee that came of it was paid.
    """
    act_as(actor)
    receipt = Receipt.objects.filter(number=number, reverses=None, reversal=None).first()
    if receipt is None:
        raise UnknownReceiptError(number=number)
    if has_paid_late_fees(receipt):
        raise LateFeePaidError(number=number)
    rows = list(
        Contribution.objects.filter(receipt=receipt, kind=Contribution.Kind.PAYMENT, reversal=None).select_related(
            "assessment__person"
        )
    )
    assessments = [row.assessment for row in rows if row.assessment is not None]
    lock_people(each.person_id for each in assessments)
    _check_accounts(assessments)
    back = write_receipt(
        number=number, region=receipt.region_id, amount_fen=-receipt.amount_fen, paid_on=on, at=at,
        employer=receipt.employer, person=receipt.person, reverses=receipt,
    )  # fmt: skip
    for row in rows:
        reverse_contribution(row, receipt=back, on=on, at=at)
    fees_fen: Counter[str] = Counter()
    for payment in receipt.late_fee_payments.select_related("late_fee"):
        fees_fen[payment.late_fee.scheme] -= payment.late_fee.fee_fen
    if fees_fen:
        post_late_fees(back, fees_fen)
    law = contribution_law(receipt.region_id)
    for scheme in {each.scheme for each in assessments}:
        of_scheme = [each for each in assessments if each.scheme == scheme]
        _post(receipt_postings(of_scheme, _funds(law, scheme), sign=-1), back)
        renew_coverage(law, scheme, [each.person for each in of_scheme], actor=actor)
    return back


def _check_accounts(assessments: Sequence[Assessment]) -> None:
    credited: dict[int, int] = {}
    for each in assessments:
        credited[each.person_id] = credited.get(each.person_id, 0) + each.to_account_fen + each.from_pool_fen
    for account in PersonalAccount.objects.filter(person_id__in=credited):
        if account.balance_fen < credited[account.person_id]:
            raise AccountSpentError(person=account.person_id)


def _funds(law: ContributionLaw, scheme: str) -> dict[str, str]:
    return {str(pot): code for pot, code in law.file.schemes[scheme].funds.items()}


def _post(postings: list[Posting], receipt: Receipt) -> None:
    if postings:
        with storage.transaction() as raw:
            writes = posted(
                region=receipt.region_id, cause="receipt", cause_id=receipt.pk, entered_at=receipt.entered_at,
                postings=postings,
            )  # fmt: skip
            storage.write_together(raw, writes)
