"""The forms of the counter for a person's access: handing out an activation code, writing down who may act."""

from datetime import date
from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from yibao.domains.personal_access.models import Proxy
from yibao.domains.personal_access.queries import channels_on
from yibao.interfaces.office.words import own_name

_NO_MEMORY: Final = {"autocomplete": "off"}
COUNTER: Final = ""
"""The choice that no third party but the counter itself has seen the person."""


class CodeForm(forms.Form):
    """Who has seen the person, and what was shown."""

    channel = forms.ChoiceField(label=_("Seen by"), required=False)
    evidence = forms.CharField(
        label=_("How the identity was checked"),
        max_length=200,
        widget=forms.TextInput(attrs=_NO_MEMORY),
        error_messages={"required": _("Please say how.")},
    )

    def __init__(self, *args: object, on: date, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]  # passed on as they came
        field = self.fields["channel"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(COUNTER, _("this counter"))] + [
            (channel.code, own_name(channel)) for channel in channels_on(on)
        ]


class CounterProxyForm(forms.Form):
    """Who may act for the person: by consent spoken at the counter, or as the guardian of a minor."""

    name = forms.CharField(
        label=_("Name of the family member"), max_length=50, widget=forms.TextInput(attrs=_NO_MEMORY)
    )
    number = forms.CharField(
        label=_("Identity card number of the family member"), max_length=50, widget=forms.TextInput(attrs=_NO_MEMORY)
    )
    relation = forms.CharField(
        label=_("Relation to the person"), max_length=40, widget=forms.TextInput(attrs=_NO_MEMORY)
    )
    basis = forms.ChoiceField(label=_("On what basis"), choices=Proxy.Basis.choices)
    purposes = forms.MultipleChoiceField(
        label=_("What the family member may do"), choices=Proxy.Purpose.choices, widget=forms.CheckboxSelectMultiple
    )
    document = forms.CharField(
        label=_("Proof of consent or guardianship"), max_length=200, widget=forms.TextInput(attrs=_NO_MEMORY)
    )
    until = forms.DateField(
        label=_("Until (this day excluded)"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write the day as 2026-05-31.")},
    )
