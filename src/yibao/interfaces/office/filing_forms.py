"""Forms of filings: find them, enter one, decide on one."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from yibao.domains.filings.models import Filing
from yibao.interfaces.office.form_fields import NO_MEMORY, day_field, text_field
from yibao.workflows.file_for_person import FilingWish, person_number_of

_POINT_OF_CARE: Final = "03"
"""biz_appy_type of an ordinary point of care (就医定点医疗机构登记)."""
NEEDED: Final = {
    "transfer": ("institution", "from_institution"),
    "recognition": ("disease_code", "disease_name"),
    "point": ("institution", "rank"),
    "elsewhere": ("destination", "reason"),
}
"""The fields that each kind of filing needs beside person and days."""


def _code(label: Any) -> forms.RegexField:
    return forms.RegexField(
        r"^[HPhp][0-9]{11}$", label=label, required=False, widget=forms.TextInput(attrs=NO_MEMORY),
        error_messages={"invalid": _("An institution code is H or P and eleven digits.")},
    )  # fmt: skip


class FilingSearchForm(forms.Form):
    """Which filings are looked for; nothing for all."""

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("all")), *Filing.Kind.choices])
    standing = forms.ChoiceField(
        label=_("Standing"), required=False, choices=[("", _("all")), *Filing.Standing.choices]
    )
    person = text_field(_("Person or document number"), 50)


class FilingForm(forms.Form):
    """A filing that an officer enters; what a kind does not need may stay empty."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Filing.Kind.choices, initial=Filing.Kind.ELSEWHERE)
    person = forms.CharField(
        label=_("Person or document number"), max_length=50, widget=forms.TextInput(attrs=NO_MEMORY),
        error_messages={"required": _("Please give a number.")},
    )  # fmt: skip
    scheme = forms.ChoiceField(
        label=_("Scheme"), required=False,
        choices=[("", _("the one in force")), ("310", _("employees")), ("390", _("residents"))],
    )  # fmt: skip
    valid_from = day_field(_("From"))
    last_day = day_field(_("Last day (open when empty)"), required=False)
    reason = forms.ChoiceField(
        label=_("Reason of care elsewhere"), required=False, choices=[("", "—"), *Filing.Reason.choices]
    )
    destination = forms.RegexField(
        r"^[0-9]{6}$", label=_("Division of care elsewhere"), required=False,
        widget=forms.TextInput(attrs={**NO_MEMORY, "inputmode": "numeric"}),
        error_messages={"invalid": _("A division code has six digits.")},
    )  # fmt: skip
    disease_code = text_field(_("Disease code"), 30)
    disease_name = text_field(_("Disease"), 200)
    institution = _code(_("Institution: receiving hospital or point of care"))
    from_institution = _code(_("Referring hospital"))
    rank = text_field(_("Place in the order of points of care"), 3)
    document = text_field(_("Document"), 200)

    def clean(self) -> dict[str, Any]:
        """Ask for what the kind needs."""
        told = super().clean() or {}
        for name in NEEDED.get(told.get("kind", ""), ()):
            if not told.get(name) and name not in self.errors:
                self.add_error(name, _("This kind of filing needs it."))
        return told

    def wish(self) -> FilingWish:
        """What shall be filed; only after `is_valid`."""
        told = self.cleaned_data
        is_point = told["kind"] == Filing.Kind.POINT
        details = {"document": told["document"]} if told["document"] else {}
        return FilingWish(
            kind=told["kind"],
            person_number=person_number_of(told["person"].strip()),
            valid_from=told["valid_from"],
            last_day=told["last_day"],
            scheme=told["scheme"] or None,
            disease_code=told["disease_code"],
            disease_name=told["disease_name"],
            institution_code=told["institution"].upper(),
            destination=told["destination"] or None,
            reason=told["reason"] if told["kind"] == Filing.Kind.ELSEWHERE else "",
            details={**details, **({"biz_appy_type": _POINT_OF_CARE, "fix_srt_no": told["rank"]} if is_point else {})},
            from_institution=told["from_institution"].upper(),
        )


class DecisionForm(forms.Form):
    """A decision on a filing: from which day, and why."""

    on = day_field(_("From the day"))
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False, widget=forms.TextInput(attrs=NO_MEMORY))

    def __init__(self, *args: Any, today: date | None = None, needs_reason: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("on", today)
        self.fields["reason"].required = needs_reason


class PlanSearchForm(forms.Form):
    """Which policies are looked for; nothing for all."""

    plan = forms.ChoiceField(label=_("Plan"), required=False)
    person = text_field(_("Person or document number"), 50)

    def __init__(self, *args: Any, plans: Sequence[str], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["plan"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("all")), *((plan, plan) for plan in plans)]


class PlanFileForm(forms.Form):
    """An insurer's list as Excel or CSV."""

    list = forms.FileField(
        label=_("List as Excel or CSV"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
        error_messages={"required": _("Please choose a file."), "empty": _("The file is empty.")},
    )
