"""Forms of reconciliation: days to show, a file to compare, institutions to find, a word on an application."""

from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from yibao.domains.files.operations import LARGEST_BYTES
from yibao.domains.reconciliation.models import ClearingApplication, ReconciliationDifference
from yibao.domains.reconciliation.overview import OverviewSearch
from yibao.domains.reconciliation.queries import months_days
from yibao.interfaces.office.form_fields import day_field

_ANY: Final = ("", _("any"))
CLEARING: Final = {"11": _("outpatient"), "21": _("inpatient"), "41": _("pharmacy")}
STATES: Final = (("differs", _("differs")), ("equal", _("equal")), ("none", _("not reconciled")))
CAUSES: Final = ReconciliationDifference.Cause.choices
_MONTH: Final = {"invalid": _("A month is written like 2026-01."), "required": _("Please give the month.")}


def _month(label: Any, *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label, required=required, input_formats=["%Y-%m"], error_messages=_MONTH,
        widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m"),
    )  # fmt: skip


def clearing_name(code: str) -> str:
    """A clearing type in words, or its code; none is all."""
    return str(CLEARING.get(code, code) if code else _("all"))


class MonthForm(forms.Form):
    """Which month is shown."""

    month = _month(_("Month"), required=False)

    def days(self, today: date) -> tuple[date, date]:
        """The first and the last day of the month that was chosen, or of this one; only after `is_valid`."""
        return months_days(self.cleaned_data["month"] or today)


class FileForm(forms.Form):
    """A file of the institution's own settlements, and the days that it is of."""

    first = day_field(_("First day"))
    last = day_field(_("Last day"))
    clearing_type = forms.ChoiceField(label=_("Clearing type"), required=False, choices=[_ANY, *CLEARING.items()])
    file = forms.FileField(
        label=_("File (text, CSV, Excel or ZIP)"), max_length=200,
        widget=forms.FileInput(attrs={"accept": ".txt,.csv,.tsv,.xlsx,.zip"}),
        error_messages={"required": _("Please choose a file."), "empty": _("The file is empty.")},
    )  # fmt: skip

    def clean_file(self) -> Any:
        """Refuse a file that is larger than is kept."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST_BYTES:
            raise forms.ValidationError(_("The file is too large."))
        return file


class OverviewForm(forms.Form):
    """Which institutions are looked for: by a day or a month, state and code."""

    month = _month(_("Month"), required=False)
    day = day_field(_("Or a day"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[_ANY, *STATES])
    institution = forms.RegexField(
        r"^[HPhp][0-9]{11}$", label=_("Institution code"), required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": _("An institution code is H or P and eleven digits.")},
    )  # fmt: skip

    def search(self, today: date) -> OverviewSearch:
        """What was asked for; yesterday without a day or a month. Only after `is_valid`."""
        said = self.cleaned_data
        day = said["day"] or (None if said["month"] else today - timedelta(days=1))
        first, last = (day, day) if day else months_days(said["month"])
        return OverviewSearch(
            first_day=first, last_day=last, institution=said["institution"].upper(), state=said["state"]
        )  # fmt: skip


class CauseForm(forms.Form):
    """Which differences of a reconciliation are shown."""

    cause = forms.ChoiceField(label=_("Cause"), required=False, choices=[_ANY, *CAUSES])


class ApplicationsForm(forms.Form):
    """Which applications for clearing are shown."""

    month = _month(_("Month"), required=False)
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[_ANY, *ClearingApplication.State.choices]
    )  # fmt: skip


class WordForm(forms.Form):
    """The agency's word on an application."""

    word = forms.ChoiceField(
        label=_("Decision"), choices=[("accept", _("accept")), ("return", _("return"))],
        error_messages={"required": _("Please choose a decision.")},
    )  # fmt: skip
    note = forms.CharField(
        label=_("Note"), required=False, max_length=500, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
