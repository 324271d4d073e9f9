"""An electronic bill as PDF: set by Typst, in fonts that come with the installation and none of the machine's (decision 16)."""

import json
from datetime import UTC
from pathlib import Path
from typing import Any, Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yibao.core.money import format_scaled
from yibao.domains.mobile_orders.bill_documents import bill_data
from yibao.domains.mobile_orders.models import ElectronicBill

_TEMPLATE: Final = Path(__file__).parent / "data" / "bill.typ"


def printed_bill(bill: ElectronicBill) -> bytes:
    """The bill in the reader's language; the same bill gives the same bytes everywhere."""
    import pylopdf_fonts_zh_cn  # noqa: PLC0415  # large, and needed by the first bill only
    import typst  # noqa: PLC0415  # as above

    printed: bytes = typst.compile(
        _TEMPLATE,
        font_paths=[pylopdf_fonts_zh_cn.sans_path().parent],
        ignore_system_fonts=True,
        sys_inputs={"bill": json.dumps(_page(bill), ensure_ascii=False)},
        timestamp=bill.issued_at.astimezone(UTC).replace(microsecond=0),
    )
    return printed


def _page(bill: ElectronicBill) -> dict[str, Any]:
    """What stands on the page."""
    data = bill_data(bill)
    is_red = bill.kind == ElectronicBill.Kind.RED
    facts = [
        [_("Bill code"), data["code"]],
        [_("Bill number"), data["number"]],
        [_("Verification code"), data["checkCode"]],
        [_("Issued on"), f"{data['issuedOn']} {data['issuedAt']}"],
        [_("Payer"), data["payer"]["name"]],
        [_("Institution"), f"{data['issuer']['name']} {data['issuer']['code']}"],
        [_("Payment order number"), data["order"]],
        [_("Settlement number (setl_id)"), data["settlement"]],
    ]
    if data["takesBack"]:
        facts.append([_("Takes back the bill"), f"{data['takesBack']['code']} {data['takesBack']['number']}"])
    paid = data["paidBy"]
    return {
        "lang": "en" if (get_language() or "").startswith("en") else "zh",
        "is_red": is_red,
        "title": _("Electronic bill of outpatient care, red-letter")
        if is_red
        else _("Electronic bill of outpatient care"),
        "facts": facts,
        "heads": [_("Item"), _("Quantity"), _("Price"), _("Amount"), _("In scope"), _("Self-paid of it")],
        "lines": [
            _row(line, given, _("class {letter}")) for line, given in zip(data["lines"], bill.lines, strict=True)
        ],
        "total": [_("Total in yuan"), data["total"], data["totalInWords"]],
        "paid": [
            [_("Insurance funds"), paid["fund"]],
            [_("Own personal account"), paid["account"]],
            [_("Relatives' accounts"), paid["shared"]],
            [_("Cash for care"), paid["cash"]],
            [_("Borne by the institution"), paid["hospital"]],
            [_("Delivery, in cash, never paid by insurance"), data["delivery"]],
        ],
        "note": _(
            "Issued by the platform of medical insurance. Whoever has code, number and verification code can verify it."
        ),
    }


def _row(line: dict[str, str], given: dict[str, Any], words: str) -> list[str]:
    """One line of the table; the class in letters of the catalogue."""
    letter = {"01": "甲", "02": "乙", "03": "丙"}.get(line["class"], line["class"])
    self_paid = format_scaled(given["amount_fen"] - given["in_scope_fen"], decimals=2)
    name = f"{line['item']} {line['itemCode']} {words.format(letter=letter)}"
    return [name, line["quantity"], line["price"], line["amount"], line["inScope"], self_paid]
