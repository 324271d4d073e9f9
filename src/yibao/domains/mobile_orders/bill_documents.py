"""An electronic bill as data: JSON, and XML that a layout of OFD (GB/T 33190) is filled from.

The structure is ours: the fiscal platforms' own is not published in full. Amounts are yuan as text, exact to the fen.
"""

import json
from typing import Any, Final
from xml.etree import ElementTree as ET

from django.utils import timezone

from yibao.core.money import format_scaled
from yibao.domains.mobile_orders.capital_amounts import capital_yuan
from yibao.domains.mobile_orders.models import ElectronicBill

VERSION: Final = "1"
_PAYERS: Final = ("fund", "account", "shared", "cash", "hospital")


def bill_data(bill: ElectronicBill) -> dict[str, Any]:
    """Everything that stands on a bill; the same members, in the same order, make its JSON and its XML."""
    issued = timezone.localtime(bill.issued_at)
    payable_fen = bill.total_fen + bill.delivery_fen
    return {
        "version": VERSION,
        "kind": bill.kind,
        "code": bill.code,
        "number": bill.number,
        "checkCode": bill.check_code,
        "issuedOn": f"{issued:%Y-%m-%d}",
        "issuedAt": f"{issued:%H:%M:%S}",
        "takesBack": _reference(bill.reverses),
        "issuer": {"code": bill.institution_code, "name": bill.institution_name},
        "payer": {"name": bill.payer_name},
        "order": bill.order.number,
        "settlement": str(bill.settlement_id),
        "total": _yuan(payable_fen),
        "totalInWords": capital_yuan(payable_fen),
        "medicalCost": _yuan(bill.total_fen),
        "paidBy": {name: _yuan(getattr(bill, f"{name}_fen")) for name in _PAYERS},
        "delivery": _yuan(bill.delivery_fen),
        "lines": [_line(line) for line in bill.lines],
    }


def bill_json(bill: ElectronicBill) -> bytes:
    """The bill as JSON in UTF-8."""
    return json.dumps(bill_data(bill), ensure_ascii=False, indent=1).encode()


def bill_xml(bill: ElectronicBill) -> bytes:
    """The bill as XML in UTF-8."""
    root = ET.Element("electronicBill")
    _fill(root, bill_data(bill))
    ET.indent(root, " ")
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _fill(element: ET.Element, members: dict[str, Any]) -> None:
    """Members as elements below one; lists as one element each, what is nothing as an empty element."""
    for name, value in members.items():
        if isinstance(value, list):
            below = ET.SubElement(element, name)
            for row in value:
                _fill(ET.SubElement(below, "line"), row)
        elif isinstance(value, dict):
            _fill(ET.SubElement(element, name), value)
        else:
            ET.SubElement(element, name).text = None if value is None else str(value)


def _reference(bill: ElectronicBill | None) -> dict[str, str] | None:
    return None if bill is None else {"code": bill.code, "number": bill.number}


def _line(line: dict[str, Any]) -> dict[str, str]:
    """One fee line with its split by the catalogue."""
    return {
        "itemCode": line["item_code"],
        "item": line["item_name"],
        "class": line["item_class"],
        "quantity": _trimmed(line["quantity_e4"], 4),
        "price": _trimmed(line["price_e6"], 6),
        "amount": _yuan(line["amount_fen"]),
        "fullSelfPay": _yuan(line["full_self_pay_fen"]),
        "overCeiling": _yuan(line["over_ceiling_fen"]),
        "selfPayFirst": _yuan(line["self_pay_first_fen"]),
        "inScope": _yuan(line["in_scope_fen"]),
    }


def _yuan(fen: int) -> str:
    return format_scaled(fen, decimals=2)


def _trimmed(value: int, decimals: int) -> str:
    whole, _, part = format_scaled(value, decimals=decimals).partition(".")
    part = part.rstrip("0")
    return f"{whole}.{part}" if part else whole
