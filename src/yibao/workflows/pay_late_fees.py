"""Pay late fees (滞纳金): all that an employer owes of a scheme, under a voucher of their own, as other income of the pooled fund."""

from django.db import transaction

from yibao.core.money import format_yuan
from yibao.domains.enrolment.arrears import unpaid_late_fees, write_late_fee_payments
from yibao.domains.enrolment.models import Employer, Receipt
from yibao.domains.enrolment.paying import write_receipt
from yibao.domains.reference.operations import act_as
from yibao.workflows.record_payment import (
    AmountNotOwedError,
    Incoming,
    NothingOwedError,
    UnknownPayerError,
    payer_of,
    post_late_fees,
    standing_receipt,
)


@transaction.atomic
def pay_late_fees(incoming: Incoming) -> Receipt:
    """Enter the money that came in for all late fees of an employer; a repeat gives the receipt that stands.

    :raises UnknownPayerError, ReceiptNumberUsedError, NothingOwedError, AmountNotOwedError: nothing changed.
    """
    act_as(incoming.actor)
    employer, _person = payer_of(incoming)
    if employer is None:
        raise UnknownPayerError(payer=incoming.person_number)
    Employer.objects.select_for_update().get(pk=employer.pk)
    known = standing_receipt(incoming, employer, None)
    if known is not None:
        return known
    fees = list(unpaid_late_fees(region=incoming.region, scheme=incoming.scheme, employer=employer))
    if not fees:
        raise NothingOwedError(payer=incoming.employer_code)
    owed_fen = sum(fee.fee_fen for fee in fees)
    if owed_fen != incoming.amount_fen:
        raise AmountNotOwedError(owed=format_yuan(owed_fen), paid=format_yuan(incoming.amount_fen))
    receipt = write_receipt(
        number=incoming.number, region=incoming.region, amount_fen=owed_fen, paid_on=incoming.paid_on,
        at=incoming.at, employer=employer,
    )  # fmt: skip
    write_late_fee_payments(fees, receipt)
    post_late_fees(receipt, {incoming.scheme: owed_fen})
    return receipt
