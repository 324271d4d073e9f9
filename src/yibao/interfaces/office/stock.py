"""Goods in the office (进销存): what is on the shelves, and packs sold by trace code with what is suspicious about them."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from yibao.core.money import format_scaled
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import Scope
from yibao.domains.stock.models import Balance, TraceSale
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.form_fields import text_field
from yibao.interfaces.office.masking import mask_name
from yibao.interfaces.office.registers import Column, Register, download_register, show_register

Role = StaffMember.Role
_READERS = (Role.AGENCY, Role.INSTITUTION, Role.AUDITOR)
_ANY = ("", _("any"))
_TABS = (("stock", _("On the shelves")), ("traces", _("Packs by trace code")))


class StockSearchForm(forms.Form):
    """What balances are searched by."""

    institution = text_field(_("Institution code"), 12)
    item = text_field(_("Item code"))
    batch = text_field(_("Batch serial"), 30)
    state = forms.ChoiceField(
        label=_("Balance"),
        required=False,
        choices=[_ANY, ("short", _("sold more than came")), ("expired", _("expired and on the shelf"))],
    )


class TraceSearchForm(forms.Form):
    """What packs are searched by."""

    code = text_field(_("Trace code"), 100)
    institution = text_field(_("Institution code"), 12)
    item = text_field(_("Item code"))
    suspicion = forms.ChoiceField(
        label=_("Suspicion"), required=False, choices=[_ANY, ("some", _("some")), *TraceSale.Suspicion.choices]
    )


def _house(scope: Scope) -> Q:
    """The institutions within a member's sight; none where the role sees no records."""
    if not scope.sees_records:
        return Q(pk=None)
    here = Q(institution__division__pooling_region=scope.region)
    return here if scope.institution_id is None else here & Q(institution_id=scope.institution_id)


def _balances(scope: Scope, form: Any) -> "QuerySet[Balance]":
    """Balances within the scope that answer the form."""
    sent = form.cleaned_data
    wanted = _house(scope) & _exact(
        {"institution__code": sent["institution"], "item_code": sent["item"], "batch_number": sent["batch"]}
    )
    if sent["state"] == "short":
        wanted &= Q(quantity_e4__lt=0)
    if sent["state"] == "expired":
        wanted &= Q(quantity_e4__gt=0, expires_on__lt=timezone.localdate())
    return Balance.objects.filter(wanted).select_related("institution").order_by("-pk")


def _sales(scope: Scope, form: Any) -> "QuerySet[TraceSale]":
    """Sales by trace code within the scope that answer the form."""
    sent = form.cleaned_data
    wanted = _house(scope) & _exact(
        {"institution__code": sent["institution"], "item_code": sent["item"], "code__code": sent["code"]}
    )
    if sent["suspicion"] == "some":
        wanted &= ~Q(suspicions=[])
    elif sent["suspicion"]:
        wanted &= Q(suspicions__contains=[sent["suspicion"]])
    return (
        TraceSale.objects.filter(wanted)
        .select_related("institution", "person", "code", "settlement__reversal")
        .order_by("-pk")
    )


def _exact(columns: dict[str, str]) -> Q:
    """Columns that must be so, where something was typed."""
    return Q(**{column: value.strip() for column, value in columns.items() if value.strip()})


def _units(value_e4: int) -> str:
    """Ten-thousandths as a plain number without trailing zeros."""
    return format_scaled(value_e4, decimals=4).rstrip("0").rstrip(".")


def _buyer(sale: TraceSale, scope: Scope) -> str:
    """Who bought, masked as far as the role demands."""
    if sale.person is None:
        return ""
    return sale.person.name if scope.sees_names else mask_name(sale.person.name)


def _suspicions(sale: TraceSale, _scope: Scope) -> str:
    """What is wrong with a sale, in the reader's words."""
    return "；".join(str(TraceSale.Suspicion(each).label) for each in sale.suspicions)


def _standing(sale: TraceSale, _scope: Scope) -> str:
    """Whether a sale stands."""
    if sale.returned_e4 == sale.quantity_e4:
        return str(_("given back"))
    if sale.settlement is not None and hasattr(sale.settlement, "reversal"):
        return str(_("settlement reversed"))
    return str(_("partly given back")) if sale.returned_e4 else str(_("stands"))


STOCK = Register(
    section="stock",
    name="stock",
    title=_("Goods and packs"),
    lead=_("What institutions report to have bought, sold and counted, batch by batch."),
    caption=_("Balances, the newest batches first; loose units are those of opened packs"),
    form=StockSearchForm,
    found=_balances,
    columns=(
        Column(_("Batch"), lambda row, _s: row.batch_number),
        Column(_("Institution"), lambda row, _s: row.institution.name, sub=lambda row, _s: row.institution.code),
        Column(_("Goods"), lambda row, _s: row.own_name, sub=lambda row, _s: row.item_code),
        Column(_("Packs"), lambda row, _s: _units(row.quantity_e4), is_number=True),
        Column(_("Loose units"), lambda row, _s: _units(row.loose_e4), is_number=True),
        Column(_("Expires on"), lambda row, _s: row.expires_on.isoformat() if row.expires_on else ""),
        Column(_("Last moved"), lambda row, _s: f"{timezone.localtime(row.moved_at):%Y-%m-%d %H:%M}"),
    ),
    person_of=lambda _row: None,
    tabs=_TABS,
)
TRACES = Register(
    section="stock",
    name="traces",
    title=_("Packs by trace code"),
    lead=_(
        "Each pack may be sold once. Sold again, sold elsewhere, more units than it holds: all that is suspicious stands here."
    ),
    caption=_("Sales by trace code, newest first"),
    form=TraceSearchForm,
    found=_sales,
    columns=(
        Column(_("Trace code"), lambda row, _s: row.code.code, sub=lambda row, _s: row.item_code),
        Column(_("Sold at"), lambda row, _s: f"{timezone.localtime(row.sold_at):%Y-%m-%d %H:%M:%S}"),
        Column(_("Institution"), lambda row, _s: row.institution.name, sub=lambda row, _s: row.institution.code),
        Column(_("Buyer"), _buyer),
        Column(
            _("Settlement"),
            lambda row, _s: row.settlement_id or "",
            link=lambda row: f"/settlements/{row.settlement_id}" if row.settlement_id else None,
        ),
        Column(_("Opened pack"), lambda row, _s: str(_("yes")) if row.is_split else str(_("no"))),
        Column(_("Quantity"), lambda row, _s: _units(row.quantity_e4), is_number=True),
        Column(_("Standing"), _standing),
        Column(_("Suspicions"), _suspicions),
    ),
    person_of=lambda row: row.person_id,
    tabs=_TABS,
)


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """What is on the shelves."""
    return show_register(request, STOCK)


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """The same as a file."""
    return download_register(request, STOCK, kind)


@require_safe
@staff_page(*_READERS)
def show_traces(request: StaffRequest) -> HttpResponse:
    """Packs sold by trace code."""
    return show_register(request, TRACES)


@require_safe
@staff_page(*_READERS)
def download_traces(request: StaffRequest, kind: str) -> HttpResponse:
    """The same as a file."""
    return download_register(request, TRACES, kind)
