"""Forms of emergencies: propose, decide, end a decision; ask for a prepayment, clear it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from yibao.domains.emergencies.models import PrepaymentClearing
from yibao.domains.emergencies.operations import BankAccount
from yibao.interfaces.office.claim_forms import BankForm
from yibao.interfaces.office.form_fields import day_field

_SMALLEST_YUAN: Final = Decimal("0.01")
_LARGEST_YUAN: Final = 100_000_000_000


def _yuan(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=_SMALLEST_YUAN, max_value=_LARGEST_YUAN, decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip


class ProposalForm(forms.Form):
    """A decision that is proposed."""

    emergency = forms.ChoiceField(label=_("Emergency"))
    document = forms.CharField(label=_("Document with its number"), max_length=200)
    valid_from = day_field(_("Benefit days from"))
    valid_until = day_field(_("First day no longer covered (empty: until ended)"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=1000)

    def __init__(self, *args: Any, emergencies: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["emergency"].choices = [(name, name) for name in emergencies]  # type: ignore[attr-defined]  # a choice field


class NoteForm(forms.Form):
    """A note to an approval or a refusal."""

    note = forms.CharField(label=_("Note"), required=False, max_length=1000)


class EndForm(forms.Form):
    """The early end of a decision; its fields stand on one page with those of a prepayment."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "end_%s"

    ends_on = day_field(_("First day no longer covered"))
    document = forms.CharField(label=_("Document with its number"), max_length=200)
    reason = forms.CharField(label=_("Reason"), max_length=1000)


class PrepaymentForm(BankForm):
    """A prepayment that is asked for."""

    field_order = ["institution", "fund", "amount", "document", "bank_name", "account_holder", "account_number"]
    institution = forms.RegexField(
        r"^[HPhp][0-9]{11}$", label=_("Institution code"),
        error_messages={"invalid": _("An institution code is H or P and eleven digits.")},
    )  # fmt: skip
    fund = forms.ChoiceField(label=_("Fund"))
    amount = _yuan(_("Amount (yuan)"))
    document = forms.CharField(label=_("Document with its number"), max_length=200)

    def __init__(self, *args: Any, funds: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fund"].choices = list(funds)  # type: ignore[attr-defined]  # a choice field

    def account(self) -> BankAccount:
        """Where the money goes; only after `is_valid`."""
        said = self.cleaned_data
        return BankAccount(said["bank_name"], said["account_holder"], said["account_number"])


class ClearingForm(forms.Form):
    """A repayment or a set-off of a prepayment; it stands on one page once for each, so its labels hold their fields."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = False

    kind = forms.ChoiceField(label=_("Kind"), choices=PrepaymentClearing.Kind.choices)
    amount = _yuan(_("Amount (yuan)"))
    document = forms.CharField(label=_("Voucher number"), max_length=200)
