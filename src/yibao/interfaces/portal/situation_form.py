"""The one form of the estimator: my situation, the bill, this year so far; made from what the law of the scheme asks."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yibao.core.errors import YibaoError
from yibao.core.money import format_yuan
from yibao.engines.benefits.tables import MAX_AGE
from yibao.interfaces.portal.fields import NumberField, YuanField
from yibao.interfaces.portal.list_reading import UnreadableFileError, read_list, text_of_file
from yibao.interfaces.portal.texts import text_of
from yibao.interfaces.portal.words import ACCUMULATED, CARES, LEVELS, PLACES, STATUSES, own, said
from yibao.policies.language import Accumulator, Text
from yibao.policies.law import NONE, Law
from yibao.workflows.estimate_benefits import Bill, Situation, all_in_scope
from yibao.workflows.price_list import MOST_LINES, ListedLine, RefusedLinesError

LONGEST_LIST: Final = 100_000
"""Characters of a pasted list, bytes of an uploaded one."""
MOST_ADMISSIONS: Final = 99
SHOWN_PROBLEMS: Final = 20
COUNTED: Final = "counted_"
FURTHER: Final = "account_further_"
PARTS: Final = ("full_self_pay", "over_ceiling", "self_pay_first", "in_scope")
_FIELD_OF_REFUSAL: Final[Mapping[str, str]] = {
    "policies.none_in_force": "on",
    "estimate.care_not_given": "level",
    "benefits.broken_identity": "in_scope",
}
_REQUIRED: Final = {"required": _("Please fill this in.")}
_CHOOSE: Final = {"required": _("Please choose one."), "invalid_choice": _("Please choose one of these.")}


def counted_by_year(law: Law) -> dict[str, Accumulator]:
    """What a scheme counts over a year or two, all diseases together; shorter or finer counts are not asked for."""
    kept = {"year", "two_years"}
    return {name: each for name, each in law.scheme.accumulators.items() if each.per in kept and each.by is None}


class SituationForm(forms.Form):
    """Everything the estimate needs, in the order in which a person would tell it."""

    age = NumberField(label=_("Age in full years"), least=0, most=MAX_AGE, error_messages=_REQUIRED)
    status = forms.ChoiceField(label=_("Which group am I in?"), widget=forms.RadioSelect, error_messages=_CHOOSE)
    aid = forms.ChoiceField(
        label=_("Am I recognised for assistance?"), required=False, widget=forms.RadioSelect, error_messages=_CHOOSE
    )
    plan = forms.ChoiceField(
        label=_("Which plan did I pay for?"), required=False, widget=forms.RadioSelect, error_messages=_CHOOSE
    )
    tenure = NumberField(
        label=_("Full years of insurance without a break"), least=0, most=MAX_AGE, required=False, initial=0
    )
    care = forms.ChoiceField(label=_("What kind of care?"), widget=forms.RadioSelect, error_messages=_CHOOSE)
    disease = forms.ChoiceField(
        label=_("Which chronic or special disease is it for?"), required=False, widget=forms.RadioSelect,
        error_messages=_CHOOSE,
    )  # fmt: skip
    level = forms.ChoiceField(
        label=_("Where was it, or where shall it be?"), widget=forms.RadioSelect, error_messages=_CHOOSE,
        help_text=_("The level stands on the bill and on the sign at the entrance; the hospital's counter knows it."),
    )  # fmt: skip
    place = forms.ChoiceField(label=_("In which place?"), widget=forms.RadioSelect, error_messages=_CHOOSE)
    on = forms.DateField(
        label=_("On which day?"),
        help_text=_("The day of the visit, for a stay the day of leaving. The law of that day is applied."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write the day as 2026-05-31."), **_REQUIRED},
    )
    ordinal = NumberField(
        label=_("Which stay of this year is it?"), least=1, most=MOST_ADMISSIONS, required=False, initial=1,
        help_text=_("For stays in hospital only: 1 for the first one of the insurance year, 2 for the second."),
    )  # fmt: skip
    bill_kind = forms.ChoiceField(
        label=_("What do I know of the bill?"),
        widget=forms.RadioSelect,
        initial="total",
        choices=[
            ("total", _("Only the total")),
            ("parts", _("The total and its four parts")),
            ("list", _("The list of items")),
        ],
        error_messages=_CHOOSE,
    )
    total = YuanField(label=_("Total in yuan"), required=False)
    full_self_pay = YuanField(
        label=_("Outside the catalogue (fully self-paid), yuan"), required=False,
        help_text=_("Items that the insurance does not cover at all."),
    )  # fmt: skip
    over_ceiling = YuanField(
        label=_("Above the ceiling price, yuan"), required=False,
        help_text=_("What an item cost more than the highest price that counts."),
    )  # fmt: skip
    self_pay_first = YuanField(
        label=_("Paid first by the person, yuan"), required=False,
        help_text=_("The share of class B items that the person pays before the insurance is asked."),
    )  # fmt: skip
    in_scope = YuanField(
        label=_("Within the policy's scope, yuan"), required=False,
        help_text=_("The rest: this is what the insurance calculates with."),
    )  # fmt: skip
    list_text = forms.CharField(
        label=_("The list of items"), required=False, strip=False, max_length=LONGEST_LIST,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("One item a line: national code, quantity, price, perhaps amount. Copy it from a spreadsheet or type it with commas."),
        error_messages={"max_length": _("The list is too long.")},
    )  # fmt: skip
    list_file = forms.FileField(
        label=_("Or a file (CSV)"), required=False, allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
    )  # fmt: skip
    account_balance = YuanField(
        label=_("Balance of the personal account, yuan"), required=False,
        help_text=_("What is in the account is used first for what you have to pay. Leave it empty to pay in cash."),
    )  # fmt: skip

    def __init__(self, *args: Any, law: Law, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.law = law
        self.lines: list[ListedLine] = []
        scheme = law.scheme
        levels = dict.fromkeys(level for care in scheme.cares.values() for level in care.levels)
        self._choose("care", CARES, scheme.cares)
        self._choose("level", LEVELS, levels)
        self._choose("status", STATUSES, scheme.statuses)
        self._choose("place", PLACES, scheme.places)
        self.initial.setdefault("on", today)
        self.initial.setdefault("place", scheme.places[0])
        for name, named in (("aid", scheme.aids), ("plan", scheme.plans), ("disease", scheme.diseases)):
            self._offer(name, named)
        if not scheme.tenures:
            del self.fields["tenure"]
        if scheme.account is None or not scheme.account.own:
            del self.fields["account_balance"]
        if len(scheme.ordinals) == 1:
            del self.fields["ordinal"]
        for name, accumulator in counted_by_year(self.law).items():
            self.fields[COUNTED + name] = YuanField(
                label=f"{own(accumulator)} ({gettext('yuan')})",
                help_text=ACCUMULATED[accumulator.kind],
                required=False,
            )

    def _choose(self, name: str, words: dict[str, Promise], codes: Iterable[str]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, said(words, code)) for code in codes]

    def _ask_for_balances(self) -> None:
        """One balance of the account, or one for each that the scheme keeps apart, or none."""
        account = self.law.scheme.account
        if account is None:
            del self.fields["account_balance"]
            return
        for place, text in enumerate(account.balances.values()):
            if place == 0:
                self.fields["account_balance"].label = f"{own(text)} ({gettext('yuan')})"
            else:
                self.fields[f"{FURTHER}{place}"] = YuanField(label=f"{own(text)} ({gettext('yuan')})", required=False)

    def _offer(self, name: str, named: Mapping[str, Text]) -> None:
        """Ask for a circumstance that the scheme declares with its own words, the first one chosen; else leave it out."""
        if not named:
            del self.fields[name]
            return
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, own(text)) for code, text in named.items()]
        self.initial.setdefault(name, next(iter(named)))

    def clean_list_file(self) -> None:
        """Put the text of an uploaded list where a pasted one stands, so that it is not lost when something is wrong."""
        uploaded = self.cleaned_data.get("list_file")
        if not isinstance(uploaded, UploadedFile):
            return
        if (uploaded.size or 0) > LONGEST_LIST:
            raise ValidationError(_("The list is too long."))
        try:
            text = text_of_file(uploaded.read())
        except UnreadableFileError as error:
            raise ValidationError(text_of(error)) from None
        self.cleaned_data["list_text"] = text
        shown = MultiValueDict({name: [value] for name, value in self.data.items()})
        shown["list_text"] = text
        self.data = shown

    def clean(self) -> dict[str, Any]:
        """Check the bill as far as its kind asks: a total, parts that are the total, or lines that can be read."""
        given = super().clean() or self.cleaned_data
        match given.get("bill_kind"):
            case "total" | "parts":
                if not given.get("total") and "total" not in self.errors:
                    self.add_error("total", _("Please give the amount of the bill; it cannot be 0."))
                if given["bill_kind"] == "parts" and not self.errors:
                    self._check_parts(given)
            case "list" if not {"list_text", "list_file"} & set(self.errors):
                self._read_lines(given)
            case _:
                pass
        return given

    def _check_parts(self, given: Mapping[str, Any]) -> None:
        """The four parts are the total; an empty one is nothing."""
        parts_fen = sum(given.get(part) or 0 for part in PARTS)
        if parts_fen != given["total"]:
            wrong = gettext("The four parts are %(parts)s yuan together, the total is %(total)s yuan.")
            self.add_error("in_scope", wrong % {"parts": format_yuan(parts_fen), "total": format_yuan(given["total"])})

    def _read_lines(self, given: Mapping[str, Any]) -> None:
        """Read the list."""
        try:
            self.lines = read_list(given.get("list_text") or "")
        except RefusedLinesError as error:
            self.refuse(error)
            return
        if not self.lines:
            self.add_error("list_text", _("Please paste or type the list, or choose a file."))
        elif len(self.lines) > MOST_LINES:
            self.add_error("list_text", _("The list is too long."))

    def refuse(self, error: YibaoError) -> None:
        """Show a refusal at the field that it is about."""
        if isinstance(error, RefusedLinesError):
            for number, problem in error.problems[:SHOWN_PROBLEMS]:
                wrong = gettext("Line %(number)s: %(problem)s")
                self.add_error("list_text", wrong % {"number": number, "problem": text_of(problem)})
            return
        field = _FIELD_OF_REFUSAL.get(error.code)
        if error.code.startswith("estimate.") and field is None:
            field = "list_text" if self.cleaned_data.get("bill_kind") == "list" else "total"
        self.add_error(field, text_of(error))

    def situation(self) -> Situation:
        """The situation that was told; only when the form is valid."""
        given, scheme = self.cleaned_data, self.law.scheme
        is_stay = "inpatient" in {given["care"], scheme.cares[given["care"]].like}
        asked = counted_by_year(self.law)
        counted = {name: given[COUNTED + name] for name in asked if given.get(COUNTED + name) is not None}
        kept_apart = len(scheme.account.balances) if scheme.account else 0
        return Situation(
            region=scheme.region,
            scheme=scheme.scheme,
            on=given["on"],
            care=given["care"],
            level=given["level"],
            status=given["status"],
            place=given["place"],
            age=given["age"],
            ordinal=(given.get("ordinal") or 1) if is_stay else 1,
            aid=given.get("aid") or next(iter(scheme.aids), NONE),
            tenure=given.get("tenure") or 0,
            plan=given.get("plan") or next(iter(scheme.plans), NONE),
            disease=given.get("disease") or next(iter(scheme.diseases), NONE),
            account_balance_fen=given.get("account_balance") or 0,
            further_balances_fen=tuple(given.get(f"{FURTHER}{place}") or 0 for place in range(1, kept_apart)),
            counted=counted,
        )

    def bill(self) -> Bill | list[ListedLine]:
        """The bill that was told; only when the form is valid."""
        given = self.cleaned_data
        match given["bill_kind"]:
            case "list":
                return self.lines
            case "parts":
                return Bill(
                    total_fen=given["total"],
                    full_self_pay_fen=given.get("full_self_pay") or 0,
                    over_ceiling_fen=given.get("over_ceiling") or 0,
                    self_pay_first_fen=given.get("self_pay_first") or 0,
                    in_scope_fen=given.get("in_scope") or 0,
                )
            case _:
                return all_in_scope(given["total"])
