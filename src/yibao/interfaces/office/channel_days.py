"""Payment channels against orders, day by day: counts, sums, and every number on which the two disagree."""

from datetime import date
from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yibao.domains.staff.queries import Scope, scope_of
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.export import Cell, attached, decimal_yuan
from yibao.interfaces.office.mobile_orders import ORDERS, READERS
from yibao.workflows.reconcile_channel import Cause, ComparedDay, Difference, compare_day

_CAUSES: Final[dict[Cause, tuple[Promise, Promise]]] = {
    Cause.UNDECIDED: (
        gettext_lazy("done at the channel, its word still awaited here"),
        gettext_lazy("ask the channel again on the order's page"),
    ),
    Cause.DECLINED_HERE: (
        gettext_lazy("done at the channel, declined here"),
        gettext_lazy(
            "the platform takes it from the statement and has it given back, at the latest an hour after the page shows it"
        ),
    ),
    Cause.GOING_BACK: (
        gettext_lazy("done at the channel after it had declined"),
        gettext_lazy("nothing: the channel is being asked to give it back, again every hour where it declines"),
    ),
    Cause.UNKNOWN_HERE: (
        gettext_lazy("done at the channel under a number that is not ours"),
        gettext_lazy("ask the channel whose payment it is"),
    ),
    Cause.AMOUNT: (
        gettext_lazy("the amounts differ"),
        gettext_lazy("ask the channel for its document, then give back the order"),
    ),
    Cause.ONLY_HERE: (
        gettext_lazy("done here, not on the channel's statement"),
        gettext_lazy("look at the statements of the days beside, then ask the channel"),
    ),
}


class DayForm(forms.Form):
    """Which day is compared."""

    day = forms.DateField(
        label=gettext_lazy("Day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("A date is written like 2026-01-31.")},
    )


@require_safe
@staff_page(*READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show a day of all channels; today where no day is named."""
    return _shown(request)


def _shown(request: StaffRequest) -> HttpResponse:
    """The page of a day, or what is wrong with the day."""
    form = _form(request)
    scope = scope_of(request.staff_member)
    compared = _compared(scope, form) if form.is_valid() else None
    context = {
        "section": "mobile_orders",
        "tabs": ORDERS.tabs,
        "tab": "channel_days",
        "form": form,
        "compared": compared,
        "rows": [_row(difference) for difference in compared.differences] if compared else [],
    }
    return render(request, "office/channel_day.html", context, status=200 if compared else 400)


@require_safe
@staff_page(*READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """The differences of a day as a file."""
    form = _form(request)
    if not form.is_valid():
        return _shown(request)
    compared = _compared(scope_of(request.staff_member), form)
    titles = [
        _("Channel"), _("Number given to the channel"), _("Payment order number"), _("Institution code"), _("What differs"),
        _("At the channel (yuan)"), _("Here (yuan)"), _("What mends it"),
    ]  # fmt: skip
    rows = [_cells(difference) for difference in compared.differences]
    return attached(
        kind,
        name="channel-differences",
        sheet=_("Differences"),
        titles=titles,
        rows=rows,
        stamp=f"{compared.day:%Y%m%d}",
    )


def _form(request: StaffRequest) -> DayForm:
    return DayForm(request.GET if request.GET.get("day") else {"day": timezone.localdate()})


def _compared(scope: Scope, form: DayForm) -> ComparedDay:
    day: date = form.cleaned_data["day"]
    return compare_day(day, region=scope.region, institution_id=scope.institution_id)


def _row(difference: Difference) -> dict[str, Any]:
    cause, remedy = _CAUSES[difference.cause]
    return {"difference": difference, "cause": cause, "remedy": remedy}


def _cells(difference: Difference) -> list[Cell]:
    cause, remedy = _CAUSES[difference.cause]
    order = difference.order
    return [
        difference.channel,
        difference.number,
        order.number if order else "",
        order.institution.code if order else "",
        str(cause),
        "" if difference.channel_fen is None else decimal_yuan(difference.channel_fen),
        "" if difference.own_fen is None else decimal_yuan(difference.own_fen),
        str(remedy),
    ]
