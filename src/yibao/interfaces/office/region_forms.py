"""Forms of care in other regions: draw up a month, pay, dispute, ask and answer, move a prepaid fund."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from yibao.domains.interregional.investigating import Proof
from yibao.domains.interregional.models import Evidence, Inquiry, InquiryAnswer, PrepaidOrder

_SMALLEST_YUAN: Final = Decimal("0.01")
_LARGEST_YUAN: Final = 100_000_000_000
_PROOFS: Final = 3


class MonthForm(forms.Form):
    """The month that is drawn up for all regions whose insured came here."""

    month = forms.DateField(
        label=_("Month"), input_formats=["%Y-%m"],
        error_messages={"invalid": _("A month is written like 2026-01.")},
        widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m"),
    )  # fmt: skip


class StatementSearchForm(forms.Form):
    """Which statements are shown."""

    side = forms.ChoiceField(
        label=_("Side"), required=False,
        choices=[("", _("both")), ("care", _("we claim")), ("enrolment", _("we owe"))],
    )  # fmt: skip
    standing = forms.ChoiceField(
        label=_("Standing"), required=False,
        choices=[
            ("", _("all")), ("drawn", _("drawn up")), ("issued", _("issued")), ("confirmed", _("confirmed")),
            ("paid", _("paid")), ("received", _("received")),
        ],
    )  # fmt: skip


class StepForm(forms.Form):
    """A note to a step of a statement or to a decision."""

    note = forms.CharField(label=_("Note"), required=False, max_length=1000)


class PayForm(forms.Form):
    """The order of a payment."""

    document = forms.CharField(label=_("Document with its number"), max_length=200)


class ReceiveForm(forms.Form):
    """The bank's document on money that came."""

    document = forms.CharField(label=_("Document of the bank with its number"), max_length=200)


class AskForm(forms.Form):
    """What is asked of the place of care about a settlement or a line; it may stand on one page several times."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "ask_%s"

    number = forms.IntegerField(label=_("Settlement"), min_value=1, max_value=2**63 - 1)
    reason = forms.ChoiceField(label=_("What is doubted"), choices=Inquiry.Reason.choices)
    question = forms.CharField(label=_("Question"), max_length=1000)


class AnswerForm(forms.Form):
    """What the place of care found; a field for each fund of the claim, and rows for evidence."""

    finding = forms.ChoiceField(label=_("Finding"), choices=InquiryAnswer.Finding.choices)
    explanation = forms.CharField(label=_("Explanation"), max_length=2000)

    def __init__(self, *args: Any, funds: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._funds = [code for code, _name in funds]
        for code, name in funds:
            self.fields[f"conceded_{code}"] = forms.DecimalField(
                label=_("Conceded of %(fund)s (yuan)") % {"fund": name}, required=False, min_value=Decimal(0),
                max_value=_LARGEST_YUAN, decimal_places=2, widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            )  # fmt: skip
        for place in range(1, _PROOFS + 1):
            self.fields[f"kind_{place}"] = forms.ChoiceField(
                label=_("Evidence %(place)d") % {"place": place}, required=False, choices=Evidence.Kind.choices
            )
            self.fields[f"number_{place}"] = forms.CharField(label=_("Its number"), required=False, max_length=100)
            self.fields[f"digest_{place}"] = forms.RegexField(
                r"^[0-9a-f]{64}$", label=_("SM3 digest of its file"), required=False,
                error_messages={"invalid": _("A digest has 64 hexadecimal digits.")},
            )  # fmt: skip

    def conceded(self) -> Iterator[tuple[str, Decimal]]:
        """What is conceded by fund, in yuan; only after `is_valid`."""
        for code in self._funds:
            yield code, self.cleaned_data[f"conceded_{code}"] or Decimal(0)

    def proofs(self) -> list[Proof]:
        """The documents that were named; only after `is_valid`."""
        said = self.cleaned_data
        return [
            Proof(said[f"kind_{place}"], said[f"number_{place}"], said[f"digest_{place}"])
            for place in range(1, _PROOFS + 1)
            if said[f"number_{place}"]
        ]


class MovementForm(forms.Form):
    """A movement of a prepaid fund that is asked for; `pair` names both regions."""

    pair = forms.ChoiceField(label=_("Place of care ← place of enrolment"))
    fund = forms.ChoiceField(label=_("Fund"))
    kind = forms.ChoiceField(label=_("Kind"), choices=PrepaidOrder.Kind.choices)
    amount = forms.DecimalField(
        label=_("Amount (yuan)"), min_value=_SMALLEST_YUAN, max_value=_LARGEST_YUAN, decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip
    document = forms.CharField(label=_("Document with its number"), max_length=200)
    reason = forms.CharField(label=_("Reason"), required=False, max_length=1000)

    def __init__(
        self,
        *args: Any,
        pairs: Sequence[tuple[str, str]] = (),
        funds: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pair"].choices = list(pairs)  # type: ignore[attr-defined]  # a choice field
        self.fields["fund"].choices = list(funds)  # type: ignore[attr-defined]  # a choice field
