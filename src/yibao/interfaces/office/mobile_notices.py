"""Notices of results (6302) in the office: which were heard, which wait, and all of them to be fetched as a file."""

import json
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from yibao.domains.mobile_orders.models import Notice
from yibao.domains.mobile_orders.states import State
from yibao.domains.staff.queries import Scope
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.export import decimal_yuan
from yibao.interfaces.office.mobile_orders import ORDERS, READERS, visible_orders
from yibao.interfaces.office.registers import Column, Register, download_register, show_register


class NoticeSearchForm(forms.Form):
    """What notices are searched by."""

    number = forms.CharField(
        label=_("Payment order number"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    institution = forms.CharField(
        label=_("Institution code"),
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    delivery = forms.ChoiceField(
        label=_("Whether it was heard"),
        required=False,
        choices=[("", _("any")), ("waiting", _("waiting")), ("heard", _("heard"))],
    )


def _found(scope: Scope, form: Any) -> "QuerySet[Notice]":
    """Notices of the orders within the scope that answer the form, newest first."""
    sent = form.cleaned_data
    found = Notice.objects.select_related("order", "institution").filter(order__in=visible_orders(scope).order_by())
    if sent["number"].strip():
        found = found.filter(order__number=sent["number"].strip())
    if sent["institution"].strip():
        found = found.filter(institution__code=sent["institution"].strip().upper())
    if sent["delivery"]:
        found = found.filter(delivered_at__isnull=sent["delivery"] == "waiting")
    return found.order_by("-id")


def _moment(value: Any) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}" if value else ""


def _told(notice: Notice, _scope: Scope) -> str:
    """The state that the notice tells, by its national code."""
    return str(notice.content["ordStas"])


NOTICES = Register(
    section="mobile_orders",
    name="mobile_notices",
    title=_("Notices to institutions"),
    lead=_(
        "What institutions are told of their orders by themselves (6302); with the same content they find it by 6301."
    ),
    caption=_("Notices, newest first"),
    form=NoticeSearchForm,
    found=_found,
    columns=(
        Column(
            _("Payment order number"),
            lambda row, _s: row.order.number,
            sub=lambda row, _s: str(State(row.order.state).label),
            link=lambda row: f"/orders/{row.order_id}",
        ),
        Column(_("Institution"), lambda row, _s: row.institution.name, sub=lambda row, _s: row.institution.code),
        Column(_("Written at"), lambda row, _s: _moment(row.made_at)),
        Column(_("State (ord_stas)"), _told),
        Column(_("Payable in all"), lambda row, _s: decimal_yuan(row.content["feeSumamt"]), is_number=True),
        Column(_("Heard at"), lambda row, _s: _moment(row.delivered_at), sub=lambda row, _s: row.last_failure),
        Column(_("Tries"), lambda row, _s: row.tries, is_number=True),
        Column(
            _("Content (amounts in fen)"),
            lambda row, _s: json.dumps(row.content, ensure_ascii=False),
            is_export_only=True,
        ),
    ),
    person_of=lambda row: row.order.person_id,
    tabs=ORDERS.tabs,
)


@require_safe
@staff_page(*READERS)
def show(request: StaffRequest) -> HttpResponse:
    """The list of notices."""
    return show_register(request, NOTICES)


@require_safe
@staff_page(*READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """The same as a file, with what each notice says."""
    return download_register(request, NOTICES, kind)
