"""Emergencies in the office: which decisions there are, a new proposal, one decision with its prepayments and steps."""

from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.core.identity import mask
from yibao.domains.emergencies.models import EmergencyDecision
from yibao.domains.emergencies.queries import (
    balances_of,
    last_day_of,
    prepayments_of,
    standing_of,
    visible_decisions,
)
from yibao.domains.ledger.models import Fund
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.claim_pages import FormRefusedError
from yibao.interfaces.office.emergency_forms import ClearingForm, EndForm, NoteForm, PrepaymentForm, ProposalForm
from yibao.interfaces.office.emergency_steps import STEPS, funds_offered
from yibao.interfaces.office.export import attached, decimal_yuan
from yibao.interfaces.office.texts import text_of
from yibao.interfaces.office.words import own_name, scheme_name
from yibao.workflows.decide_emergency import emergencies_of, propose, schemes_with

SECTION: Final = "emergencies"
DECISIONS_MAX: Final = 100
_LARGEST: Final = 2**63 - 1
Role = StaffMember.Role
STANDINGS: Final[dict[str, Promise]] = {
    "proposed": gettext_lazy("waits for a decision"),
    "refused": gettext_lazy("refused"),
    "coming": gettext_lazy("approved, not begun"),
    "in_force": gettext_lazy("in force"),
    "ended": gettext_lazy("over"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Role.AGENCY, Role.AUDITOR)
def show(request: StaffRequest) -> HttpResponse:
    """List the decisions of the member's region, newest first; an officer proposes a new one here."""
    member, today = request.staff_member, timezone.localdate()
    may_work = member.role == Role.AGENCY
    if request.method == "POST" and not may_work:
        return not_found(request)
    form = ProposalForm(request.POST or None, emergencies=emergencies_of(member.region_id, today))
    refusal, status = "", HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.BAD_REQUEST
        if form.is_valid():
            try:
                decision = propose(**form.cleaned_data, member=member, at=timezone.now())
            except YibaoError as error:
                refusal, status = text_of(error), HTTPStatus.CONFLICT
            else:
                return redirect("office:emergency", decision.pk)
    found = visible_decisions(scope_of(member))[:DECISIONS_MAX]
    context = {
        "section": SECTION,
        "rows": [(row, last_day_of(row), STANDINGS[standing_of(row, today)]) for row in found],
        "form": form if may_work else None,
        "refusal": refusal,
    }
    return render(request, "office/emergencies.html", context, status=status)


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def show_one(request: StaffRequest, decision_id: int) -> HttpResponse:
    """Show one decision of the member's region with its prepayments."""
    decision = _find(request, decision_id)
    return not_found(request) if decision is None else _render(request, decision)


@require_POST
@staff_page(Role.AGENCY)
def act(request: StaffRequest, decision_id: int, step: str) -> HttpResponseBase:
    """Take a step with a decision or a prepayment; a refusal is said on the page, and nothing was changed."""
    decision, doing = _find(request, decision_id), STEPS.get(step)
    if decision is None or doing is None:
        return not_found(request)
    try:
        doing(decision, request)
    except FormRefusedError as refused:
        return _render(request, decision, refused_form=refused.form, status=HTTPStatus.BAD_REQUEST)
    except YibaoError as error:
        return _render(request, decision, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:emergency", decision.pk)


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def download(request: StaffRequest, decision_id: int, kind: str) -> HttpResponse:
    """Send the balances of a decision's prepayments by institution as CSV or Excel."""
    decision = _find(request, decision_id)
    if decision is None:
        return not_found(request)
    titles = (
        _("Institution code"), _("Institution"), _("Fund"), _("Prepaid (yuan)"), _("Repaid (yuan)"), _("Set off (yuan)"),
        _("Balance (yuan)"),
    )  # fmt: skip
    rows = [
        (
            row.institution_code, row.institution, row.fund, decimal_yuan(row.prepaid_fen),
            decimal_yuan(row.repaid_fen), decimal_yuan(row.set_off_fen), decimal_yuan(row.balance_fen),
        )
        for row in balances_of(decision)
    ]  # fmt: skip
    return attached(kind, name=f"prepayments-{decision.pk}", titles=titles, rows=rows, sheet=_("Prepayments"))


def _find(request: StaffRequest, decision_id: int) -> EmergencyDecision | None:
    """The decision, when it is of the member's region."""
    if decision_id > _LARGEST:
        return None
    return visible_decisions(scope_of(request.staff_member)).filter(pk=decision_id).first()


def _render(
    request: StaffRequest,
    decision: EmergencyDecision,
    *,
    refusal: str = "",
    refused_form: forms.Form | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page of a decision, with what was refused on top of it."""
    member = request.staff_member
    standing = standing_of(decision, timezone.localdate())
    names = {fund.code: own_name(fund) for fund in Fund.objects.all()}
    context: dict[str, Any] = {
        "section": SECTION,
        "decision": decision,
        "schemes": [scheme_name(s) for s in schemes_with(decision.region_id, decision.emergency, decision.valid_from)],
        "standing": standing,
        "standing_name": STANDINGS[standing],
        "last_day": last_day_of(decision),
        "balances": [(row, names.get(row.fund, row.fund)) for row in balances_of(decision)],
        "prepayments": [(row, names[row.fund_id], mask(row.account_number)) for row in prepayments_of(decision)],
        "may_work": member.role == Role.AGENCY,
        "is_own": decision.proposed_by_id == member.pk,
        "member_id": member.pk,
        "note_form": NoteForm(),
        "end_form": EndForm(),
        "prepayment_form": PrepaymentForm(funds=funds_offered()),
        "clearing_form": ClearingForm(),
        "refusal": refusal,
        "refused_form": refused_form,
    }
    if refused_form is not None:
        shown = {EndForm: "end_form", PrepaymentForm: "prepayment_form", ClearingForm: "clearing_form"}
        context[shown.get(type(refused_form), "note_form")] = refused_form
    return render(request, "office/emergency.html", context, status=status)
