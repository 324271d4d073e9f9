"""Cases of responsibility in office: auditors enter and decide them; a case that is handed over is a file with who decided."""

from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.staff.duties import decide_duty_case, duty_cases_of, enter_duty_case
from yibao.domains.staff.models import DutyCase, DutyDecision, StaffMember
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.agreement_forms import day_field
from yibao.interfaces.office.agreement_paper import printed_duty_case
from yibao.interfaces.office.export import Cell, attached
from yibao.interfaces.office.texts import text_of

PAGE_ROWS: Final = 30
_LARGEST: Final = 2**63 - 1
Role = StaffMember.Role


class DutyCaseForm(forms.Form):
    """A case against a member of the departments' staff."""

    user_name = forms.CharField(label=_("User name of the staff member"), max_length=150)
    part = forms.ChoiceField(label=_("Responsibility"), choices=DutyCase.Part.choices)
    conduct = forms.ChoiceField(label=_("Conduct"), choices=DutyCase.Conduct.choices)
    happened_on = day_field(_("Happened on"))
    article = forms.CharField(label=_("Article"), max_length=200, initial="第二十四条")
    facts = forms.CharField(label=_("Facts"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
    evidence = forms.CharField(label=_("Evidence"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))


class DutyDecisionForm(forms.Form):
    """What becomes of a case."""

    outcome = forms.ChoiceField(label=_("Outcome"), choices=DutyDecision.Outcome.choices)
    recipient = forms.CharField(label=_("Handed over to (empty when dropped)"), required=False, max_length=200)
    document = forms.CharField(label=_("Number of the decision"), max_length=200)
    reason = forms.CharField(label=_("Reason"), max_length=2000)

    def clean(self) -> dict[str, Any]:
        """What is handed over has a recipient, what is dropped has none."""
        said = super().clean() or {}
        is_dropped = said.get("outcome") == DutyDecision.Outcome.DROPPED
        if "outcome" in said and is_dropped == bool(said.get("recipient", "").strip()):
            self.add_error("recipient", _("Name who it is handed over to; what is dropped goes to nobody."))
        return said


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Role.AUDITOR)
def show(request: StaffRequest) -> HttpResponse:
    """List the region's cases, newest first; a POST enters one."""
    form, refusal, status = DutyCaseForm(request.POST or None), "", HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.BAD_REQUEST
        if form.is_valid():
            said = dict(form.cleaned_data)
            name = said.pop("user_name").strip()
            case = DutyCase(**said, entered_by=request.staff_member, entered_at=timezone.now())
            try:
                enter_duty_case(case, user_name=name)
            except YibaoError as error:
                refusal, status = text_of(error), HTTPStatus.CONFLICT
            else:
                return redirect("office:duty_cases")
    return _page(request, form=form, refusal=refusal, status=status)


@require_POST
@staff_page(Role.AUDITOR)
def decide(request: StaffRequest, case_id: int) -> HttpResponseBase:
    """Hand a case over, or drop it; what may not be is said and changes nothing."""
    form = DutyDecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, refused=(case_id, form), status=HTTPStatus.BAD_REQUEST)
    try:
        decide_duty_case(
            min(case_id, _LARGEST), **form.cleaned_data, officer=request.staff_member, at=timezone.now()
        )  # fmt: skip
    except YibaoError as error:
        return _page(request, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:duty_cases")


@require_safe
@staff_page(Role.AUDITOR)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Send all cases of the region as CSV or Excel."""
    found = duty_cases_of(request.staff_member.region_id)
    return attached(kind, name="responsibility", sheet=gettext("Cases"), titles=_titles(), rows=map(_cells, found))


@require_safe
@staff_page(Role.AUDITOR)
def download_case(request: StaffRequest, case_id: int, kind: str) -> HttpResponseBase:
    """Send a case that was handed over as PDF or CSV, with who decided."""
    case = duty_cases_of(request.staff_member.region_id).filter(pk=min(case_id, _LARGEST)).first()
    decision = getattr(case, "decision", None)
    if case is None or decision is None or decision.outcome == DutyDecision.Outcome.DROPPED:
        return not_found(request)
    if kind == "pdf":
        headers = {"Content-Disposition": f'attachment; filename="yibao-responsibility-{case.pk}.pdf"'}
        return HttpResponse(printed_duty_case(case, decision), content_type="application/pdf", headers=headers)
    return attached("csv", name=f"responsibility-{case.pk}", titles=_titles(), rows=[_cells(case)])


def _titles() -> list[str]:
    return [
        gettext("Number"), gettext("Staff member"), gettext("Responsibility"), gettext("Conduct"), gettext("Happened on"),
        gettext("Facts"), gettext("Evidence"), gettext("Article"), gettext("Entered by"), gettext("Outcome"),
        gettext("Handed over to"), gettext("Number of the decision"), gettext("Reason"), gettext("Decided by"),
        gettext("Decided at"),
    ]  # fmt: skip


def _cells(case: DutyCase) -> list[Cell]:
    decision: DutyDecision | None = getattr(case, "decision", None)
    decided: list[Cell] = ["", "", "", "", "", ""]
    if decision is not None:
        decided = [
            str(decision.get_outcome_display()), decision.recipient, decision.document, decision.reason,
            decision.decided_by.user.get_username(), f"{timezone.localtime(decision.decided_at):%Y-%m-%d %H:%M:%S}",
        ]  # fmt: skip
    return [
        case.pk, case.member.user.get_username(), str(case.get_part_display()), str(case.get_conduct_display()),
        case.happened_on.isoformat(), case.facts, case.evidence, case.article, case.entered_by.user.get_username(),
        *decided,
    ]  # fmt: skip


def _page(
    request: StaffRequest,
    *,
    form: DutyCaseForm | None = None,
    refused: tuple[int, DutyDecisionForm] | None = None,
    refusal: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page; a refused decision keeps what was typed at its case."""
    member = request.staff_member
    page = Paginator(duty_cases_of(member.region_id), PAGE_ROWS).get_page(request.GET.get("page"))
    rows = []
    for case in page:
        may_decide = not hasattr(case, "decision") and member.pk not in {case.member_id, case.entered_by_id}
        own = refused[1] if refused is not None and refused[0] == case.pk else None
        rows.append((case, own or DutyDecisionForm(auto_id=f"d{case.pk}_%s") if may_decide else None))
    context = {
        "section": "duty",
        "page": page,
        "rows": rows,
        "form": form or DutyCaseForm(),
        "refusal": refusal,
        "is_refused": not refusal and status == HTTPStatus.BAD_REQUEST,
    }
    return render(request, "office/duty_cases.html", context, status=status)
