"""The forms of claims: they read what was typed and say what is wrong with it."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from yibao.core.errors import YibaoError
from yibao.core.money import parse_scaled
from yibao.domains.claims.models import Application, Document
from yibao.domains.claims.operations import Applicant
from yibao.domains.maternity.models import MaternityClaim
from yibao.domains.reimbursement.models import Reimbursement
from yibao.domains.reimbursement.operations import TypedLine
from yibao.domains.visits.models import Visit
from yibao.interfaces.office.form_fields import day_field
from yibao.interfaces.office.words import PLACES, SCHEMES
from yibao.workflows.apply_for_reimbursement import ReimbursementWish
from yibao.workflows.claim_maternity import MaternityWish

_BILL_COLUMNS: Final = 6
_LARGEST_YUAN: Final = 100_000_000


class UnreadableBillLineError(YibaoError):
    """A line of the typed bill has not six columns."""

    code: ClassVar[str] = "office.unreadable_bill_line"


def _yuan(label: Any, *, required: bool = True) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=required, min_value=0, max_value=_LARGEST_YUAN, decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip


def fen_of(yuan: Any) -> int:
    """What a form read in yuan, in fen; an empty field is nothing."""
    return 0 if yuan is None else parse_scaled(yuan, decimals=2)


class BankForm(forms.Form):
    """A bank account that money goes to."""

    bank_name = forms.CharField(label=_("Bank"), max_length=100)
    account_holder = forms.CharField(label=_("Account holder"), max_length=100)
    account_number = forms.RegexField(
        r"^[0-9 ]{8,42}$", label=_("Account number"), max_length=42,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": _("An account number has 8 to 34 digits.")},
    )  # fmt: skip

    def clean_account_number(self) -> str:
        """The digits without blanks."""
        digits = str(self.cleaned_data["account_number"]).replace(" ", "")
        if not 8 <= len(digits) <= 34:
            raise forms.ValidationError(_("An account number has 8 to 34 digits."))
        return digits


class ApplicantForm(BankForm):
    """Who applies for whom, and where the money goes."""

    field_order = ["person", "relation", "applicant_name", "applicant_document", "phone"]

    person = forms.CharField(label=_("Person or document number of the insured"), max_length=50)
    relation = forms.ChoiceField(label=_("Applicant"), choices=Application.Relation.choices)
    applicant_name = forms.CharField(label=_("Name of the applicant"), max_length=100)
    applicant_document = forms.CharField(label=_("Document number of a proxy"), max_length=50, required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=30, required=False)

    def clean(self) -> dict[str, Any]:
        """Ask a proxy for a document."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("relation") not in (None, Application.Relation.SELF) and not said.get("applicant_document"):
            self.add_error("applicant_document", _("Whoever applies for another shows a document."))
        return said

    def applicant(self) -> Applicant:
        """Who applies; only after `is_valid`."""
        said = self.cleaned_data
        return Applicant(
            relation=said["relation"],
            name=said["applicant_name"],
            document=said["applicant_document"],
            phone=said["phone"],
            bank_name=said["bank_name"],
            account_holder=said["account_holder"],
            account_number=said["account_number"],
        )


class ReimbursementForm(ApplicantForm):
    """An application for reimbursement by hand."""

    field_order = [
        *ApplicantForm.field_order, "scheme", "reason", "institution", "care", "began_on", "ended_on", "elsewhere",
    ]  # fmt: skip
    scheme = forms.ChoiceField(label=_("Scheme"), choices=list(SCHEMES.items()))
    reason = forms.ChoiceField(label=_("Why not settled at the counter"), choices=Reimbursement.Reason.choices)
    institution = forms.RegexField(
        r"^[HPhp][0-9]{11}$", label=_("Institution code"),
        error_messages={"invalid": _("An institution code is H or P and eleven digits.")},
    )  # fmt: skip
    care = forms.ChoiceField(label=_("Care"), choices=Visit.Care.choices)
    began_on = day_field(_("First day of care"))
    ended_on = day_field(_("Last day of care"))
    elsewhere = forms.ChoiceField(
        label=_("Care elsewhere counts as"), required=False,
        choices=[("", _("what the filings say")), *(pair for pair in PLACES.items() if pair[0] != "local")],
    )  # fmt: skip

    def wish(self) -> ReimbursementWish:
        """What is applied for; only after `is_valid`."""
        said = self.cleaned_data
        names = ("person", "scheme", "institution", "reason", "care", "elsewhere", "began_on", "ended_on")
        return ReimbursementWish(**{name: said[name] for name in names})


class MaternityForm(ApplicantForm):
    """A maternity claim: allowance and cost in one."""

    field_order = [
        *ApplicantForm.field_order, "event", "happened_on", "pregnancy_weeks", "children", "is_difficult",
        "average_wage", "own_wage", "prenatal_cost", "care_cost", "care_key",
    ]  # fmt: skip
    event = forms.ChoiceField(label=_("Event"), choices=MaternityClaim.Event.choices)
    happened_on = day_field(_("Day of the event"))
    pregnancy_weeks = forms.IntegerField(label=_("Completed weeks of pregnancy"), min_value=1, max_value=45)
    children = forms.IntegerField(label=_("Children born"), min_value=0, max_value=9, initial=1)
    is_difficult = forms.BooleanField(label=_("Difficult birth or caesarean"), required=False)
    average_wage = _yuan(_("Employer's average monthly wage of last year (yuan)"))
    own_wage = _yuan(_("Own monthly wage (yuan)"))
    prenatal_cost = _yuan(_("Cost of prenatal checks (yuan)"), required=False)
    care_cost = _yuan(_("Cost of the delivery or operation (yuan)"), required=False)
    care_key = forms.ChoiceField(label=_("Kind of delivery or operation"), required=False)

    def __init__(self, *args: Any, kinds: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["care_key"].choices = [("", _("none")), *kinds]  # type: ignore[attr-defined]  # a choice field

    def wish(self) -> MaternityWish:
        """What is claimed; only after `is_valid`."""
        said = self.cleaned_data
        return MaternityWish(
            person=said["person"],
            event=said["event"],
            happened_on=said["happened_on"],
            is_difficult=said["is_difficult"],
            children=said["children"],
            pregnancy_weeks=said["pregnancy_weeks"],
            average_wage_fen=fen_of(said["average_wage"]),
            own_wage_fen=fen_of(said["own_wage"]),
            prenatal_cost_fen=fen_of(said["prenatal_cost"]),
            care_cost_fen=fen_of(said["care_cost"]),
            care_key=said["care_key"],
        )


class DocumentForm(forms.Form):
    """A document that was handed in; of an invoice number and amount."""

    kind = forms.ChoiceField(label=_("Document"), choices=Document.Kind.choices)
    number = forms.CharField(label=_("Number"), max_length=60, required=False)
    amount = _yuan(_("Amount of an invoice (yuan)"), required=False)
    file = forms.FileField(label=_("File (only its digest is kept)"), required=False)


class WordsForm(forms.Form):
    """The article a step stands on, and a note."""

    article = forms.CharField(label=_("Article"), max_length=200, required=False)
    note = forms.CharField(label=_("Note"), max_length=1000, required=False)


class ReturnForm(BankForm):
    """The bank returned a payment: why, and the account that is tried next."""

    reason = forms.CharField(label=_("Why the bank returned it"), max_length=200)


class BillForm(forms.Form):
    """Lines of the paper bill, one a row: code, name, quantity, price, amount, day; parted by tabs or commas."""

    lines = forms.CharField(
        label=_("Lines of the bill"), max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
    )  # fmt: skip

    def typed_lines(self) -> list[TypedLine]:
        """The lines; only after `is_valid`.

        :raises UnreadableBillLineError: a row has not six columns, or a day that is none.
        :raises yibao.core.money.NotAnAmountError: a figure is no number.
        """
        rows = [row for row in str(self.cleaned_data["lines"]).splitlines() if row.strip()]
        return [_typed_line(place, row) for place, row in enumerate(rows, 1)]


def _typed_line(place: int, row: str) -> TypedLine:
    """One row of the bill."""
    cells = [cell.strip() for cell in (row.split("\t") if "\t" in row else row.replace("，", ",").split(","))]
    if len(cells) != _BILL_COLUMNS or not cells[1]:
        raise UnreadableBillLineError(line=place)
    code, name, quantity, price, amount, day = cells
    try:
        occurred_on = date.fromisoformat(day)
    except ValueError:
        raise UnreadableBillLineError(line=place) from None
    return TypedLine(
        item_code=code.upper(),
        item_name=name[:200],
        quantity_e4=parse_scaled(quantity, decimals=4),
        price_e6=parse_scaled(price, decimals=6),
        amount_fen=parse_scaled(amount, decimals=2),
        occurred_on=occurred_on,
    )
