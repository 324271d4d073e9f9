"""Conduct under agreements in the office: points of staff, breaches with publication and notices, yearly assessments."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.core.money import parse_scaled
from yibao.domains.agreements.conduct import AssessmentSheet, Breach, BreachNotice, StaffPoint
from yibao.domains.agreements.points import staff_standing_on
from yibao.domains.staff.models import StaffMember
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.agreement_forms import AgreementPointsForm, BreachForm, PublishForm, SheetOfForm
from yibao.interfaces.office.agreement_paper import printed_notice
from yibao.interfaces.office.claim_pages import FormRefusedError, filled, number_of
from yibao.interfaces.office.credit_listings import add_listing, add_repair, shown
from yibao.interfaces.office.export import Cell, attached, decimal_yuan
from yibao.interfaces.office.texts import text_of
from yibao.interfaces.office.words import own_words
from yibao.policies.agreement_library import assessment_law, notified_departments, points_law
from yibao.policies.agreements import AssessmentLaw, Department
from yibao.workflows import record_conduct
from yibao.workflows.assess_institution import publish_assessment

SECTION: Final = "agreements"
PAGE_ROWS: Final = 30
Role = StaffMember.Role


def _law(request: StaffRequest) -> AssessmentLaw:
    """The law of assessments today."""
    return assessment_law(request.staff_member.region_id, timezone.localdate())


def _acts(request: StaffRequest) -> list[tuple[str, str]]:
    """The acts that points are given for, each with its band."""
    law = points_law(request.staff_member.region_id, timezone.localdate())
    return [
        (act.key, f"{act.low}–{act.high} · {own_words(act.title)}") for act in law.acts
    ]  # fmt: skip


def _who(request: StaffRequest) -> dict[str, Any]:
    """Who acts, and when."""
    return {"member": request.staff_member, "at": timezone.now()}


def _points(request: StaffRequest) -> object:
    said = filled(AgreementPointsForm(request.POST, acts=_acts(request), auto_id="points_%s"))
    return record_conduct.give_points(record_conduct.PointsWish(**said), **_who(request))


def _breach(request: StaffRequest) -> object:
    said = filled(BreachForm(request.POST, auto_id="breach_%s"))
    amount = said.pop("amount")
    fen = 0 if amount is None else parse_scaled(amount, decimals=2)
    return record_conduct.record_breach(record_conduct.BreachWish(**said, amount_fen=fen), **_who(request))


STEPS: Final[dict[str, Callable[[StaffRequest], object]]] = {
    "points": _points,
    "withdraw-points": lambda request: record_conduct.withdraw_points(
        number_of(request, "row"), reason=request.POST.get("reason", "").strip() or _("appeal upheld"), **_who(request)
    ),
    "breach": _breach,
    "publish-breach": lambda request: record_conduct.make_breach_public(
        number_of(request, "row"), summary=filled(PublishForm(request.POST))["summary"], **_who(request)
    ),
    "notify": lambda request: record_conduct.notify_department(
        number_of(request, "row"), department=request.POST.get("department", ""), **_who(request)
    ),
    "list": add_listing,
    "repair": add_repair,
    "publish-sheet": lambda request: publish_assessment(number_of(request, "row"), **_who(request)),
}
"""What each step does."""


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def show(request: StaffRequest) -> HttpResponse:
    """Show points, breaches and assessments of the region, newest first."""
    return _page(request)


@require_POST
@staff_page(Role.AGENCY)
def act(request: StaffRequest, step: str) -> HttpResponseBase:
    """Take a step; a refusal is said on the page, and nothing was changed."""
    doing = STEPS.get(step)
    if doing is None:
        return not_found(request)
    try:
        doing(request)
    except FormRefusedError as refused:
        return _page(request, refused_form=refused.form, status=HTTPStatus.BAD_REQUEST)
    except YibaoError as error:
        return _page(request, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:agreement_conduct")


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def download_notice(request: StaffRequest, breach_id: int, department: str, kind: str) -> HttpResponseBase:
    """Send the notice of a breach to a department that was notified, as PDF or CSV."""
    notice = (
        BreachNotice.objects.select_related("breach__institution", "breach__practitioner")
        .filter(
            breach_id=min(breach_id, 2**63 - 1), breach__region_id=request.staff_member.region_id, department=department
        )
        .first()
    )  # fmt: skip
    if notice is None:
        return not_found(request)
    name, breach = _departments(request).get(department, department), notice.breach
    if kind == "pdf":
        headers = {"Content-Disposition": f'attachment; filename="yibao-notice-{breach.pk}-{department}.pdf"'}
        content = printed_notice(breach, department=name, at=notice.notified_at)
        return HttpResponse(content, content_type="application/pdf", headers=headers)
    titles = [
        _("To"), _("Number of the decision"), _("Institution code"), _("Institution"), _("Member of medical staff"),
        _("Found on"), _("Facts"), _("Article"), _("Way of handling"), _("Handling by the agreement"), _("Amount (yuan)"),
    ]  # fmt: skip
    staff = breach.practitioner
    row: list[Cell] = [
        name, breach.document, breach.institution.code, breach.institution.name, staff.code if staff else "",
        breach.found_on.isoformat(), breach.facts, breach.article, str(breach.get_route_display()),
        str(breach.get_handling_display()), decimal_yuan(breach.amount_fen),
    ]  # fmt: skip
    return attached("csv", name=f"notice-{breach.pk}-{department}", titles=titles, rows=[row])


def _departments(request: StaffRequest) -> dict[str, str]:
    """The departments that breaches are notified to, in the reader's language."""
    return {each.key: _named(each) for each in notified_departments(request.staff_member.region_id)}


def _named(department: Department) -> str:
    return own_words(department.title)


def _page(
    request: StaffRequest,
    *,
    refusal: str = "",
    refused_form: forms.Form | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page, with what was refused on top of it; a refused form keeps what was typed."""
    region, law, names = request.staff_member.region_id, _law(request), _departments(request)
    points = StaffPoint.objects.filter(institution__division__pooling_region=region).select_related(
        "practitioner", "institution", "decided_by__user", "taken_back"
    )
    page = Paginator(points.order_by("-id"), PAGE_ROWS).get_page(request.GET.get("page"))
    breaches = Breach.objects.filter(region_id=region).select_related("institution", "practitioner", "publication")
    sheets = AssessmentSheet.objects.filter(region_id=region).select_related(
        "institution", "entered_by__user", "publication"
    )
    today = timezone.localdate()
    grades = {grade.key: own_words(grade.title) for grade in law.grades}
    context = {
        "section": SECTION,
        "page": page,
        "points": [(row, staff_standing_on(row.practitioner.code, today)) for row in page],
        "breaches": [
            (
                row,
                [(each, names.get(each.department, each.department)) for each in row.notices.all()],
                shown(row, region) if hasattr(row, "publication") else None,
            )
            for row in breaches.prefetch_related("notices")[:PAGE_ROWS]
        ],
        "sheets": [(row, f"{row.score_e2 / 100:.2f}", grades.get(row.grade, row.grade)) for row in sheets[:PAGE_ROWS]],
        "departments": list(names.items()),
        "points_form": refused_form
        if isinstance(refused_form, AgreementPointsForm)
        else AgreementPointsForm(acts=_acts(request), auto_id="points_%s"),
        "breach_form": refused_form if isinstance(refused_form, BreachForm) else BreachForm(auto_id="breach_%s"),
        "publish_form": PublishForm(),
        "sheet_of_form": SheetOfForm(auto_id="sheet_%s", initial={"year": today.year - 1}),
        "may_work": request.staff_member.role == Role.AGENCY,
        "refusal": refusal,
        "refused_form": refused_form,
    }
    return render(request, "office/agreement_conduct.html", context, status=status)
