"""Prepay an institution under an emergency decision (先预付、后结算), and clear the prepayment later.

Ordered: debit the fund's claim on the institution (1101 暂付款), credit the payment account (1003 支出户存款). Repaid: the
other way round. Set off: debit what is owed to the institution (2001 暂收款), credit the claim. That prepayments stand on
1101 is the national chart's meaning of 暂付款 (社会保险基金会计制度, 财会〔2017〕28号, relayed); the rest is our default.
"""

from datetime import datetime
from typing import ClassVar, Final

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.emergencies import operations
from yibao.domains.emergencies.models import (
    EmergencyDecision,
    Prepayment,
    PrepaymentClearing,
    PrepaymentOrder,
)
from yibao.domains.emergencies.operations import BankAccount
from yibao.domains.institutions.queries import institution_with_code
from yibao.domains.ledger.books import book_of_fund
from yibao.domains.ledger.models import Fund, Journal
from yibao.domains.ledger.operations import Posting, posted
from yibao.domains.staff.models import StaffMember
from yibao.domains.storage import write_together
from yibao.workflows.pay_claim import PAYMENT_ACCOUNT
from yibao.workflows.settlement_postings import OWED

PREPAID: Final = "1101"


class UnknownPrepaidInstitutionError(YibaoError):
    """The decision's region has no institution of this code."""

    code: ClassVar[str] = "emergencies.unknown_institution"


class UnknownPrepaymentError(YibaoError):
    """The decision has no prepayment of this number."""

    code: ClassVar[str] = "emergencies.unknown_prepayment"


def prepayment_of(decision: EmergencyDecision, number: int) -> Prepayment:
    """A decision's prepayment.

    :raises UnknownPrepaymentError: it has none of this number.
    """
    found = Prepayment.objects.filter(decision=decision, pk=number).first()
    if found is None:
        raise UnknownPrepaymentError(prepayment=number)
    return found


def ask_for_prepayment(
    decision_id: int,
    *,
    institution_code: str,
    fund: Fund,
    amount_fen: int,
    account: BankAccount,
    document: str,
    member: StaffMember,
    at: datetime,
) -> Prepayment:
    """Ask for a prepayment; another officer orders it.

    :raises UnknownPrepaidInstitutionError, NotAnEmergencyOfficerError, NotInForceError, PrepaymentKnownError: nothing was
        entered.
    """
    decision = EmergencyDecision.objects.select_related("approval", "end").get(pk=decision_id)
    institution = institution_with_code(institution_code)
    if institution is None or institution.division.pooling_region != decision.region_id:
        raise UnknownPrepaidInstitutionError(institution=institution_code)
    return operations.ask_for_prepayment(
        decision=decision,
        institution=institution,
        fund=fund,
        amount_fen=amount_fen,
        account=account,
        document=document,
        member=member,
        at=at,
    )


@transaction.atomic
def order_prepayment(prepayment_id: int, *, note: str, member: StaffMember, at: datetime) -> PrepaymentOrder:
    """Order the payment and post it; a second order at the same moment finds it decided.

    :raises NotAnEmergencyOfficerError, OwnProposalError, PrepaymentDecidedError: nothing changed.
    """
    prepayment = Prepayment.objects.get(pk=prepayment_id)
    order = operations.decide_on_prepayment(prepayment=prepayment, is_approved=True, note=note, member=member, at=at)
    _post(
        prepayment, Journal.Cause.PREPAYMENT, prepayment.pk, at, debit=PREPAID, credit=PAYMENT_ACCOUNT,
        amount_fen=prepayment.amount_fen,
    )  # fmt: skip
    return order


def refuse_prepayment(prepayment_id: int, *, note: str, member: StaffMember, at: datetime) -> PrepaymentOrder:
    """Refuse a prepayment; no money moves.

    :raises NotAnEmergencyOfficerError, OwnProposalError, PrepaymentDecidedError: nothing changed.
    """
    return operations.decide_on_prepayment(
        prepayment=Prepayment.objects.get(pk=prepayment_id), is_approved=False, note=note, member=member, at=at
    )


@transaction.atomic
def clear_prepayment(
    prepayment_id: int, *, kind: str, amount_fen: int, document: str, member: StaffMember, at: datetime
) -> PrepaymentClearing:
    """Enter a repayment or a set-off of a prepayment and post it.

    :raises NotAnEmergencyOfficerError, NotOrderedError, ClearingKnownError, ClearedTooMuchError: nothing changed.
    """
    prepayment = Prepayment.objects.get(pk=prepayment_id)
    clearing = operations.enter_clearing(
        prepayment=prepayment, kind=kind, amount_fen=amount_fen, document=document, member=member, at=at
    )
    debit = PAYMENT_ACCOUNT if kind == PrepaymentClearing.Kind.REPAID else OWED
    _post(
        prepayment, Journal.Cause.PREPAYMENT_CLEARING, clearing.pk, at, debit=debit, credit=PREPAID,
        amount_fen=amount_fen,
    )  # fmt: skip
    return clearing


def _post(
    prepayment: Prepayment, cause: str, cause_id: int, at: datetime, *, debit: str, credit: str, amount_fen: int
) -> None:
    """Post one amount between two accounts of the fund's book, in the institution's name."""
    fund = prepayment.fund_id
    book = book_of_fund(fund)
    postings = [
        Posting(book, debit, fund, amount_fen, 0, prepayment.institution_id),
        Posting(book, credit, fund, 0, amount_fen, prepayment.institution_id),
    ]
    with storage.transaction() as raw:
        region = prepayment.decision.region_id
        write_together(raw, posted(region=region, cause=cause, cause_id=cause_id, entered_at=at, postings=postings))
