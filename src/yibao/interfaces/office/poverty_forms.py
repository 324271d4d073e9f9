"""Forms of the poverty watch: search listings, enter a decision."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from yibao.domains.assistance.models import WatchDecision, WatchListing
from yibao.domains.assistance.queries import LISTED, WatchSearch
from yibao.interfaces.office.words import own_words
from yibao.policies.poverty_watch import Recognition

_ANY: Final = ("", _("any"))
_DAY: Final = {"invalid": _("Write the day as 2026-05-31."), "required": _("Please give the day.")}
_YEAR: Final = dict.fromkeys(("invalid", "min_value", "max_value"), _("A year is wanted, as 2026."))
STATES: Final = ((LISTED, _("listed")), *WatchDecision.Step.choices)


class WatchSearchForm(forms.Form):
    """What listings are searched by; every field may stay empty."""

    year = forms.IntegerField(
        label=_("Benefit year"), required=False, min_value=2000, max_value=2999,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}), error_messages=_YEAR,
    )  # fmt: skip
    signal = forms.ChoiceField(label=_("Signal"), required=False, choices=[_ANY, *WatchListing.Signal.choices])
    state = forms.ChoiceField(label=_("State"), required=False, choices=[_ANY, *STATES])
    person = forms.CharField(
        label=_("Person number or document number"), required=False, max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def search(self) -> WatchSearch:
        """What was asked for; only when the form is valid."""
        given = self.cleaned_data
        return WatchSearch(
            year=given.get("year"),
            signal=given.get("signal", ""),
            state=given.get("state", ""),
            person=given.get("person", "").strip(),
        )


class DecisionForm(forms.Form):
    """The next step of a listing: which, when, by which document; a recognition names the status and its first day."""

    step = forms.ChoiceField(label=_("Step"), error_messages={"required": _("Please choose a step.")})
    decided_on = forms.DateField(
        label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), error_messages=_DAY
    )
    document = forms.CharField(
        label=_("Document"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Please name the document or the list by which it was done.")},
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("Recognised status"), required=False)
    status_from = forms.DateField(
        label=_("Status holds from"), required=False, error_messages=_DAY,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    note = forms.CharField(
        label=_("Note"), required=False, max_length=500, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(
        self, *args: Any, steps: Sequence[str], recognitions: Sequence[Recognition], today: date, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        offered = [(step.value, step.label) for step in WatchDecision.Step if step.value in steps]
        named = [(each.kind, own_words(each)) for each in recognitions]
        for name, choices in (("step", offered), ("kind", [("", "–"), *named])):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices
        self.initial.setdefault("decided_on", today)
        if WatchDecision.Step.RECOGNISED not in steps:
            del self.fields["kind"], self.fields["status_from"]

    def clean(self) -> dict[str, Any]:
        """A recognition names status and first day, the other steps name neither."""
        given = super().clean() or self.cleaned_data
        recognised = given.get("step") == WatchDecision.Step.RECOGNISED
        for name, wanting in (
            ("kind", _("Please choose the recognised status.")),
            ("status_from", _("Please give the day from which the status holds.")),
        ):
            if name not in self.fields or name in self.errors:
                continue
            if recognised and not given.get(name):
                self.add_error(name, wanting)
            if not recognised and given.get(name):
                self.add_error(name, _("Only a recognition has this."))
        return given
