"""The form that searches settlements: it reads what was typed and says what is wrong with it."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from yibao.domains.settlement.found_settlements import SettlementSearch
from yibao.domains.visits.models import Visit
from yibao.interfaces.office.words import SCHEMES

_LARGEST: Final = 2**63 - 1
_ANY: Final = ("", _("any"))
_NUMBER: Final = {"inputmode": "numeric", "autocomplete": "off"}
_TEXT: Final = {"autocomplete": "off"}
_WRONG_NUMBER: Final = {
    "invalid": _("A whole number is wanted."),
    "min_value": _("A whole number is wanted."),
    "max_value": _("This number is too large."),
}


class SettlementSearchForm(forms.Form):
    """What settlements are searched by; every field may stay empty."""

    settlement = forms.IntegerField(
        label=_("Settlement number (setl_id)"), required=False, min_value=1, max_value=_LARGEST,
        widget=forms.TextInput(attrs=_NUMBER), error_messages=_WRONG_NUMBER,
    )  # fmt: skip
    visit = forms.IntegerField(
        label=_("Visit number (mdtrt_id)"), required=False, min_value=1, max_value=_LARGEST,
        widget=forms.TextInput(attrs=_NUMBER), error_messages=_WRONG_NUMBER,
    )  # fmt: skip
    msgid = forms.CharField(
        label=_("Message number (msgid)"), required=False, max_length=30, widget=forms.TextInput(attrs=_TEXT)
    )
    person = forms.CharField(
        label=_("Person or document number"), required=False, max_length=50, widget=forms.TextInput(attrs=_TEXT)
    )
    institution = forms.RegexField(
        r"^[HPhp][0-9]{11}$", label=_("Institution code"), required=False, widget=forms.TextInput(attrs=_TEXT),
        error_messages={"invalid": _("An institution code is H or P and eleven digits.")},
    )  # fmt: skip
    scheme = forms.ChoiceField(label=_("Scheme"), required=False, choices=[_ANY, *SCHEMES.items()])
    care = forms.ChoiceField(label=_("Care"), required=False, choices=[_ANY, *Visit.Care.choices])
    standing = forms.ChoiceField(
        label=_("Standing"), required=False,
        choices=[_ANY, ("standing", _("stands")), ("reversed", _("reversed")), ("reversal", _("is a reversal"))],
    )  # fmt: skip
    first = forms.DateField(
        label=_("Settled from"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("A date is written like 2026-01-31.")},
    )  # fmt: skip
    last = forms.DateField(
        label=_("Settled until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("A date is written like 2026-01-31.")},
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Refuse a range of days that ends before it begins."""
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The range of days ends before it begins."))
        return cleaned

    def search(self) -> SettlementSearch:
        """What was asked for; only after `is_valid`."""
        said = self.cleaned_data
        return SettlementSearch(
            settlement_id=said["settlement"],
            visit_id=said["visit"],
            msgid=said["msgid"],
            person=said["person"],
            institution=said["institution"].upper(),
            scheme=said["scheme"],
            care=said["care"],
            standing=said["standing"],
            settled_from=_midnight(said["first"]),
            settled_until=_midnight(said["last"] + timedelta(days=1)) if said["last"] else None,
        )


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, ZoneInfo(settings.TIME_ZONE)) if day else None
