"""Forms on contributions and double enrolment: find a person, choose a day, decide what is kept."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

_DAY: Final = {"invalid": _("Write the day as 2026-05-31."), "required": _("Please give the day.")}
_PICKER: Final = {"type": "date"}


class PersonForm(forms.Form):
    """Whose contributions are looked for."""

    person = forms.CharField(
        label=_("Person or document number"), max_length=50, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Please give a number.")},
    )  # fmt: skip


class DayForm(forms.Form):
    """The day on which enrolments are compared; today without it."""

    day = forms.DateField(
        label=_("Day"), required=False, widget=forms.DateInput(attrs=_PICKER, format="%Y-%m-%d"), error_messages=_DAY
    )


class KeepForm(forms.Form):
    """What is kept of a double enrolment, from when the others end, and why."""

    keep = forms.ChoiceField(label=_("Kept"), error_messages={"required": _("Please choose what is kept.")})
    ends_on = forms.DateField(
        label=_("The others end on"), widget=forms.DateInput(attrs=_PICKER, format="%Y-%m-%d"), error_messages=_DAY
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Please give the reason.")},
    )  # fmt: skip

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["keep"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)
        self.initial.setdefault("ends_on", today)
