"""A law in full: every value that holds on a day, for whom, by which document and article, and how far it is trusted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yibao.core.period import Period
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.claim_words import TRUSTS
from yibao.interfaces.office.export import Cell, attached
from yibao.interfaces.office.law_differences import READERS
from yibao.interfaces.office.simulation_forms import UNITS, WHAT
from yibao.interfaces.office.two_laws import day_field, law_in_force, law_names
from yibao.interfaces.office.words import law_note, own_words, reader_language
from yibao.policies.circumstances import word
from yibao.policies.drafts import Number, described, numbers_of
from yibao.policies.law import Clause, Law, Placed
from yibao.policies.references import Chosen
from yibao.policies.sentence_words import WORDS


class LawForm(forms.Form):
    """A law and the day on which it is asked for."""

    law = forms.ChoiceField(label=gettext_lazy("Law (region/scheme)"), choices=law_names)
    on = day_field(gettext_lazy("on the day"))

    def clean(self) -> dict[str, Any]:
        """Find the law; one that is not in force on the day is said beside it."""
        said: dict[str, Any] = super().clean() or {}
        if "law" in said and "on" in said:
            said["chosen"] = law_in_force(self, name="law", day="on")
        return said


@dataclass(frozen=True, slots=True)
class LawValue:
    """One value of a law: what it is, for whom which amount, its days, and the clause on which it stands."""

    what: str
    lines: Sequence[tuple[str, str]]
    period: str
    clause: Clause
    trust: str
    note: str


@require_safe
@staff_page(*READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show a law of a day; without a question, that of the member's region for employees today."""
    own = {"law": f"{request.staff_member.region_id}/310", "on": timezone.localdate().isoformat()}
    return _page(request, LawForm(request.GET or own))


def _page(request: StaffRequest, form: LawForm) -> HttpResponse:
    """The law that a form asks for, or what is wrong with it."""
    context: dict[str, Any] = {"section": "law", "form": form}
    if not form.is_valid():
        return render(request, "office/law_page.html", context, status=HTTPStatus.BAD_REQUEST)
    chosen: Chosen = form.cleaned_data["chosen"]
    scheme = chosen.law.scheme
    context |= {
        "policy": chosen.policy.policy_id,
        "title": own_words(scheme.title),
        "layers": list(layers_of(chosen.law, chosen.on)),
        "not_paid": [
            (_named(entry.care), law_note(entry.note)) for entry, period in chosen.law.not_paid if chosen.on in period
        ],
        "query": f"law={form.cleaned_data['law']}&on={chosen.on.isoformat()}",
    }
    return render(request, "office/law_page.html", context)


@require_safe
@staff_page(*READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Send a law of a day as CSV or Excel, a row for each amount."""
    form = LawForm(request.GET)
    if not form.is_valid():
        return _page(request, form)
    chosen: Chosen = form.cleaned_data["chosen"]
    titles = [
        _("Layer"), _("What it is"), _("For whom"), _("Value"), _("In force"), _("Document"), _("Article"), _("Link"),
        _("Trust"), _("Note"),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [title, value.what, whom, amount, value.period, value.clause.document or "", value.clause.article or "", value.clause.link or "", value.trust, value.note]
        for title, values in layers_of(chosen.law, chosen.on)
        for value in values
        for whom, amount in value.lines
    ]  # fmt: skip
    return attached(kind, name="law", sheet=chosen.policy.policy_id.replace("/", " "), titles=titles, rows=rows)


def layers_of(law: Law, on: date) -> Iterator[tuple[str, list[LawValue]]]:
    """The layers of a day with their values, in the order of the calculation; then statistics and the account."""
    by_value: dict[Placed, list[Number]] = {}
    for number in numbers_of(law, on):
        by_value.setdefault(number.placed, []).append(number)
    for layer in sorted(law.layers, key=lambda placed: placed.layer.order):
        if on in layer.period:
            said = layer.layer.title
            held = [value for value in layer.all_values() if on in value.period]
            yield own_words(said), [_value(law, value, by_value) for value in held]
    for name, values in law.statistics.items():
        words = law.scheme.statistics[name]
        held = [value for value in values if on in value.period]
        yield own_words(words), [_value(law, value, by_value) for value in held]
    if law.account:
        held = [value for value in law.account if on in value.period]
        yield _("Personal account"), [_value(law, value, by_value) for value in held]


def _value(law: Law, placed: Placed, by_value: dict[Placed, list[Number]]) -> LawValue:
    """One value in the reader's words."""
    value, clause = placed.value, law.clauses[placed.value.clause]
    numbers = by_value.get(placed, [])
    told = [number for number in numbers if number.steps[0] == "value"]
    unit = str(UNITS.get(value.unit, value.unit))
    lines = [(described(number, law, reader_language()), f"{number.text} {unit}") for number in told]
    of = numbers[0].of if numbers else placed.role
    what = str(WHAT.get(str(of), of))
    if placed.role == "adjust":
        what = _("adjusts %(what)s") % {"what": what}
    return LawValue(
        what,
        lines or [("", _plainly(value.value))],
        _days(placed.period),
        clause,
        str(TRUSTS[clause.trust]),
        law_note(clause.note),
    )


def _named(cares: Sequence[str]) -> str:
    """Kinds of care in the reader's words."""
    language = reader_language()
    return WORDS[language]["and"].join(word(care, language) for care in cares)


def _days(period: Period) -> str:
    """The days of a value, the last one told; open when it has no end."""
    last = "" if period.end is None else (period.end - timedelta(days=1)).isoformat()
    return f"{period.start.isoformat()} – {last}".rstrip()


def _plainly(content: Any) -> str:
    """What has no number, as it stands in the file."""
    return ", ".join(map(str, content)) if isinstance(content, list) else str(content)
