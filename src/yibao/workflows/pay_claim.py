"""Order the payment of an approved claim to a bank account, and take it up again when the bank returns it.

Debit what was owed to the person (2001 暂收款), credit the payment account (1003 支出户存款); a return posts the same in red.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from django.db import transaction

from yibao.domains import storage
from yibao.domains.claims.models import Application, PaymentOrder
from yibao.domains.claims.operations import Act, locked_application, order_payment, take_payment_back
from yibao.domains.ledger.books import book_of_fund
from yibao.domains.ledger.models import Journal
from yibao.domains.ledger.operations import Posting, posted
from yibao.domains.maternity.queries import claim_of, latest_maternity_calculation
from yibao.domains.reimbursement.queries import case_of, latest_calculation
from yibao.domains.storage import write_together
from yibao.workflows.settlement_postings import OWED

PAYMENT_ACCOUNT: Final = "1003"


def pay(application_id: int, *, application_kind: str, act: Act) -> PaymentOrder:
    """Order the payment; a second order at the same moment finds the application closed.

    :raises yibao.domains.claims.states.WrongStateError: it is not approved, or was paid.
    :raises yibao.domains.claims.operations.SameOfficerError: the officer approved it.
    """
    with transaction.atomic():
        application = locked_application(
            application_id=application_id, region=act.member.region_id, kind=application_kind
        )
        order = order_payment(application, funds=_owed(application), act=act)
        _post(order, cause=Journal.Cause.PAYMENT, act=act, is_red=False)
        return order


def payment_returned(
    application_id: int, *, application_kind: str, reason: str, bank_name: str, account_holder: str,
    account_number: str, act: Act,
) -> PaymentOrder:  # fmt: skip
    """Record that the bank returned the payment; the application waits for another order, to the account named now.

    :raises yibao.domains.claims.states.WrongStateError: no payment stands.
    """
    with transaction.atomic():
        application = locked_application(
            application_id=application_id, region=act.member.region_id, kind=application_kind
        )
        account = {"bank_name": bank_name, "account_holder": account_holder, "account_number": account_number}
        order = take_payment_back(application, reason=reason, account=account, act=act)
        _post(order, cause=Journal.Cause.PAYMENT_RETURN, act=act, is_red=True)
        return order


def _owed(application: Application) -> Sequence[tuple[str, int]]:
    """What each fund owes by the approved calculation."""
    calculation = (
        latest_calculation(case_of(application))
        if application.kind == Application.Kind.BY_HAND
        else latest_maternity_calculation(claim_of(application))
    )
    if calculation is None:
        return ()
    return tuple(zip(calculation.fund_codes, calculation.fund_amounts_fen, strict=True))


def _post(order: PaymentOrder, *, cause: str, act: Act, is_red: bool) -> None:
    """Post the order, in red when it came back."""
    person_id = order.application.person_id
    postings = []
    for fund, fen in zip(order.fund_codes, order.fund_amounts_fen, strict=True):
        amount_fen = -fen if is_red else fen
        debit = Posting(book_of_fund(fund), OWED, fund, amount_fen, 0, None, person_id)
        postings += [debit, replace(debit, account=PAYMENT_ACCOUNT, debit_fen=0, credit_fen=amount_fen)]
    with storage.transaction() as raw:
        region = order.application.region_id
        write_together(raw, posted(region=region, cause=cause, cause_id=order.pk, entered_at=act.at, postings=postings))
