"""Investigation requests in the office (协查): the inbox of a region, and one request with its answers."""

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
from yibao.domains.interregional.models import Inquiry, InquiryAnswer
from yibao.domains.interregional.queries import left_of, visible_claims, visible_inquiries, waiting_inquiries
from yibao.domains.ledger.models import Fund
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_reads
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.claim_forms import fen_of
from yibao.interfaces.office.claim_pages import FormRefusedError, filled
from yibao.interfaces.office.export import Cell, attached, decimal_yuan
from yibao.interfaces.office.masking import mask_name
from yibao.interfaces.office.region_forms import AnswerForm, AskForm, StepForm
from yibao.interfaces.office.region_words import SECTION
from yibao.interfaces.office.texts import text_of
from yibao.interfaces.office.words import own_name, scheme_name
from yibao.workflows import investigate_claims

PAGE_ROWS: Final = 50
PURPOSE: Final = "inquiry"
_LARGEST: Final = 2**63 - 1
Role = StaffMember.Role


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Role.AGENCY, Role.AUDITOR)
def show(request: StaffRequest) -> HttpResponse:
    """List requests that concern the member's region, open ones first; an officer asks a new one here."""
    member = request.staff_member
    if request.method == "POST" and member.role != Role.AGENCY:
        return not_found(request)
    form, refusal, status = AskForm(request.POST or None), "", HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.BAD_REQUEST
        if form.is_valid():
            said = form.cleaned_data
            claim = visible_claims(scope_of(member)).filter(pk=said["number"]).first()
            if claim is None:
                form.add_error("number", _("No settlement of this number was made between your region and another."))
            else:
                try:
                    inquiry = investigate_claims.ask(
                        claim, reason=said["reason"], question=said["question"], member=member, at=timezone.now()
                    )
                except YibaoError as error:
                    refusal, status = text_of(error), HTTPStatus.CONFLICT
                else:
                    return redirect("office:region_inquiry", inquiry.pk)
    scope, today = scope_of(member), timezone.localdate()
    waiting = waiting_inquiries(scope)
    page = Paginator(visible_inquiries(scope).exclude(pk__in=waiting.values("pk")), PAGE_ROWS).get_page(
        request.GET.get("page")
    )
    context = {
        "section": SECTION,
        "waiting": [(row, bool(row.due_on and row.due_on < today)) for row in waiting],
        "page": page,
        "form": form if member.role == Role.AGENCY else None,
        "refusal": refusal,
    }
    return render(request, "office/region_inquiries.html", context, status=status)


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Send all requests that concern the member's region as CSV or Excel."""
    titles = (
        _("Number"), _("Settlement number (setl_id)"), _("Place of care"), _("Place of enrolment"), _("Institution"),
        _("What is doubted"), _("Asked at"), _("Answer due on"), _("Claimed (yuan)"), _("Answers"),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [
            row.pk, row.claim_id, row.claim.care_region.name, row.claim.enrolment_region.name,
            row.claim.settlement.institution.name, str(row.get_reason_display()),
            f"{timezone.localtime(row.asked_at):%Y-%m-%d %H:%M}", str(row.due_on or ""),
            decimal_yuan(row.claim.amount_fen), len(row.answers.all()),
        ]
        for row in visible_inquiries(scope_of(request.staff_member))
    ]  # fmt: skip
    return attached(kind, name="inquiries", sheet=_("Investigation requests"), titles=titles, rows=rows)


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def show_one(request: StaffRequest, inquiry_id: int) -> HttpResponse:
    """Show one request that concerns the member's region."""
    inquiry = _find(request, inquiry_id)
    return not_found(request) if inquiry is None else _render(request, inquiry)


@require_POST
@staff_page(Role.AGENCY)
def act(request: StaffRequest, inquiry_id: int, step: str) -> HttpResponseBase:
    """Answer a request, or decide on its answer; a refusal is said on the page, and nothing was changed."""
    inquiry = _find(request, inquiry_id)
    if inquiry is None or step not in {"answer", "approve", "send-back"}:
        return not_found(request)
    try:
        _do(inquiry, step, request)
    except FormRefusedError as refused:
        return _render(request, inquiry, refused_form=refused.form, status=HTTPStatus.BAD_REQUEST)
    except YibaoError as error:
        return _render(request, inquiry, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:region_inquiry", inquiry.pk)


def _do(inquiry: Inquiry, step: str, request: StaffRequest) -> None:
    """One step."""
    member, at = request.staff_member, timezone.now()
    if step == "answer":
        form = AnswerForm(request.POST, funds=_funds(inquiry))
        said = filled(form)
        investigate_claims.answer(
            inquiry, finding=said["finding"], explanation=said["explanation"],
            conceded_fen={fund: fen_of(yuan) for fund, yuan in form.conceded()}, proofs=form.proofs(),
            member=member, at=at,
        )  # fmt: skip
        return
    made = _open_answer(inquiry)
    if made is None:
        raise FormRefusedError(StepForm(request.POST))
    note = filled(StepForm(request.POST))["note"]
    investigate_claims.decide(made, is_approved=step == "approve", note=note, member=member, at=at)


def _funds(inquiry: Inquiry) -> list[tuple[str, str]]:
    """The funds of the claim, with their names in the reader's language."""
    return [(fund.code, own_name(fund)) for fund in Fund.objects.filter(code__in=inquiry.claim.fund_codes)]


def _open_answer(inquiry: Inquiry) -> InquiryAnswer | None:
    """The answer that waits for its approval."""
    return inquiry.answers.filter(approval=None).first()


def _find(request: StaffRequest, inquiry_id: int) -> Inquiry | None:
    """The request, when it concerns the member's region."""
    if inquiry_id > _LARGEST:
        return None
    return visible_inquiries(scope_of(request.staff_member)).filter(pk=inquiry_id).first()


def _render(
    request: StaffRequest,
    inquiry: Inquiry,
    *,
    refusal: str = "",
    refused_form: forms.Form | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page of a request, with what was refused on top of it; the look into the record is noted."""
    member, settlement = request.staff_member, inquiry.claim.settlement
    record_reads(
        reader=member, person_ids={settlement.person_id}, page=request.path, purpose=PURPOSE, at=timezone.now()
    )
    open_answer, answers = _open_answer(inquiry), list(inquiry.answers.all())
    is_done = any(hasattr(each, "approval") and each.approval.is_approved for each in answers)
    is_care_officer = member.role == Role.AGENCY and member.region_id == inquiry.claim.care_region_id
    names = dict(_funds(inquiry))
    left = left_of(inquiry.claim)
    context: dict[str, Any] = {
        "section": SECTION,
        "inquiry": inquiry,
        "settlement": settlement,
        "person": mask_name(settlement.person.name),
        "scheme": scheme_name(inquiry.claim.scheme),
        "funds": [
            (names.get(fund, fund), fen, left[fund])
            for fund, fen in zip(inquiry.claim.fund_codes, inquiry.claim.fund_amounts_fen, strict=True)
        ],
        "answers": [
            (
                each,
                [(names.get(f, f), fen) for f, fen in zip(each.conceded_codes, each.conceded_amounts_fen, strict=True)],
            )
            for each in answers
        ],
        "may_answer": is_care_officer and open_answer is None and not is_done,
        "may_decide": is_care_officer and open_answer is not None and open_answer.answered_by_id != member.pk,
        "is_own": is_care_officer and open_answer is not None and open_answer.answered_by_id == member.pk,
        "answer_form": refused_form if isinstance(refused_form, AnswerForm) else AnswerForm(funds=_funds(inquiry)),
        "step_form": StepForm(),
        "refusal": refusal,
        "refused_form": refused_form,
    }
    return render(request, "office/region_inquiry.html", context, status=status)
