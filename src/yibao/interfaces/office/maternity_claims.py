"""Maternity claims: the queue with its deadlines, a new claim, the page of one, its steps."""

from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yibao.domains.claims.models import Application
from yibao.domains.ledger.models import Fund
from yibao.domains.maternity.queries import claim_of, latest_maternity_calculation, visible_claims
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_read
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.claim_forms import MaternityForm
from yibao.interfaces.office.claim_pages import (
    Doing,
    act_of,
    carry_out,
    case_context,
    download_queue,
    find,
    shared_steps,
    show_queue,
    take_in,
    words_of,
)
from yibao.interfaces.office.claim_words import TRUSTS, checks_told, kind_name, maternity_sentences
from yibao.interfaces.office.words import law_note, own_name, reader_of
from yibao.policies import NoPolicyError
from yibao.policies.maternity import MaternityLaw, maternity_law
from yibao.workflows.claim_maternity import (
    KIND,
    approve_maternity,
    calculate_maternity,
    check_maternity,
    claim_maternity,
    refuse_maternity,
    reverse_maternity,
    send_maternity_back,
    withdraw_maternity,
)

SECTION: Final = "maternity"
PURPOSE: Final = "maternity"
PAGE: Final = "office:maternity_claim"
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR)


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show the queue: what must be decided next stands first."""
    found = visible_claims(scope_of(request.staff_member))
    addresses = {"new_page": "office:maternity_new", "page": PAGE, "file_page": "office:maternity_file"}
    return show_queue(request, found, {"section": SECTION, "title": _("Maternity"), **addresses})


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Send the queue as CSV or Excel."""
    return download_queue(request, visible_claims(scope_of(request.staff_member)), kind=kind, name="maternity")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Role.AGENCY)
def new(request: StaffRequest) -> HttpResponse:
    """Take a new claim in; the kinds of delivery are those that the region's law of today names."""
    form = MaternityForm(request.POST or None, kinds=_kinds(request.staff_member.region_id))
    words = {"section": SECTION, "title": _("New maternity claim"), "queue_title": _("Maternity")}
    return take_in(
        request,
        form,
        lambda: claim_maternity(form.wish(), form.applicant(), act_of(request)),
        page=PAGE,
        context={**words, "queue": "office:maternity"},
    )


def _kinds(region: str) -> list[tuple[str, str]]:
    """The kinds of delivery and operation that the region pays for; none where no law is stated."""
    try:
        terms = maternity_law(region, timezone.localdate()).terms
    except NoPolicyError:
        return []
    return [(key, kind_name(key)) for key in (*terms.care_fixed, *terms.care_limits)]


@require_safe
@staff_page(*_READERS)
def show_claim(request: StaffRequest, application_id: int) -> HttpResponse:
    """Show one claim, and note that the person's record was read."""
    application = find(visible_claims(scope_of(request.staff_member)), application_id)
    if application is None:
        return not_found(request)
    return _render(request, application)


@require_POST
@staff_page(Role.AGENCY)
def act(request: StaffRequest, application_id: int, step: str) -> HttpResponseBase:
    """Take a step of a claim."""
    application = find(visible_claims(scope_of(request.staff_member)), application_id)
    return carry_out(request, application, STEPS.get(step), page=PAGE, show=_render)


def _render(
    request: StaffRequest,
    application: Application,
    *,
    refusal: str = "",
    refused_form: forms.Form | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page of a claim, with what was refused on top of it."""
    record_read(
        reader=request.staff_member,
        person_id=application.person_id,
        page=request.path,
        purpose=PURPOSE,
        at=timezone.now(),
    )
    claim = claim_of(application)
    calculation = latest_maternity_calculation(claim)
    law = maternity_law(application.region_id, claim.happened_on)
    context: dict[str, Any] = case_context(request, application) | {
        "section": SECTION,
        "claim": claim,
        "care_kind": kind_name(claim.care_key),
        "calculation": calculation,
        "clauses": [(clause, TRUSTS[clause.trust], law_note(clause.note)) for clause in law.clauses.values()],
        "law_title": _title(law),
        "refusal": refusal,
        "refused_form": refused_form,
        "step_page": "office:maternity_step",
    }
    if calculation is not None:
        context |= {
            "sentences": maternity_sentences(calculation.trace),
            "checks": checks_told(calculation.checks),
            "funds": [
                (own_name(fund), amount)
                for code, amount in zip(calculation.fund_codes, calculation.fund_amounts_fen, strict=True)
                for fund in Fund.objects.filter(code=code)
            ],
        }
    return render(request, "office/maternity_claim.html", context, status=status)


def _title(law: MaternityLaw) -> str:
    return reader_of(zh=law.title_zh, en=law.title_en)


STEPS: Final[dict[str, Doing]] = shared_steps(KIND) | {
    "calculate": lambda number, act, _request: calculate_maternity(number, act),
    "check": lambda number, _act, request: check_maternity(number, act_of(request, **words_of(request))),
    "send-back": lambda number, _act, request: send_maternity_back(number, act_of(request, **words_of(request))),
    "approve": lambda number, _act, request: approve_maternity(number, act_of(request, **words_of(request))),
    "refuse": lambda number, _act, request: refuse_maternity(number, act_of(request, **words_of(request))),
    "withdraw": lambda number, _act, request: withdraw_maternity(number, act_of(request, **words_of(request))),
    "take-back": lambda number, _act, request: reverse_maternity(number, act_of(request, **words_of(request))),
}
"""The steps of a claim by the last part of their address."""
