"""The forms of agreements: they read what was typed and say what is wrong with it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from yibao.domains.agreements.agreed_prices import PriceWish
from yibao.domains.agreements.conduct import AssessmentSheet, Breach, StaffPoint
from yibao.domains.agreements.models import AgreementKind, Party
from yibao.interfaces.office.words import own_words
from yibao.policies.agreements import Condition
from yibao.workflows.assessment_evidence import Proposed
from yibao.workflows.decide_on_agreement import Verdict

_WRONG_DATE: Final = {"invalid": _("A date is written like 2026-01-31.")}
NUMERIC: Final = {"inputmode": "decimal", "autocomplete": "off"}


def day_field(label: Any) -> forms.DateField:
    """A field for a day."""
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), error_messages=_WRONG_DATE
    )


class OpenForm(forms.Form):
    """What is applied for."""

    kind = forms.ChoiceField(label=_("Agreement"), choices=AgreementKind.choices)
    physician = forms.CharField(label=_("Physician's code (annex only)"), max_length=13, required=False)


class KeyForm(forms.Form):
    """A signing key: of one's own, or kept here."""

    public_key = forms.CharField(
        label=_("Public SM2 key of your own system (empty: the platform keeps a key for you)"), required=False,
        max_length=1000, widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


class AgreementMaterialForm(forms.Form):
    """A material's file."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=60)
    file = forms.FileField(label=_("File"), error_messages={"required": _("Please choose a file.")})


class ReasonForm(forms.Form):
    """Article and reason of a decision."""

    article = forms.CharField(label=_("Article"), max_length=200, required=False)
    note = forms.CharField(
        label=_("Reason"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )  # fmt: skip


class ReviewForm(forms.Form):
    """A verdict on each condition that an officer judges."""

    def __init__(self, *args: Any, conditions: list[Condition], **named: Any) -> None:
        super().__init__(*args, **named)
        self._keys = [each.key for each in conditions if each.check == "declared"]
        for each in conditions:
            if each.check == "declared":
                title = own_words(each.title)
                self.fields[f"met_{each.key}"] = forms.BooleanField(label=title, required=False)
                self.fields[f"note_{each.key}"] = forms.CharField(
                    label=_("What is wanting"), required=False, max_length=500
                )

    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Each condition's box with the field beside it."""
        return [(self[f"met_{key}"], self[f"note_{key}"]) for key in self._keys]

    def verdicts(self) -> dict[str, Verdict]:
        """What the officer said, of a valid form."""
        said = self.cleaned_data
        return {key: Verdict(bool(said[f"met_{key}"]), said[f"note_{key}"].strip()) for key in self._keys}


class AgreementAssessForm(ReasonForm):
    """The result of the professional assessment."""

    result = forms.ChoiceField(label=_("Result"), choices=[("passed", _("passed")), ("failed", _("not passed"))])
    field_order = ("result", "article", "note")


class OfferForm(forms.Form):
    """Number and first day of the agreement."""

    number = forms.CharField(label=_("Agreement number (empty: one is given)"), max_length=60, required=False)
    valid_from = day_field(_("Valid from"))


class AgreementSignatureForm(forms.Form):
    """A signature made elsewhere."""

    signature = forms.CharField(
        label=_("Signature made in your own system (empty: by the key kept here)"), required=False, max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


class SuspendForm(ReasonForm):
    """From which day on, and who asked."""

    begins_on = day_field(_("From"))
    asked_by = forms.ChoiceField(label=_("Asked for by"), choices=Party.choices)
    field_order = ("begins_on", "asked_by", "article", "note")


class ResumeForm(forms.Form):
    """From which day on the agreement holds again."""

    resumes_on = day_field(_("From"))


class LeaveForm(forms.Form):
    """From which day on the institution is out, and whether it is a public one."""

    leaves_on = day_field(_("First day without agreement"))
    is_public = forms.BooleanField(label=_("public institution"), required=False)


class TerminateForm(ReasonForm):
    """From which day on the agreement is over."""

    ends_on = day_field(_("First day without agreement"))
    field_order = ("ends_on", "article", "note")


class AgreementPointsForm(forms.Form):
    """Points of a physician or pharmacist."""

    institution_code = forms.CharField(label=_("Institution code"), max_length=12)
    practitioner_code = forms.CharField(label=_("Code of the member of medical staff"), max_length=13)
    act = forms.ChoiceField(label=_("Act"))
    responsibility = forms.ChoiceField(label=_("Responsibility"), choices=StaffPoint.Responsibility.choices)
    points = forms.IntegerField(label=_("Points"), min_value=1, max_value=12)
    decided_on = day_field(_("Decided on"))
    document = forms.CharField(label=_("Document by which the institution was handled"), max_length=200)
    handled_on = day_field(_("Institution handled on"))
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, acts: list[tuple[str, str]], **named: Any) -> None:
        super().__init__(*args, **named)
        act = self.fields["act"]
        assert isinstance(act, forms.ChoiceField)
        act.choices = acts


class BreachForm(forms.Form):
    """A verified breach."""

    institution_code = forms.CharField(label=_("Institution code"), max_length=12)
    practitioner_code = forms.CharField(
        label=_("Code of the member of medical staff (if any)"), max_length=13, required=False
    )  # fmt: skip
    is_internet = forms.BooleanField(label=_("in internet services"), required=False)
    found_on = day_field(_("Found on"))
    route = forms.ChoiceField(label=_("Way of handling"), choices=Breach.Route.choices)
    handling = forms.ChoiceField(
        label=_("Handling by the agreement"),
        choices=[each for each in Breach.Handling.choices if each[0] != Breach.Handling.NONE],
    )
    amount = forms.DecimalField(
        label=_("Amount (yuan)"), required=False, min_value=0, max_value=1_000_000_000, decimal_places=2,
        widget=forms.TextInput(attrs=NUMERIC),
    )  # fmt: skip
    article = forms.CharField(label=_("Article"), max_length=200)
    document = forms.CharField(label=_("Number of the decision"), max_length=200)
    facts = forms.CharField(label=_("Facts"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))


class PublishForm(forms.Form):
    """What the public reads."""

    summary = forms.CharField(
        label=_("What the public reads"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )


class SheetOfForm(forms.Form):
    """Whose assessment of which year and scope."""

    institution = forms.CharField(label=_("Institution code"), max_length=12)
    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2999)
    scope = forms.ChoiceField(label=_("What is assessed"), choices=AssessmentSheet.Scope.choices)


class SheetForm(forms.Form):
    """The scores of a sheet: each begins with what the records propose; a score that differs says why."""

    def __init__(self, *args: Any, proposed: Sequence[Proposed], **named: Any) -> None:
        super().__init__(*args, **named)
        self._keys = [each.indicator.key for each in proposed]
        for each in proposed:
            key, title = each.indicator.key, each.indicator.title
            name = own_words(title)
            self.fields[f"score_{key}"] = forms.DecimalField(
                label=f"{name} · {each.indicator.weight}%", min_value=0, max_value=100, decimal_places=2,
                initial=None if each.score_e2 is None else Decimal(each.score_e2) / 100,
                widget=forms.TextInput(attrs=NUMERIC),
            )  # fmt: skip
            self.fields[f"reason_{key}"] = forms.CharField(
                label=_("Why it differs from the proposal ({indicator})").format(indicator=name), required=False,
                max_length=500,
            )  # fmt: skip

    def scores_e2(self) -> dict[str, int]:
        """The scores in hundredths by indicator, of a valid form."""
        return {key: int(self.cleaned_data[f"score_{key}"].scaleb(2)) for key in self._keys}

    def reasons(self) -> dict[str, str]:
        """The reasons by indicator, of a valid form."""
        return {key: self.cleaned_data[f"reason_{key}"].strip() for key in self._keys}

    def pairs(self) -> dict[str, tuple[forms.BoundField, forms.BoundField]]:
        """Score and reason by indicator."""
        return {key: (self[f"score_{key}"], self[f"reason_{key}"]) for key in self._keys}


class AgreedPriceForm(forms.Form):
    """A price that the parties agreed on; without one nothing is agreed any more from that day on."""

    item_code = forms.CharField(label=_("Code in the catalogue"), max_length=50)
    price = forms.DecimalField(
        label=_("Price at most (yuan; empty: no longer agreed)"), required=False, min_value=Decimal("0.01"),
        max_value=1_000_000, decimal_places=2, widget=forms.TextInput(attrs=NUMERIC),
    )  # fmt: skip
    valid_from = day_field(_("Valid from"))
    document = forms.CharField(label=_("Document that both parties signed"), max_length=200)

    def wish(self) -> PriceWish:
        """What was said, of a valid form."""
        said = self.cleaned_data
        price_e6 = None if said["price"] is None else int(said["price"].scaleb(6))
        return PriceWish(
            item_code=said["item_code"].strip(), price_e6=price_e6, valid_from=said["valid_from"],
            document=said["document"],
        )  # fmt: skip
