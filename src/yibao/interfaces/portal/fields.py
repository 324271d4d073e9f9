"""Fields that read figures as people write them, and say in plain words what is wrong with them."""

import unicodedata
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from yibao.core.money import NotAnAmountError, format_scaled, parse_scaled
from yibao.workflows.estimate_benefits import MOST_FEN

_LONGEST: Final = 30
_CURRENCY: Final = str.maketrans("", "", ",¥￥元 \u3000")


class YuanField(forms.CharField):
    """An amount in yuan as it was typed, 1,234.50 or １２３４．５元, cleaned to fen; nothing typed is none."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=True, **options)

    def clean(self, value: Any) -> int | None:
        """Give the amount in fen.

        :raises ValidationError: it is no amount, is negative or has no bounds.
        """
        text = str(super().clean(value))
        if not text:
            return None
        try:
            amount_fen = parse_scaled(unicodedata.normalize("NFKC", text[:_LONGEST]).translate(_CURRENCY), decimals=2)
        except NotAnAmountError:
            raise ValidationError(
                _("Write an amount in yuan with at most two decimals, for instance 1234.50.")
            ) from None
        if amount_fen < 0:
            raise ValidationError(_("An amount cannot be negative."))
        if amount_fen > MOST_FEN or len(text) > _LONGEST:
            raise ValidationError(
                _("This is more than any bill: at most %(most)s yuan."),
                params={"most": f"{MOST_FEN // 100:,}"},
            )
        return amount_fen


class NumberField(forms.IntegerField):
    """A whole number between two bounds, with one sentence for everything that it is not."""

    def __init__(self, *, least: int, most: int, **options: Any) -> None:
        wrong = format_lazy(_("Write a whole number from {least} to {most}."), least=least, most=most)
        widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
        messages = {"invalid": wrong, "min_value": wrong, "max_value": wrong, **options.pop("error_messages", {})}
        super().__init__(min_value=least, max_value=most, widget=widget, error_messages=messages, **options)


def yuan_of(amount_fen: int) -> str:
    """An amount in fen as it is typed: 1234.50."""
    return format_scaled(amount_fen, decimals=2)
