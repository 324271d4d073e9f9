"""The form by which an owner's account is shared with a relative."""

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from yibao.domains.enrolment.models import AccountSharing

_NO_MEMORY: Final = {"autocomplete": "off"}


class SharingForm(forms.Form):
    """For whom the account pays: who, what the relative is to the owner, on what proof, until when."""

    relative = forms.CharField(
        label=_("Relative's person or document number"), max_length=50, widget=forms.TextInput(attrs=_NO_MEMORY),
        error_messages={"required": _("Please give a number.")},
    )  # fmt: skip
    name = forms.CharField(
        label=_("Relative's name"), max_length=50, widget=forms.TextInput(attrs=_NO_MEMORY),
        error_messages={"required": _("Please give the name.")},
    )  # fmt: skip
    relation = forms.ChoiceField(
        label=_("The relative is the owner's"), choices=AccountSharing.Relation.choices,
        error_messages={"required": _("Please choose the relation.")},
    )  # fmt: skip
    document = forms.CharField(
        label=_("Proof of relation and consent"), max_length=200, widget=forms.TextInput(attrs=_NO_MEMORY),
        error_messages={"required": _("Please name the proof.")},
    )  # fmt: skip
    until = forms.DateField(
        label=_("Until (open when empty)"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write the day as 2026-05-31.")},
    )  # fmt: skip
