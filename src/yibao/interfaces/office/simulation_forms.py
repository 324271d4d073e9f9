"""The forms of a simulation: two laws, whose visits, what is catastrophic, and the numbers that a reform has otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from yibao.domains.simulations.models import SimulationRequest
from yibao.interfaces.office.two_laws import TwoLawsForm, day_field, law_names
from yibao.interfaces.office.words import own_words, reader_language
from yibao.policies.drafts import FILE_NAME, NUMBER, OPEN, Number, described
from yibao.policies.law import Law
from yibao.workflows.simulate_reform import CATASTROPHIC_SHARE_PPM, INCOME_FEN

VISITS_MOST: Final = 20_000_000
FILES_MOST: Final = 12
FILE_BYTES_MOST: Final = 1_000_000
YEARS_MOST: Final = 20
Source = SimulationRequest.Source


def _whole(label: Any, *, least: int, most: int, required: bool = True) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least, max_value=most, required=required)


class LawsForm(TwoLawsForm):
    """The law in force and the law that the reform starts from, each with its day."""

    sides = ("base", "reform")

    base = forms.ChoiceField(label=_("Law in force (region/scheme)"))
    base_on = day_field(_("on the day"))
    reform = forms.ChoiceField(label=_("The reform starts from (region/scheme)"))
    reform_on = day_field(_("on the day"))

    def __init__(self, region: str, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        """Offer the region's own laws as the base, and every law that ships to start from."""
        super().__init__(data, initial=initial)
        known = law_names()
        self.fields["base"].choices = [each for each in known if each[0].startswith(region)]  # type: ignore[attr-defined]
        self.fields["reform"].choices = known  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Find both laws, which must be of one scheme."""
        cleaned = super().clean()
        laws = [cleaned.get(f"{side}_law") for side in self.sides]
        if all(laws) and len({law.law.scheme.scheme for law in laws if law}) > 1:
            self.add_error("reform", _("Both laws must be of the same scheme."))
        return cleaned


class SeveralFiles(forms.ClearableFileInput):
    """A field that takes several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """The files of a draft by name, as text."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> dict[str, str]:
        """Read every file; one that is too large, has no file's name or is no text is refused by name."""
        given: Sequence[UploadedFile[Any]] = [] if not data else data if isinstance(data, list) else [data]
        if len(given) > FILES_MOST:
            raise forms.ValidationError(_("At most %(most)s files."), params={"most": FILES_MOST})
        return {str(super(FilesField, self).clean(file, initial).name): self._text(file) for file in given}

    def _text(self, file: "UploadedFile[Any]") -> str:
        """One file as text."""
        name = {"name": file.name}
        if not FILE_NAME.match(str(file.name)):
            raise forms.ValidationError(_("%(name)s: a policy file is called like inpatient.yaml."), params=name)
        if (file.size or 0) > FILE_BYTES_MOST:
            raise forms.ValidationError(_("%(name)s: the file is too large."), params=name)
        try:
            return str(file.read(), "utf-8")
        except UnicodeDecodeError:
            raise forms.ValidationError(_("%(name)s: this is no text in UTF-8."), params=name) from None


class SimulationForm(forms.Form):
    """Whose visits, over which years, and what is catastrophic; files that the reform has otherwise."""

    title = forms.CharField(label=_("Title"), max_length=80)
    source = forms.ChoiceField(label=_("Whose visits"), choices=Source.choices, initial=Source.CITY)
    first_year = _whole(_("First year"), least=2000, most=2200)
    last_year = _whole(_("Last year"), least=2000, most=2200)
    visits = _whole(_("Visits of a made city"), least=1000, most=VISITS_MOST, required=False)
    seed = _whole(_("Seed of a made city"), least=0, most=2**31 - 1, required=False)
    income = forms.DecimalField(
        label=_("Stated income of a year (yuan)"), min_value=1, max_value=100_000_000, decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip
    share = forms.DecimalField(
        label=_("Catastrophic above this share of it (percent)"), min_value=1, max_value=10_000, decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip
    policy_files = FilesField(
        label=_("Policy files of the reform (YAML; each takes the place of the file of its name)"), required=False,
        widget=SeveralFiles(attrs={"accept": ".yaml", "multiple": True}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Years in order; a made city has one year, a number of visits and a seed."""
        said: dict[str, Any] = super().clean() or {}
        first, last = said.get("first_year"), said.get("last_year")
        if first is not None and last is not None:
            if not first <= last < first + YEARS_MOST:
                self.add_error("last_year", _("The years are not in order, or too many."))
            elif said.get("source") == Source.CITY and first != last:
                self.add_error("last_year", _("A made city has one year."))
        if said.get("source") == Source.CITY:
            for name in ("visits", "seed"):
                if name not in self.errors and said.get(name) is None:
                    self.add_error(name, _("A made city needs this number."))
        else:
            said |= {"visits": None, "seed": None}
        return said


def first_values(year: int) -> dict[str, Any]:
    """What a fresh form says: our defaults."""
    return {
        "first_year": year, "last_year": year, "visits": 1_000_000, "seed": 2026, "income": f"{INCOME_FEN / 100:.2f}",
        "share": f"{CATASTROPHIC_SHARE_PPM / 10_000:.0f}",
    }  # fmt: skip


@dataclass(slots=True)
class NumberRow:
    """One number of the law that may be typed otherwise: how it is called, what it says now, what was typed, what is wrong."""

    place: int
    number: Number
    whom: str
    unit: str
    new: str
    errors: list[str]

    @property
    def name(self) -> str:
        """The name of its field."""
        return f"n:{self.number.key}"


@dataclass(slots=True)
class NumberSection:
    """The numbers of one layer for one purpose."""

    title: str
    what: str
    rows: list[NumberRow]

    @property
    def is_open(self) -> bool:
        """Whether something was typed here."""
        return any(row.new or row.errors for row in self.rows)


WHAT: Final = {
    "deductible": _("deductible"), "bands": _("rates and bands"), "cap": _("cap on payment"),
    "limit": _("limit on cost"), "lump": _("lump sum"), "statistic": _("statistic"), "account": _("what the account may pay"),
}  # fmt: skip
UNITS: Final = {
    "yuan": _("yuan"), "ratio": _("ratio"), "of_statistic": _("ratio of a statistic"), "points": _("points"),
    "factor": _("factor"),
}  # fmt: skip


def sections_of(law: Law, numbers: Sequence[Number], typed: Mapping[str, Any]) -> list[NumberSection]:
    """The numbers of a law as sections, with what was typed beside them."""
    sections: list[NumberSection] = []
    for place, number in enumerate(numbers):
        title = own_words(number.title)
        what = str(WHAT.get(number.of, number.of))
        if not sections or (sections[-1].title, sections[-1].what) != (title, what):
            sections.append(NumberSection(title, what, []))
        unit = "yuan" if number.steps[0] == "edges" else number.placed.value.unit
        new = str(typed.get(f"n:{number.key}", "")).strip()[:40]
        errors = [] if not new or new == OPEN or NUMBER.match(new) else [str(_("This is no number of a law: write it like 0.85 or 1800."))]  # fmt: skip
        row = NumberRow(
            place, number, described(number, law, reader_language()), str(UNITS.get(unit, unit)), new, errors
        )
        sections[-1].rows.append(row)
    return sections


def changes_of(sections: Sequence[NumberSection]) -> dict[str, str]:
    """The numbers that were typed otherwise than they are, by key."""
    rows = (row for section in sections for row in section.rows)
    return {row.number.key: row.new for row in rows if row.new and row.new != row.number.text}
