"""The audit of care over the internet in the office: the queue, one settlement with its findings, what people decide on it."""

from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.internet_care.auditing import settled_lines
from yibao.domains.internet_care.models import AuditRun
from yibao.domains.internet_care.queries import latest_check
from yibao.domains.internet_care.supervision import STATES, audits_in, counts_by_state
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_reads
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.claim_pages import FormRefusedError, filled
from yibao.interfaces.office.export import Cell, attached, decimal_yuan
from yibao.interfaces.office.internet_forms import AuditForm, ReviewForm, VerificationForm
from yibao.interfaces.office.internet_words import SECTION, article_name, facts_told, rule_name
from yibao.interfaces.office.internet_words import STATES as STATE_NAMES
from yibao.interfaces.office.masking import mask_name
from yibao.interfaces.office.texts import text_of
from yibao.workflows import audit_internet_care

PAGE_ROWS: Final = 50
PURPOSE: Final = "internet_audit"
_LARGEST: Final = 2**63 - 1
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR, Role.INSTITUTION)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """List audited settlements of a state, whoever waits longest first; an officer audits some days here."""
    member = request.staff_member
    may_work = member.role == Role.AGENCY
    if request.method == "POST" and not may_work:
        return not_found(request)
    today = timezone.localdate()
    form = AuditForm(request.POST or None, initial={"first_day": today.replace(day=1), "last_day": today})
    refusal, audited, status = "", None, HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.BAD_REQUEST
        if form.is_valid():
            try:
                audited = audit_internet_care.audit_region(
                    region=member.region_id, at=timezone.now(), **form.cleaned_data
                )
                status = HTTPStatus.OK
            except YibaoError as error:
                refusal, status = text_of(error), HTTPStatus.CONFLICT
    state = _state(request)
    scope = scope_of(member)
    counts = counts_by_state(scope)
    page = Paginator(audits_in(scope, state=state), PAGE_ROWS).get_page(request.GET.get("page"))
    context = {
        "section": SECTION,
        "state": state,
        "states": [(name, STATE_NAMES[name], counts[name]) for name in STATES],
        "page": page,
        "rows": [_row(run, member) for run in page.object_list],
        "filters": f"state={state}",
        "form": form if may_work else None,
        "refusal": refusal,
        "audited": audited,
    }
    return render(request, "office/internet_audits.html", context, status=status)


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Send the audited settlements of a state as CSV or Excel, without persons."""
    titles = (
        _("Settlement number (setl_id)"), _("Institution code"), _("Institution"), _("Settled at"), _("Total (yuan)"),
        _("Paid by funds (yuan)"), _("Findings"), _("Articles"), _("State"), _("Deducted (yuan)"),
    )  # fmt: skip
    state = _state(request)
    rows: list[list[Cell]] = []
    for run in audits_in(scope_of(request.staff_member), state=state):
        settlement, findings = run.settlement, list(run.findings.all())
        rows.append(
            [
                run.pk, settlement.institution.code, settlement.institution.name,
                f"{timezone.localtime(settlement.settled_at):%Y-%m-%d %H:%M}", decimal_yuan(settlement.total_fen),
                decimal_yuan(settlement.fund_fen), ", ".join(rule_name(each.rule) for each in findings),
                ", ".join(dict.fromkeys(article_name(each.article) for each in findings)), str(STATE_NAMES[state]),
                decimal_yuan(_deducted_fen(run)),
            ]
        )  # fmt: skip
    return attached(kind, name="internet-audit", sheet=_("Audit"), titles=titles, rows=rows)


@require_safe
@staff_page(*_READERS)
def show_one(request: StaffRequest, settlement_id: int) -> HttpResponse:
    """Show one audited settlement of the member's sight with evidence and findings."""
    run = _find(request, settlement_id)
    return not_found(request) if run is None else _render(request, run)


@require_POST
@staff_page(Role.AGENCY)
def act(request: StaffRequest, settlement_id: int, step: str) -> HttpResponseBase:
    """Review, verify, or let go; a refusal is said on the page, and nothing was changed."""
    run = _find(request, settlement_id)
    if run is None or step not in {"review", "verify", "release"}:
        return not_found(request)
    try:
        _do(run, step, request)
    except FormRefusedError as refused:
        return _render(request, run, refused_form=refused.form, status=HTTPStatus.BAD_REQUEST)
    except YibaoError as error:
        return _render(request, run, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:internet_audit", run.pk)


def _do(run: AuditRun, step: str, request: StaffRequest) -> None:
    """One step."""
    member, at = request.staff_member, timezone.now()
    if step == "review":
        said = filled(ReviewForm(request.POST, lines=_line_choices(run)))
        audit_internet_care.review(
            run, verdict=said["verdict"], route=said["route"], line_ids=[int(each) for each in said["lines"]],
            reason=said["reason"], member=member, at=at,
        )  # fmt: skip
        return
    note = filled(VerificationForm(request.POST))["note"]
    review = getattr(run, "review", None)
    if review is None:
        raise FormRefusedError(VerificationForm(request.POST))
    audit_internet_care.verify(review.pk, is_verified=step == "verify", note=note, member=member, at=at)


def _state(request: StaffRequest) -> str:
    """The state that is asked for; those that wait for a reviewer without one."""
    state = request.GET.get("state", "")
    return state if state in STATES else STATES[0]


def _find(request: StaffRequest, settlement_id: int) -> AuditRun | None:
    """The audited settlement, when it is in the member's sight."""
    if settlement_id > _LARGEST:
        return None
    scope = scope_of(request.staff_member)
    for state in STATES:
        if (run := audits_in(scope, state=state).filter(pk=settlement_id).first()) is not None:
            return run
    return None


def _row(run: AuditRun, member: StaffMember) -> dict[str, Any]:
    """One settlement of the list."""
    settlement = run.settlement
    name = settlement.person.name
    return {
        "number": run.pk,
        "institution": settlement.institution.name,
        "person": name if scope_of(member).sees_names else mask_name(name),
        "settled_at": settlement.settled_at,
        "fund_fen": settlement.fund_fen,
        "findings": [rule_name(each.rule) for each in run.findings.all()],
    }


def _line_choices(run: AuditRun) -> list[tuple[str, str]]:
    """The lines of a settlement that may be refused."""
    return [
        (str(line.pk), f"{line.number} {line.item_name} {decimal_yuan(line.amount_fen)}")
        for line in settled_lines(run.settlement)
    ]


def _deducted_fen(run: AuditRun) -> int:
    """What was deducted for it."""
    verification = getattr(getattr(run, "review", None), "verification", None)
    return 0 if verification is None else verification.deducted_fen


def _render(
    request: StaffRequest,
    run: AuditRun,
    *,
    refusal: str = "",
    refused_form: forms.Form | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page of a settlement; who looks is noted."""
    member, settlement = request.staff_member, run.settlement
    record_reads(
        reader=member, person_ids=[settlement.person_id], page=request.path, purpose=PURPOSE, at=timezone.now()
    )
    review = getattr(run, "review", None)
    verification = getattr(review, "verification", None)
    review_form: forms.Form = ReviewForm(lines=_line_choices(run))
    if isinstance(refused_form, ReviewForm):
        review_form = refused_form
    context = {
        "section": SECTION,
        "run": run,
        "row": _row(run, member),
        "settlement": settlement,
        "check": latest_check(settlement.visit_id),
        "findings": [
            (rule_name(each.rule), article_name(each.article), facts_told(each.facts), each.line_ids)
            for each in run.findings.all()
        ],
        "lines": settled_lines(settlement),
        "review": review,
        "verification": verification,
        "refused_lines": len(review.line_ids) if review else 0,
        "may_review": member.role == Role.AGENCY and review is None and run.findings.exists(),
        "may_verify": member.role == Role.AGENCY
        and review is not None
        and review.verdict == "refuse"
        and verification is None,
        "is_own": review is not None and review.reviewed_by_id == member.pk,
        "review_form": review_form,
        "verification_form": VerificationForm(),
        "refusal": refusal,
        "refused_form": refused_form,
    }
    return render(request, "office/internet_audit.html", context, status=status)
