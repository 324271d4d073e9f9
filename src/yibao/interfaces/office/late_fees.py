"""Late fees of employers in the office: which there are and why, what is owed, paying, and waiving with four eyes."""

from collections.abc import Iterator
from datetime import date
from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.core.money import format_yuan
from yibao.domains.enrolment.models import LateFee
from yibao.domains.enrolment.waiving import decide_waiver, late_fees_of, propose_waiver
from yibao.domains.staff.models import StaffMember
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.claim_forms import fen_of
from yibao.interfaces.office.export import EXPORT_ROWS_MAX, Cell, TooManyRowsError, attached, decimal_yuan
from yibao.interfaces.office.texts import text_of
from yibao.interfaces.office.words import SCHEMES, scheme_name
from yibao.policies import NoPolicyError
from yibao.policies.contribution_terms import contribution_law
from yibao.policies.law import Clause
from yibao.workflows.arrears import RunningFee, running_fees
from yibao.workflows.pay_late_fees import pay_late_fees
from yibao.workflows.record_payment import Incoming

SECTION: Final = "contributions"
PAGE_ROWS: Final = 50
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR)
STANDINGS: Final[dict[str, Promise]] = {
    "owed": gettext_lazy("owed"), "paid": gettext_lazy("paid"), "proposed": gettext_lazy("waiver proposed"),
    "waived": gettext_lazy("waived"), "gone": gettext_lazy("fell away with its payment"),
}  # fmt: skip


class LateFeeSearchForm(forms.Form):
    """Which late fees are shown."""

    employer = forms.CharField(label=gettext_lazy("Employer's code"), required=False, max_length=30)
    standing = forms.ChoiceField(
        label=gettext_lazy("Standing"), required=False, choices=[("", gettext_lazy("all")), *STANDINGS.items()]
    )


class LateFeePaymentForm(forms.Form):
    """Money that came in for all late fees that an employer owes."""

    employer = forms.CharField(label=gettext_lazy("Employer's code"), max_length=30)
    scheme = forms.ChoiceField(label=gettext_lazy("Scheme"), choices=[("310", SCHEMES["310"])])
    number = forms.CharField(label=gettext_lazy("Number of the voucher"), max_length=40)
    amount = forms.DecimalField(
        label=gettext_lazy("Amount (yuan)"), min_value=0, max_value=100_000_000_000, decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip
    paid_on = forms.DateField(
        label=gettext_lazy("Paid on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean_paid_on(self) -> date:
        """A day that was."""
        day: date = self.cleaned_data["paid_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("The day lies ahead."))
        return day


class WaiverForm(forms.Form):
    """The article by which chosen late fees are waived, and why it holds for them."""

    document = forms.CharField(label=gettext_lazy("Document that lets it be waived"), max_length=200)
    article = forms.CharField(label=gettext_lazy("Article"), max_length=100)
    reason = forms.CharField(label=gettext_lazy("Why it holds here"), max_length=500)


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """List the late fees of the region with their reasons, what runs up now, and where money is entered or a waiver proposed."""
    return _page(request)


@require_POST
@staff_page(Role.AGENCY)
def pay(request: StaffRequest) -> HttpResponse:
    """Enter money for all that an employer owes of late fees; anything else than the whole is refused."""
    form = LateFeePaymentForm(request.POST, auto_id="id_payment_%s")
    if not form.is_valid():
        return _page(request, payment=form, status=HTTPStatus.BAD_REQUEST)
    said = form.cleaned_data
    incoming = Incoming(
        number=said["number"], region=request.staff_member.region_id, scheme=said["scheme"],
        amount_fen=fen_of(said["amount"]), paid_on=said["paid_on"], at=timezone.now(),
        actor=request.user.get_username(), employer_code=said["employer"],
    )  # fmt: skip
    try:
        pay_late_fees(incoming)
    except YibaoError as error:
        form.add_error(None, text_of(error))
        return _page(request, payment=form, status=HTTPStatus.CONFLICT)
    return redirect("office:late_fees")


@require_POST
@staff_page(Role.AGENCY)
def propose(request: StaffRequest) -> HttpResponse:
    """Propose to waive chosen late fees; another officer decides."""
    form = WaiverForm(request.POST)
    chosen = [int(fee) for fee in request.POST.getlist("fee") if fee.isascii() and fee.isdigit() and len(fee) <= 18]
    if not chosen:
        form.add_error(None, _("Please choose late fees."))
    if not form.is_valid():
        return _page(request, waiver=form, chosen=chosen, status=HTTPStatus.BAD_REQUEST)
    try:
        propose_waiver(
            region=request.staff_member.region_id, fees=chosen, actor=request.user.get_username(), at=timezone.now(),
            **form.cleaned_data,
        )  # fmt: skip
    except YibaoError as error:
        form.add_error(None, text_of(error))
        return _page(request, waiver=form, chosen=chosen, status=HTTPStatus.CONFLICT)
    return redirect("office:late_fees")


@require_POST
@staff_page(Role.AGENCY)
def decide(request: StaffRequest, waiver_id: int) -> HttpResponse:
    """Approve or refuse a waiver that another officer proposed."""
    decision = request.POST.get("decision", "")
    if waiver_id >= 2**63 or decision not in {"approve", "refuse"}:
        return not_found(request)
    try:
        decided = decide_waiver(
            region=request.staff_member.region_id, waiver_id=waiver_id, is_approved=decision == "approve",
            note=request.POST.get("note", "").strip()[:1000], actor=request.user.get_username(), at=timezone.now(),
        )  # fmt: skip
    except YibaoError as error:
        return _page(request, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:late_fees") if decided else not_found(request)


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Take out all that was found as CSV or Excel; too much is refused, not cut off."""
    form = LateFeeSearchForm(request.GET)
    if not form.is_valid():
        return _page(request)
    found = list(_found(request, form)[: EXPORT_ROWS_MAX + 1])
    if len(found) > EXPORT_ROWS_MAX:
        refusal = text_of(TooManyRowsError(most=f"{EXPORT_ROWS_MAX:,}"))
        return _page(request, refusal=refusal, status=HTTPStatus.BAD_REQUEST)
    titles = [
        _("Employer's code"), _("Employer"), _("Scheme"), _("Period from"), _("Sum owed (yuan)"), _("In arrears from"),
        _("Paid on"), _("Days in arrears"), _("Late fee (yuan)"), _("Clause"), _("Standing"), _("Voucher of the payment"),
        _("Waived by"),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            fee.employer.code, fee.employer.name, scheme_name(fee.scheme), fee.period_start.isoformat(),
            decimal_yuan(fee.principal_fen), fee.arrears_from.isoformat(), fee.paid_on.isoformat(), fee.days,
            decimal_yuan(fee.fee_fen), fee.clause, str(STANDINGS[standing_of(fee)]),
            ", ".join(payment.receipt.number for payment in fee.payments.all()),
            ", ".join(f"{waiver.document} {waiver.article}" for waiver in _approved(fee)),
        ]
        for fee in found
    ]  # fmt: skip
    return attached(kind, name="late-fees", sheet=_("Late fees"), titles=titles, rows=rows)


def standing_of(fee: LateFee) -> str:
    """How a late fee stands: the key of its word."""
    if hasattr(fee.receipt, "reversal"):
        return "gone"
    for name in ("paid", "waived", "proposed"):
        if getattr(fee, f"is_{name}"):
            return name
    return "owed"


def _approved(fee: LateFee) -> list[Any]:
    """The waivers of a late fee that were approved."""
    return [waiver for waiver in fee.waivers.all() if hasattr(waiver, "decision") and waiver.decision.is_approved]


def _found(request: StaffRequest, form: LateFeeSearchForm) -> Any:
    """The late fees of the region that the form asks for."""
    found: Any = late_fees_of(request.staff_member.region_id)
    if code := form.cleaned_data["employer"].strip():
        found = found.filter(employer__code=code)
    standing = form.cleaned_data["standing"]
    if standing == "gone":
        return found.exclude(receipt__reversal=None)
    if standing:
        found = found.filter(receipt__reversal=None)
    if standing == "owed":
        return found.filter(is_paid=False, is_waived=False, is_proposed=False)
    return found.filter(**{f"is_{standing}": True}) if standing else found


def _page(
    request: StaffRequest,
    *,
    payment: LateFeePaymentForm | None = None,
    waiver: WaiverForm | None = None,
    chosen: list[int] | None = None,
    refusal: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The list with its forms, what was refused on top of it."""
    member = request.staff_member
    form = LateFeeSearchForm(request.GET)
    found = _found(request, form) if form.is_valid() else late_fees_of(member.region_id).none()
    page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
    may_work = member.role == Role.AGENCY
    today = timezone.localdate()
    context: dict[str, Any] = {
        "section": SECTION,
        "form": form,
        "page": page,
        "rows": list(_rows(member, page.object_list, chosen or [])),
        "running": _running(member.region_id, today),
        "today": today,
        "may_work": may_work,
        "payment": (payment or LateFeePaymentForm(initial={"paid_on": today}, auto_id="id_payment_%s")) if may_work else None,
        "waiver": (waiver or WaiverForm()) if may_work else None,
        "refusal": refusal,
        "query": "&".join(f"{name}={value}" for name, value in form.cleaned_data.items() if value) if form.is_valid() else "",
    }  # fmt: skip
    return render(request, "office/late_fees.html", context, status=status)


def _rows(member: StaffMember, fees: Any, chosen: list[int]) -> Iterator[dict[str, Any]]:
    """Late fees as the page shows them, each with its reason and its waivers."""
    clauses = _clauses(member.region_id)
    for fee in fees:
        standing = standing_of(fee)
        clause = clauses.get(fee.clause)
        yield {
            "fee": fee,
            "scheme": scheme_name(fee.scheme),
            "standing": standing,
            "word": STANDINGS[standing],
            "basis": " ".join(part for part in ((clause.document, clause.article) if clause else ()) if part),
            "link": clause.link if clause else None,
            "is_chosen": fee.pk in chosen,
            "vouchers": [payment.receipt.number for payment in fee.payments.all()],
            "waivers": [
                {
                    "waiver": each,
                    "decision": getattr(each, "decision", None),
                    "is_own": each.proposed_by == member.user.get_username(),
                }
                for each in fee.waivers.all()
            ],
        }


def _clauses(region: str) -> dict[str, Clause]:
    """What the clauses of the region's law of contributions stand on."""
    try:
        return dict(contribution_law(region).clauses)
    except NoPolicyError:
        return {}


def _running(region: str, today: date) -> list[tuple[RunningFee, str, str]]:
    """What employers would owe if they paid today, with the fee in yuan and the scheme's name."""
    try:
        return [(each, format_yuan(each.fee_fen), scheme_name(each.scheme)) for each in running_fees(region, today)]
    except NoPolicyError:
        return []
