"""The forms to sign in and to activate, in plain words; nothing of a password ever comes back on a page."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_REQUIRED = {"required": _("Please fill this in.")}


def _number() -> forms.CharField:
    return forms.CharField(
        label=_("Identity card number"),
        max_length=50,
        error_messages=_REQUIRED,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class SignInForm(forms.Form):
    """Number and password."""

    number = _number()
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=200,
        error_messages=_REQUIRED,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class ActivationForm(forms.Form):
    """Number, name and the code of the slip, and a password that the person chooses."""

    number = _number()
    name = forms.CharField(
        label=_("Name"),
        max_length=50,
        error_messages=_REQUIRED,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    code = forms.CharField(
        label=_("Activation code"),
        max_length=40,
        error_messages=_REQUIRED,
        help_text=_("Twelve letters and digits on the slip from the counter. Dashes and small letters do not matter."),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=200,
        error_messages=_REQUIRED,
        help_text=_("At least 10 characters, not digits alone. A short sentence that only you know is good."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("The same password again"),
        strip=False,
        max_length=200,
        error_messages=_REQUIRED,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Check that the password is good enough and typed twice alike."""
        given = super().clean() or self.cleaned_data
        password = given.get("password")
        if password:
            try:
                validate_password(password)
            except ValidationError as weak:
                self.add_error("password", weak)
            if given.get("again") and given["again"] != password:
                self.add_error("again", _("The two passwords are not the same."))
        return given
