"""What is filled in on the pages of electronic prescriptions."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yibao.domains.prescriptions.models import DispensedLine, Dispensing
from yibao.domains.prescriptions.signatures import quantity_text
from yibao.workflows.deliver_prescription import ARRIVED, ON_ITS_WAY


class SignatureForm(forms.Form):
    """The physician signs: by the key that is kept here, after the password, or with a signature of one's own key."""

    password = forms.CharField(
        label=_("Your password"), max_length=200, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    signature = forms.CharField(
        label=_("Signature of your own key, if you have one (hex or Base64)"),
        required=False,
        max_length=400,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class OpinionForm(SignatureForm):
    """A pharmacist approves or refuses, and signs."""

    opinion = forms.CharField(
        label=_("Opinion"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    field_order = ["opinion", "password", "signature"]


class ReasonForm(forms.Form):
    """Why something is undone."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class HandOverForm(forms.Form):
    """The packs that go over the counter: their codes as the scanner writes them, one a line, with the drug's code before them."""

    packs = forms.CharField(
        label=_("Packs, one a line: drug code and trace code, or the trace code alone where one drug is prescribed"),
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        max_length=20_000,
    )
    settlement = forms.IntegerField(
        label=_("Settlement (setl_id), if it was settled"), required=False, min_value=1, max_value=2**63 - 1
    )


class DeliveryForm(forms.Form):
    """How a delivery fares: where it stands, who brings it, under which number."""

    state = forms.ChoiceField(
        label=_("How it fares"), choices=[(ON_ITS_WAY, _("on its way")), (ARRIVED, _("delivered"))]
    )
    carrier = forms.CharField(label=_("Carrier"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    waybill = forms.CharField(
        label=_("Waybill"), required=False, max_length=50, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class ShownCodeForm(forms.Form):
    """The QR of a prescription, as the scanner reads it."""

    code = forms.CharField(
        label=_("QR text of the prescription"), max_length=27, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


def packs_of(text: str, drugs: Collection[str]) -> list[tuple[str, str]]:
    """Drug code and trace code of each line; of a prescription of one drug the scanned code alone will do.

    A line of another form has an empty trace code, which is refused as not scanned.
    """
    rows = [line.split() for line in text.splitlines() if line.strip()]
    if len(drugs) == 1:
        rows = [[*drugs, *row] if len(row) == 1 and row[0] not in drugs else row for row in rows]
    return [(row[0], row[1] if len(row) == 2 else "") for row in rows]


def returns_of(sale: Dispensing) -> list[dict[str, Any]]:
    """The rows of a sale that may come back, as the page offers them."""
    back = DispensedLine.objects.filter(dispensing__undoes=sale)
    codes = {code for row in back for code in row.trace_codes}
    return [
        {"sale": sale, "row": row, "quantity": quantity_text(row.quantity_e4), "codes": "、".join(row.trace_codes)}
        for row in sale.lines.all()
        if not (codes & set(row.trace_codes))
    ]
