"""What forms about laws have in common: a day, and two laws of which each is in force on its day."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from yibao.policies import NoPolicyError, PolicyError, schemes
from yibao.policies.references import Chosen, choose


def law_names() -> list[tuple[str, str]]:
    """The laws that are shipped, by region and scheme, as choices."""
    return [(name, name) for name in (f"{region}/{scheme}" for region, scheme in schemes())]


def day_field(label: Any) -> forms.DateField:
    """A day, which a browser shows in the reader's own way."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("This is no day.")},
    )


class TwoLawsForm(forms.Form):
    """For each of two sides the fields `side` and `side_on`; `side_law` is the law that is found."""

    sides: ClassVar[tuple[str, str]]

    def clean(self) -> dict[str, Any]:
        """Find both laws; one that is not in force on its day is said beside the day."""
        cleaned: dict[str, Any] = super().clean() or {}
        for side in self.sides:
            if side in cleaned and f"{side}_on" in cleaned:
                cleaned[f"{side}_law"] = self._found(side, cleaned[side], cleaned[f"{side}_on"])
        return cleaned

    def _found(self, side: str, name: str, day: date) -> Chosen | None:
        """The law of a day."""
        try:
            return choose(name, day)
        except (NoPolicyError, PolicyError):
            self.add_error(f"{side}_on", _("No such law is in force on this day."))
            return None
