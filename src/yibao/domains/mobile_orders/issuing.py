"""Issuing electronic bills (开具电子票据): numbers, lines, and the red-letter bill that takes one back.

The form of the numbers is that of fiscal medical bills as they are seen on paper (third party): 8 digits of code (division 2,
medical 06, outpatient 01, year 2), 10 digits of number, 6 characters to verify by. What is issued here is the platform's own
record; it becomes a fiscal bill when the region's finance department takes it over.
"""

import secrets
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from yibao.domains.mobile_orders.models import ElectronicBill, Order
from yibao.domains.mobile_orders.own_orders import lines_of
from yibao.domains.mobile_orders.queries import standing_bill
from yibao.domains.settlement.models import Settlement

_OUTPATIENT_MEDICAL: Final = "0601"
_LETTERS: Final = "0123456789abcdefghjkmnpqrstuvwxyz"
_CHECK_LETTERS: Final = 6
_SIGNED: Final = ("total_fen", "fund_fen", "account_fen", "shared_fen", "cash_fen", "hospital_fen", "delivery_fen")


def issue_bill(*, order: Order, at: datetime) -> ElectronicBill:
    """Issue the bill of an order that is paid, from its settlement and the fee lines this covers."""
    settlement = order.settlement
    assert settlement is not None
    return ElectronicBill.objects.create(
        order=order, settlement=settlement, kind=ElectronicBill.Kind.BLUE, **_numbers(order, at),
        institution_code=order.institution.code, institution_name=order.institution.name, payer_name=order.person.name,
        total_fen=settlement.total_fen, fund_fen=settlement.fund_fen,
        account_fen=settlement.account_fen - settlement.shared_account_fen, shared_fen=settlement.shared_account_fen,
        cash_fen=settlement.cash_fen, hospital_fen=settlement.hospital_fen, delivery_fen=order.delivery_fen,
        lines=_lines(order), issued_at=at,
    )  # fmt: skip


def issue_red_bill(*, order: Order, reversal_id: int, at: datetime) -> ElectronicBill:
    """Issue the red-letter bill (红票) that takes the order's bill back, fen by fen."""
    blue = standing_bill(order.pk)
    assert blue is not None
    return ElectronicBill.objects.create(
        order=order, settlement=Settlement.objects.get(pk=reversal_id), kind=ElectronicBill.Kind.RED, reverses=blue,
        **_numbers(order, at), institution_code=blue.institution_code, institution_name=blue.institution_name,
        payer_name=blue.payer_name, **{name: -getattr(blue, name) for name in _SIGNED},
        lines=[_turned(line) for line in blue.lines], issued_at=at,
    )  # fmt: skip


def _turned(line: dict[str, Any]) -> dict[str, Any]:
    """A line of a bill with every amount turned round."""
    return {name: -value if name.endswith("_fen") else value for name, value in line.items()}


def _numbers(order: Order, at: datetime) -> dict[str, str]:
    """Code, number and verification code of the next bill."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('mobile_orders_bill_number')")
        number = int(cursor.fetchone()[0])
    province = order.institution.division_id[:2]
    return {
        "code": f"{province}{_OUTPATIENT_MEDICAL}{timezone.localtime(at):%y}",
        "number": f"{number:010d}",
        "check_code": "".join(secrets.choice(_LETTERS) for _ in range(_CHECK_LETTERS)),
    }


def _lines(order: Order) -> list[dict[str, Any]]:
    """The fee lines of the order's batch as the bill keeps them; amounts in fen, prices in millionths of a yuan."""
    return [
        {
            "item_code": line.item_code,
            "item_name": line.item_name,
            "item_class": line.item_class,
            "charge_category": line.charge_category,
            "quantity_e4": line.quantity_e4,
            "price_e6": line.price_e6,
            "amount_fen": line.amount_fen,
            "full_self_pay_fen": line.full_self_pay_fen,
            "over_ceiling_fen": line.over_ceiling_fen,
            "self_pay_first_fen": line.self_pay_first_fen,
            "in_scope_fen": line.in_scope_fen,
        }
        for line in lines_of(order)
    ]
