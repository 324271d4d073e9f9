"""What forms about laws have in common: a day, a law that is in force on it, and two such laws."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from yibao.interfaces.office.words import own_words
from yibao.policies import NoPolicyError, PolicyError, schemes, title_of
from yibao.policies.references import Chosen, choose


def law_names() -> list[tuple[str, str]]:
    """The laws that are shipped, by region and scheme, as choices in the reader's language."""
    return [(f"{region}/{scheme}", _title(region, scheme)) for region, scheme in schemes()]


def _title(region: str, scheme: str) -> str:
    """What a law is called, with region and scheme, by which commands and files name it."""
    title = title_of(region, scheme)
    return f"{own_words(title)} ({region}/{scheme})"


def day_field(label: Any) -> forms.DateField:
    """A day, which a browser shows in the reader's own way."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("This is no day.")},
    )


def law_in_force(form: forms.Form, *, name: str, day: str) -> Chosen | None:
    """The law that one field names, in force on the day of another; where there is none, that is said beside the day."""
    try:
        return choose(form.cleaned_data[name], form.cleaned_data[day])
    except (NoPolicyError, PolicyError):
        form.add_error(day, _("No such law is in force on this day."))
        return None


class TwoLawsForm(forms.Form):
    """For each of two sides the fields `side` and `side_on`; `side_law` is the law that is found."""

    sides: ClassVar[tuple[str, str]]

    def clean(self) -> dict[str, Any]:
        """Find both laws; one that is not in force on its day is said beside the day."""
        cleaned: dict[str, Any] = super().clean() or {}
        for side in self.sides:
            if side in cleaned and f"{side}_on" in cleaned:
                cleaned[f"{side}_law"] = law_in_force(self, name=side, day=f"{side}_on")
        return cleaned
