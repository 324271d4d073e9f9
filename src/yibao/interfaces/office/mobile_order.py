"""One mobile payment order: who pays what, what the channel was asked and said, its bills, what was told, and when."""

import json
from collections.abc import Callable
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yibao.core.identity import mask
from yibao.domains.mobile_orders.bill_documents import bill_json, bill_xml
from yibao.domains.mobile_orders.bill_printing import printed_bill
from yibao.domains.mobile_orders.models import ElectronicBill, Order
from yibao.domains.mobile_orders.queries import (
    Amounts,
    amounts_of,
    bills_of,
    cash_payments_of,
    result_of,
    timeline,
)
from yibao.domains.mobile_orders.states import NATIONAL, UNDECIDED, State
from yibao.domains.staff.operations import record_read
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.masking import masked_message
from yibao.interfaces.office.mobile_orders import READERS, Role, payer_name, visible_orders
from yibao.interfaces.office.words import reader_of, scheme_name
from yibao.workflows.resume_mobile_orders import ask_again

PURPOSE: Final = "mobile_order"
_LARGEST: Final = 2**63 - 1
_FILES: Final[dict[str, tuple[Callable[[ElectronicBill], bytes], str]]] = {
    "pdf": (printed_bill, "application/pdf"),
    "json": (bill_json, "application/json; charset=utf-8"),
    "xml": (bill_xml, "application/xml; charset=utf-8"),
}


@require_safe
@staff_page(*READERS)
def show(request: StaffRequest, order_id: int) -> HttpResponse:
    """Show an order within the member's scope, and note that the person's record was read."""
    order = _order(request, order_id)
    if order is None:
        return not_found(request)
    _note(request, order)
    scope = scope_of(request.staff_member)
    name = order.person.name
    shown = payer_name(order, scope)
    told = [
        (message, reader_of(zh=message.text_zh, en=message.text_en).replace(name, shown))
        for message in order.patient_messages.all()
    ]
    context = {
        "section": "mobile_orders",
        "order": order,
        "payer": shown,
        "document": mask(order.person.document_number),
        "scheme": scheme_name(order.scheme),
        "state_code": NATIONAL[State(order.state)],
        "is_undecided": order.state in UNDECIDED,
        "bill": _parts(amounts_of(order)),
        "cash": [(payment, result_of(payment)) for payment in cash_payments_of(order.pk)],
        "bills": bills_of(order.pk),
        "told": told,
        "notices": [
            (notice, masked_message(_text(notice.content), hidden=(name, order.person.document_number)))
            for notice in order.notices.all()
        ],
        "timeline": timeline(order),
    }
    return render(request, "office/mobile_order.html", context)


@require_safe
@staff_page(*READERS)
def bill(request: StaffRequest, order_id: int, bill_id: int, kind: str) -> HttpResponse:
    """A bill of an order as PDF, JSON or XML: the paper of the patient, so the name stands on it."""
    order = _order(request, order_id)
    found = None
    if order is not None and bill_id <= _LARGEST:
        bills = ElectronicBill.objects.select_related("order", "reverses")
        found = bills.filter(pk=bill_id, order=order).first()
    if order is None or found is None:
        return not_found(request)
    _note(request, order)
    make, content_type = _FILES[kind]
    name = f"bill-{found.code}-{found.number}.{kind}"
    return HttpResponse(
        make(found), content_type=content_type, headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


@require_POST
@staff_page(Role.AGENCY, Role.INSTITUTION)
def ask(request: StaffRequest, order_id: int) -> HttpResponse:
    """Ask the payment channel again what became of an order that waits for its word."""
    order = _order(request, order_id)
    if order is None:
        return not_found(request)
    ask_again(order, at=timezone.now())
    return redirect("office:mobile_order", order_id=order.pk)


def _order(request: StaffRequest, order_id: int) -> Order | None:
    """The order, when the member may see it."""
    if order_id > _LARGEST:
        return None
    return visible_orders(scope_of(request.staff_member)).filter(pk=order_id).first()


def _note(request: StaffRequest, order: Order) -> None:
    """Note whose record was read."""
    record_read(
        reader=request.staff_member,
        person_id=order.person_id,
        page=request.path,
        purpose=PURPOSE,
        at=timezone.now(),
    )


def _parts(amounts: Amounts) -> dict[str, Any]:
    """Who pays what, as the bill of a settlement shows it."""
    named = [
        ("fund", _("Insurance funds"), amounts.fund_fen),
        ("account", _("Personal account"), amounts.account_fen - amounts.shared_fen),
        ("account", _("Relatives' accounts"), amounts.shared_fen),
        ("cash", _("Cash for care"), amounts.cash_fen),
        ("hospital", _("Borne by the institution"), amounts.hospital_fen),
        ("cash", _("Delivery, in cash, never paid by insurance"), amounts.delivery_fen),
    ]
    total_fen = amounts.payable_fen + amounts.hospital_fen
    return {
        "total_fen": total_fen,
        "payers": [
            {"key": key, "name": name, "amount_fen": fen, "share_permille": fen * 1000 // total_fen if total_fen else 0}
            for key, name, fen in named
            if fen or key in {"fund", "cash"}
        ],
    }


def _text(content: Any) -> bytes:
    """What a notice says, as it is told."""
    return json.dumps(content, ensure_ascii=False).encode()
