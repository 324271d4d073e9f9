"""Forms of care over the internet: audit, review, verify; budgets; price items."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from yibao.domains.internet_care.models import BudgetChange, InternetMechanism, Review
from yibao.domains.price_items.models import Need, ServiceKind
from yibao.interfaces.office.internet_words import CONDITIONS, LEVELS, rule_name

_WRONG_DATE: Final = {"invalid": _("A date is written like 2026-01-31.")}
_SMALLEST_YUAN: Final = Decimal("0.01")
_LARGEST_YUAN: Final = 100_000_000_000
_E6: Final = 1_000_000
_PLAIN = {"inputmode": "decimal", "autocomplete": "off"}


def day_field(label: Any) -> forms.DateField:
    """A day."""
    return forms.DateField(
        label=label, error_messages=_WRONG_DATE, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class AuditForm(forms.Form):
    """Which days are audited."""

    first_day = day_field(_("Settled from"))
    last_day = day_field(_("Settled until"))

    def clean(self) -> dict[str, Any]:
        """The last day is not before the first."""
        said = super().clean() or {}
        if said.get("first_day") and said.get("last_day") and said["last_day"] < said["first_day"]:
            self.add_error("last_day", _("The last day lies before the first."))
        return said


class ReviewForm(forms.Form):
    """A reviewer's word; lines that are not to be paid, none: the whole settlement."""

    verdict = forms.ChoiceField(label=_("Verdict"), choices=Review.Verdict.choices)
    route = forms.ChoiceField(label=_("Who deals with it"), choices=Review.Route.choices)
    lines = forms.MultipleChoiceField(
        label=_("Lines that are not paid (none: all of it)"), required=False, widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, lines: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lines"].choices = list(lines)  # type: ignore[attr-defined]  # a choice field

    def clean(self) -> dict[str, Any]:
        """Only violations go further."""
        said = super().clean() or {}
        if said.get("verdict") == Review.Verdict.APPROVE and said.get("route") not in {None, Review.Route.NONE}:
            self.add_error("route", _("What is compliant goes no further."))
        return said


class VerificationForm(forms.Form):
    """A second officer's note."""

    note = forms.CharField(label=_("Note"), required=False, max_length=1000)


class BudgetForm(forms.Form):
    """A step of an institution's budget; an adjustment may be negative."""

    institution = forms.RegexField(
        r"^[Hh][0-9]{11}$", label=_("Institution code"),
        error_messages={"invalid": _("The code of a hospital is H and eleven digits.")},
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("Kind"), choices=BudgetChange.Kind.choices)
    amount = forms.DecimalField(
        label=_("Amount (yuan)"), min_value=-_LARGEST_YUAN, max_value=_LARGEST_YUAN, decimal_places=2,
        widget=forms.TextInput(attrs=_PLAIN),
    )  # fmt: skip
    document = forms.CharField(label=_("Document with its number"), max_length=200)
    reason = forms.CharField(label=_("Reason"), max_length=1000)

    def clean_amount(self) -> Decimal:
        """A step changes something."""
        amount: Decimal = self.cleaned_data["amount"]
        if not amount:
            raise forms.ValidationError(_("A step of nought changes nothing."))
        return amount


class MechanismForm(forms.Form):
    """A mechanism that an institution reports: its rules, who is responsible, from when."""

    kind = forms.ChoiceField(label=_("Mechanism"), choices=InternetMechanism.Kind.choices)
    document = forms.CharField(label=_("Document with its number"), max_length=200)
    responsible = forms.RegexField(
        r"^[DYNdyn][0-9]{12}$", label=_("Code of the responsible physician or pharmacist"),
        error_messages={"invalid": _("The code of a practitioner is D, Y or N and twelve digits.")},
    )  # fmt: skip
    valid_from = day_field(_("Valid from"))
    content = forms.CharField(label=_("Content"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))


class MechanismCheckForm(forms.Form):
    """Whether a mechanism is in place."""

    word = forms.ChoiceField(label=_("Result"), choices=[("yes", _("in place")), ("no", _("not in place"))])
    note = forms.CharField(label=_("What was looked at"), max_length=1000)


class ItemForm(forms.Form):
    """A price item that an institution proposes: what it is, evidence for the five conditions, prices by level."""

    name = forms.CharField(label=_("Name"), max_length=200)
    unit = forms.CharField(label=_("Unit"), max_length=20)
    service_kind = forms.ChoiceField(label=_("Kind of service"), choices=ServiceKind.choices)
    need = forms.ChoiceField(label=_("Need"), choices=Need.choices)
    is_between_institutions = forms.BooleanField(
        label=_("Between institutions, for no specific patient"), required=False
    )
    content = forms.CharField(label=_("Content"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in CONDITIONS.items():
            self.fields[f"condition_{name}"] = forms.CharField(
                label=str(label), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
            )
        for level, label in LEVELS.items():
            self.fields[f"price_{level}"] = forms.DecimalField(
                label=str(label), required=False, min_value=_SMALLEST_YUAN, max_value=_LARGEST_YUAN, decimal_places=2,
                widget=forms.TextInput(attrs=_PLAIN),
            )  # fmt: skip

    def wish(self) -> dict[str, Any]:
        """What is proposed; only after `is_valid`."""
        said = self.cleaned_data
        prices = {level: said[f"price_{level}"] for level in LEVELS}
        plain = ("name", "unit", "service_kind", "need", "is_between_institutions", "content")
        return {
            **{name: said[name] for name in plain},
            "conditions": {name: said[f"condition_{name}"] for name in CONDITIONS},
            "prices_e6": {level: int(yuan * _E6) for level, yuan in prices.items() if yuan is not None},
        }


class ItemDecisionForm(forms.Form):
    """A decision on a proposed item, with a word on each finding."""

    code = forms.RegexField(
        r"^[A-Za-z0-9]{4,50}$", label=_("Code in the catalogue"), required=False,
        error_messages={"invalid": _("A code is of letters and digits, four at least.")},
    )  # fmt: skip
    valid_from = forms.DateField(
        label=_("Valid from"), required=False, error_messages=_WRONG_DATE,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    is_payable = forms.BooleanField(label=_("The fund pays it"), required=False)
    document = forms.CharField(label=_("Document with its number"), required=False, max_length=200)
    health_document = forms.CharField(
        label=_("Document of the health authority, for a guided price"), required=False, max_length=200
    )
    note = forms.CharField(label=_("Note"), max_length=1000)

    def __init__(
        self, *args: Any, findings: Sequence[Mapping[str, Any]] = (), accepts: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.keys = [found["key"] for found in findings if not found["is_binding"]]
        for place, key in enumerate(self.keys):
            label = f"{rule_name(key.partition(':')[0])} {key.partition(':')[2]}".strip()
            self.fields[f"reason_{place}"] = forms.CharField(label=label, required=False, max_length=500)
        if accepts:
            for name in ("code", "valid_from", "document"):
                self.fields[name].required = True

    def reasons(self) -> dict[str, str]:
        """The words on the findings by their key; only after `is_valid`."""
        return {key: self.cleaned_data[f"reason_{place}"] for place, key in enumerate(self.keys)}
