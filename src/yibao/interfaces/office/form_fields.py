"""Fields that many forms of the office have: a day, a line of text that may stay empty."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

NO_MEMORY: Final = {"autocomplete": "off"}
"""For fields in which persons are searched: the browser keeps nothing of them."""
_WRONG_DAY: Final = {"invalid": _("A date is written like 2026-01-31."), "required": _("Please give the day.")}


def day_field(label: Any, *, required: bool = True) -> forms.DateField:
    """A day."""
    return forms.DateField(
        label=label, required=required, error_messages=_WRONG_DAY,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip


def text_field(label: Any, most: int = 50) -> forms.CharField:
    """A line of at most so many letters that may stay empty."""
    return forms.CharField(label=label, required=False, max_length=most, widget=forms.TextInput(attrs=NO_MEMORY))
