"""Mobile payment orders in the office: searched, listed, taken out."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from yibao.domains.mobile_orders.models import Order
from yibao.domains.mobile_orders.queries import amounts_of, orders_with_parties
from yibao.domains.mobile_orders.states import NATIONAL, State
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import Scope
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.export import Cell, decimal_yuan
from yibao.interfaces.office.form_fields import day_field, text_field
from yibao.interfaces.office.masking import mask_name
from yibao.interfaces.office.registers import Column, Register, download_register, show_register

Role = StaffMember.Role
READERS = (Role.AGENCY, Role.INSTITUTION, Role.AUDITOR)
_ANY = ("", _("any"))


class OrderSearchForm(forms.Form):
    """What orders are searched by."""

    number = text_field(_("Payment order number"), 40)
    own_number = text_field(_("Order number at the institution"), 40)
    institution = text_field(_("Institution code"), 12)
    person = text_field(_("Person number"), 30)
    prescription = text_field(_("Prescription (rxTraceCode)"), 64)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[_ANY, *State.choices])
    first = day_field(_("Placed from"), required=False)
    last = day_field(_("Placed until"), required=False)


def visible_orders(scope: Scope) -> "QuerySet[Order]":
    """The orders within a member's sight; none where the role sees no records."""
    if not scope.sees_records:
        return Order.objects.none()
    here = orders_with_parties().filter(institution__division__pooling_region=scope.region)
    return here if scope.institution_id is None else here.filter(institution_id=scope.institution_id)


def _found(scope: Scope, form: Any) -> "QuerySet[Order]":
    """Orders within the scope that answer the form."""
    sent = form.cleaned_data
    columns = {
        "number": sent["number"],
        "number_at_institution": sent["own_number"],
        "institution__code": sent["institution"].upper(),
        "person__number": sent["person"],
        "rx_trace_code": sent["prescription"],
        "state": sent["state"],
    }
    wanted = Q(**{column: value.strip() for column, value in columns.items() if value.strip()})
    if sent["first"]:
        wanted &= Q(placed_at__date__gte=sent["first"])
    if sent["last"]:
        wanted &= Q(placed_at__date__lte=sent["last"])
    return visible_orders(scope).filter(wanted)


def payer_name(order: Order, scope: Scope) -> str:
    """Who pays, masked as far as the role demands."""
    return order.person.name if scope.sees_names else mask_name(order.person.name)


def _yuan(part: str) -> Any:
    """How a part of the amounts is read from an order."""

    def read(order: Order, _scope: Scope) -> Cell:
        return decimal_yuan(getattr(amounts_of(order), part))

    return read


ORDERS = Register(
    section="mobile_orders",
    name="mobile_orders",
    title=_("Mobile payment"),
    lead=_("Orders that patients pay from afar: funds, accounts and cash in one step."),
    caption=_("Orders, newest first, amounts in yuan; before payment those of the trial"),
    form=OrderSearchForm,
    found=_found,
    columns=(
        Column(
            _("Payment order number"),
            lambda row, _s: row.number,
            sub=lambda row, _s: row.number_at_institution,
            link=lambda row: f"/orders/{row.pk}",
        ),
        Column(_("Placed at"), lambda row, _s: f"{timezone.localtime(row.placed_at):%Y-%m-%d %H:%M}"),
        Column(_("Institution"), lambda row, _s: row.institution.name, sub=lambda row, _s: row.institution.code),
        Column(_("Payer"), payer_name, sub=lambda row, _s: row.person.number),
        Column(_("State"), lambda row, _s: str(State(row.state).label), sub=lambda row, _s: NATIONAL[State(row.state)]),
        Column(_("Payable in all"), _yuan("payable_fen"), is_number=True),
        Column(_("Funds"), _yuan("fund_fen"), is_number=True),
        Column(_("Accounts"), _yuan("account_fen"), is_number=True),
        Column(_("Cash"), _yuan("cash_fen"), is_number=True),
        Column(_("Delivery"), _yuan("delivery_fen"), is_number=True),
    ),
    person_of=lambda row: row.person_id,
    tabs=(
        ("mobile_orders", _("Orders")),
        ("channel_days", _("Payment channels by the day")),
        ("mobile_notices", _("Notices to institutions")),
    ),
)


@require_safe
@staff_page(*READERS)
def show(request: StaffRequest) -> HttpResponse:
    """The list of orders."""
    return show_register(request, ORDERS)


@require_safe
@staff_page(*READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """The same as a file."""
    return download_register(request, ORDERS, kind)
