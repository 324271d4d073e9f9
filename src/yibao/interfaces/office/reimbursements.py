"""Reimbursement by hand: the queue with its deadlines, a new application, the page of one case, its steps."""

from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yibao.domains.claims.models import Application
from yibao.domains.claims.operations import Act
from yibao.domains.ledger.models import Fund
from yibao.domains.reimbursement.models import Calculation
from yibao.domains.reimbursement.queries import bill_digest, case_of, latest_calculation, standing_lines, visible_cases
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_read
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.bill import Billed, bill_of
from yibao.interfaces.office.claim_forms import BillForm, ReimbursementForm
from yibao.interfaces.office.claim_pages import (
    Doing,
    act_of,
    carry_out,
    case_context,
    download_queue,
    filled,
    find,
    number_of,
    shared_steps,
    show_queue,
    take_in,
    words_of,
)
from yibao.interfaces.office.claim_words import checks_told
from yibao.interfaces.office.words import own_name, place_name, reader_language, scheme_name
from yibao.workflows.apply_for_reimbursement import apply_for_reimbursement
from yibao.workflows.explain_settlement import explain_trace
from yibao.workflows.reimburse_by_hand import (
    KIND,
    approve,
    calculate,
    check_case,
    refuse,
    refuse_typed_line,
    send_back,
    type_bill,
    withdraw,
    withdraw_typed_line,
)
from yibao.workflows.reverse_reimbursement import reverse_reimbursement

SECTION: Final = "reimbursements"
PURPOSE: Final = "reimbursement"
PAGE: Final = "office:reimbursement"
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR)


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show the queue: what must be decided next stands first."""
    found = visible_cases(scope_of(request.staff_member))
    addresses = {"new_page": "office:reimbursement_new", "page": PAGE, "file_page": "office:reimbursements_file"}
    return show_queue(request, found, {"section": SECTION, "title": _("Reimbursement by hand"), **addresses})


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Send the queue as CSV or Excel."""
    return download_queue(request, visible_cases(scope_of(request.staff_member)), kind=kind, name="reimbursements")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Role.AGENCY)
def new(request: StaffRequest) -> HttpResponse:
    """Take a new application in."""
    form = ReimbursementForm(request.POST or None)
    words = {
        "section": SECTION,
        "title": _("New application for reimbursement by hand"),
        "queue_title": _("Reimbursement by hand"),
    }
    return take_in(
        request,
        form,
        lambda: apply_for_reimbursement(form.wish(), form.applicant(), act_of(request)),
        page=PAGE,
        context={**words, "queue": "office:reimbursements"},
    )


@require_safe
@staff_page(*_READERS)
def show_case(request: StaffRequest, application_id: int) -> HttpResponse:
    """Show one case, and note that the person's record was read."""
    application = find(visible_cases(scope_of(request.staff_member)), application_id)
    if application is None:
        return not_found(request)
    return _render(request, application)


@require_POST
@staff_page(Role.AGENCY)
def act(request: StaffRequest, application_id: int, step: str) -> HttpResponseBase:
    """Take a step of a case."""
    application = find(visible_cases(scope_of(request.staff_member)), application_id)
    return carry_out(request, application, STEPS.get(step), page=PAGE, show=_render)


def _render(
    request: StaffRequest,
    application: Application,
    *,
    refusal: str = "",
    refused_form: forms.Form | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page of a case, with what was refused on top of it."""
    record_read(
        reader=request.staff_member,
        person_id=application.person_id,
        page=request.path,
        purpose=PURPOSE,
        at=timezone.now(),
    )
    case = case_of(application)
    lines = standing_lines(case)
    calculation = latest_calculation(case)
    context: dict[str, Any] = case_context(request, application) | {
        "section": SECTION,
        "case": case,
        "scheme": scheme_name(case.scheme),
        "place": place_name(case.place),
        "lines": lines,
        "lines_total_fen": sum(line.amount_fen for line in lines),
        "calculation": calculation,
        "is_stale": calculation is not None and calculation.bill_digest != bill_digest(lines),
        "bill_form": BillForm(),
        "refusal": refusal,
        "refused_form": refused_form,
        "step_page": "office:reimbursement_step",
    }
    if calculation is not None:
        context |= _told(calculation)
    return render(request, "office/reimbursement.html", context, status=status)


def _told(calculation: Calculation) -> dict[str, Any]:
    """A calculation as a bill with its reasons and checks."""
    names = {fund.code: own_name(fund) for fund in Fund.objects.filter(code__in=calculation.fund_codes)}
    billed = Billed(
        total_fen=calculation.total_fen,
        full_self_pay_fen=calculation.full_self_pay_fen,
        over_ceiling_fen=calculation.over_ceiling_fen,
        self_pay_first_fen=calculation.self_pay_first_fen,
        in_scope_fen=calculation.in_scope_fen,
        fund_codes=calculation.fund_codes,
        fund_amounts_fen=calculation.fund_amounts_fen,
        account_fen=0,
        cash_fen=calculation.person_fen,
        hospital_fen=calculation.hospital_fen,
    )
    return {
        "bill": bill_of(billed, names),
        "explanation": explain_trace(
            calculation.policy, calculation.trace, reader_language(), changes=calculation.accumulator_changes
        ),
        "checks": checks_told(calculation.checks),
    }


def _type(application_id: int, act: Act, request: StaffRequest) -> object:
    form = BillForm(request.POST)
    filled(form)
    return type_bill(application_id, form.typed_lines(), act)


STEPS: Final[dict[str, Doing]] = shared_steps(KIND) | {
    "bill": _type,
    "withdraw-line": lambda number, act, request: withdraw_typed_line(number, number_of(request, "line"), act),
    "refuse-line": lambda number, _act, request: refuse_typed_line(
        number, number_of(request, "line"), act_of(request, **words_of(request))
    ),
    "calculate": lambda number, act, _request: calculate(number, act),
    "check": lambda number, _act, request: check_case(number, act_of(request, **words_of(request))),
    "send-back": lambda number, _act, request: send_back(number, act_of(request, **words_of(request))),
    "approve": lambda number, _act, request: approve(number, act_of(request, **words_of(request))),
    "refuse": lambda number, _act, request: refuse(number, act_of(request, **words_of(request))),
    "withdraw": lambda number, _act, request: withdraw(number, act_of(request, **words_of(request))),
    "take-back": lambda number, _act, request: reverse_reimbursement(number, act_of(request, **words_of(request))),
}
"""The steps of a case by the last part of their address."""
