"""My orders: what is to be paid from afar, giving my word for it, what became of it, the bill as a file, and what I was told."""

from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yibao.domains.mobile_orders.authorising import MINUTES, MINUTES_KEY
from yibao.domains.mobile_orders.bill_printing import printed_bill
from yibao.domains.mobile_orders.models import ElectronicBill, Order, PatientMessage
from yibao.domains.mobile_orders.queries import Amounts, amounts_of, bills_of, of_person, order_numbered, timeline
from yibao.domains.mobile_orders.states import BEFORE_PAYMENT, UNDECIDED
from yibao.domains.reference.queries import choice
from yibao.interfaces.portal.access import PersonRequest, Purpose, not_found, person_page
from yibao.interfaces.portal.amounts import Amount
from yibao.interfaces.portal.qr import drawn
from yibao.interfaces.portal.words import reads_english
from yibao.workflows.pay_own_order import may_pay_themselves
from yibao.workflows.show_credential import authorise_payment

ROWS: Final = 10
PURPOSE: Final = "orders"
SAID_ELSEWHERE: Final = frozenset({"bill", "message"})
"""What stands on the page of an order in a place of its own."""


@require_safe
@person_page(PURPOSE, Purpose.VIEW, Purpose.HANDLE)
def show(request: PersonRequest) -> HttpResponse:
    """List the person's orders, newest first."""
    page = Paginator(of_person(request.subject.pk), ROWS).get_page(request.GET.get("page"))
    rows = [(order, amounts_of(order), order.state in BEFORE_PAYMENT) for order in page]
    return render(request, "portal/my_orders.html", {"section": "orders", "page": page, "rows": rows})


@require_safe
@person_page(PURPOSE, Purpose.VIEW, Purpose.HANDLE)
def show_one(request: PersonRequest, number: str) -> HttpResponse:
    """Show one order."""
    order = order_of(request, number)
    if isinstance(order, HttpResponse):
        return order
    return render(request, "portal/my_order.html", _told(request, order))


@require_safe
@person_page(PURPOSE, Purpose.VIEW, Purpose.HANDLE)
def show_state(request: PersonRequest, number: str) -> HttpResponse:
    """Show alone how an order stands, to be put in the place of what stood there."""
    order = order_of(request, number)
    if isinstance(order, HttpResponse):
        return order
    return render(request, "portal/order_state.html", _told(request, order))


@require_POST
@person_page(PURPOSE, Purpose.HANDLE)
def authorise(request: PersonRequest, number: str) -> HttpResponse:
    """Give the person's word that the institution may settle this order, as a code for minutes."""
    order = order_of(request, number)
    if isinstance(order, HttpResponse):
        return order
    if order.state not in BEFORE_PAYMENT:
        return render(request, "portal/my_order.html", _told(request, order))
    code = authorise_payment(
        person_id=order.person_id, institution_id=order.institution_id, through="portal", at=timezone.now()
    )
    context = _told(request, order) | {
        "code": code,
        "qr": drawn(code, title=_("QR code of the payment authorisation")),
        "minutes": int(choice(MINUTES_KEY, MINUTES)),
    }
    return render(request, "portal/my_order.html", context)


@require_safe
@person_page(PURPOSE, Purpose.VIEW, Purpose.HANDLE)
def download(request: PersonRequest, number: str, bill_number: str) -> HttpResponse:
    """The electronic bill of an order as PDF."""
    order = order_of(request, number)
    if isinstance(order, HttpResponse):
        return order
    found = ElectronicBill.objects.select_related("order", "reverses").filter(order=order, number=bill_number).first()
    if found is None:
        return not_found(request, PURPOSE)
    name = f"bill-{found.code}-{found.number}.pdf"
    return HttpResponse(
        printed_bill(found),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


@require_safe
@person_page("messages", Purpose.VIEW)
def show_messages(request: PersonRequest) -> HttpResponse:
    """List what the person was told, newest first."""
    found = PatientMessage.objects.filter(person=request.subject).select_related("order").order_by("-pk")
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    rows = [(row, row.text_en if reads_english() else row.text_zh) for row in page]
    return render(request, "portal/my_messages.html", {"section": "messages", "page": page, "rows": rows})


def order_of(request: PersonRequest, number: str) -> Order | HttpResponse:
    """The person's order of this number, or the page that says there is none; a stranger's is noted."""
    order = order_numbered(number)
    if order is None or order.person_id != request.subject.pk:
        return not_found(request, PURPOSE, stranger_id=order.person_id if order else None)
    return order


def _told(request: PersonRequest, order: Order) -> dict[str, Any]:
    """An order in the reader's words."""
    may_handle = request.proxy is None or Purpose.HANDLE in request.proxy.purposes
    amounts = amounts_of(order)
    return {
        "section": "orders",
        "order": order,
        "amounts": amounts,
        "payers": _payers(amounts),
        "total_fen": amounts.payable_fen + amounts.hospital_fen,
        "may_pay": may_handle and order.state in BEFORE_PAYMENT,
        "pays_here": may_pay_themselves(),
        "may_change": order.state in BEFORE_PAYMENT | UNDECIDED,
        "bills": bills_of(order.pk),
        "timeline": [entry for entry in timeline(order) if entry.kind not in SAID_ELSEWHERE],
        "told": [row.text_en if reads_english() else row.text_zh for row in order.patient_messages.all()],
    }


def _payers(amounts: Amounts) -> list[Amount]:
    """Who pays what, delivery too, which no insurance pays."""
    total_fen = amounts.payable_fen + amounts.hospital_fen
    named = [
        (_("Insurance funds"), amounts.fund_fen, "fund1"),
        (_("From my personal account"), amounts.account_fen - amounts.shared_fen, "account"),
        (_("From relatives' accounts"), amounts.shared_fen, "account"),
        (_("In cash"), amounts.cash_fen, "cash"),
        (_("Delivery, in cash, never paid by insurance"), amounts.delivery_fen, "cash"),
        (_("Borne by the hospital"), amounts.hospital_fen, "hospital"),
    ]
    return [Amount(name, fen, fen * 1000 // total_fen, key) for name, fen, key in named if fen]
