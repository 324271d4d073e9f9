"""Institutions' own mechanisms for care over the internet in the office: reported by the institution, checked by an officer."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.internet_care.mechanisms import NewMechanism, check_mechanism, mechanisms_in, report_mechanism
from yibao.domains.internet_care.models import InternetMechanism
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.export import Cell, attached
from yibao.interfaces.office.internet_forms import MechanismCheckForm, MechanismForm
from yibao.interfaces.office.internet_words import SECTION
from yibao.interfaces.office.texts import text_of

PAGE_ROWS: Final = 30
_LARGEST: Final = 2**63 - 1
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR, Role.INSTITUTION)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """List the mechanisms in the member's sight; an institution reports one here."""
    member = request.staff_member
    if request.method == "POST" and member.role != Role.INSTITUTION:
        return not_found(request)
    form, refusal, status = MechanismForm(request.POST or None), "", HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.BAD_REQUEST
        if form.is_valid():
            try:
                report_mechanism(NewMechanism(**form.cleaned_data), member=member, at=timezone.now())
            except YibaoError as error:
                refusal, status = text_of(error), HTTPStatus.CONFLICT
            else:
                return redirect("office:internet_mechanisms")
    return _page(request, form=form, refusal=refusal, status=status)


@require_POST
@staff_page(Role.AGENCY)
def check(request: StaffRequest, mechanism_id: int) -> HttpResponseBase:
    """Enter an officer's word on a mechanism."""
    form = MechanismCheckForm(request.POST)
    if not form.is_valid():
        return _page(request, refused=form, status=HTTPStatus.BAD_REQUEST)
    said = form.cleaned_data
    try:
        check_mechanism(
            min(mechanism_id, _LARGEST), is_in_place=said["word"] == "yes", note=said["note"],
            member=request.staff_member, at=timezone.now(),
        )  # fmt: skip
    except YibaoError as error:
        return _page(request, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:internet_mechanisms")


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Send the mechanisms as CSV or Excel."""
    titles = [
        _("Institution code"), _("Institution"), _("Mechanism"), _("Document"), _("Responsible"), _("Valid from"),
        _("Result"), _("Checked by"), _("Checked at"), _("Content"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for each in mechanisms_in(scope_of(request.staff_member)):
        checks = list(each.checks.all())[:1]
        word: Sequence[Cell] = ["", "", ""]
        if checks:
            said = _("in place") if checks[0].is_in_place else _("not in place")
            at = timezone.localtime(checks[0].checked_at)
            word = [said, checks[0].checked_by.user.get_username(), f"{at:%Y-%m-%d %H:%M}"]
        rows.append(
            [
                each.institution.code, each.institution.name, str(each.get_kind_display()), each.document,
                f"{each.responsible.name} {each.responsible.code}", each.valid_from.isoformat(), *word, each.content,
            ]
        )  # fmt: skip
    return attached(kind, name="internet-mechanisms", sheet=_("Mechanisms"), titles=titles, rows=rows)


def _page(
    request: StaffRequest,
    *,
    form: MechanismForm | None = None,
    refused: forms.Form | None = None,
    refusal: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page of the mechanisms."""
    member = request.staff_member
    page = Paginator(mechanisms_in(scope_of(member)), PAGE_ROWS).get_page(request.GET.get("page"))
    form = form if member.role == Role.INSTITUTION else None
    if form is None and member.role == Role.INSTITUTION:
        form = MechanismForm()
    context = {
        "section": SECTION,
        "page": page,
        "rows": [(each, list(each.checks.all()), _check_form(each)) for each in page],
        "form": form,
        "may_check": member.role == Role.AGENCY,
        "refusal": refusal,
        "is_refused": not refusal and status == HTTPStatus.BAD_REQUEST,
        "refused": refused,
    }
    return render(request, "office/internet_mechanisms.html", context, status=status)


def _check_form(mechanism: InternetMechanism) -> MechanismCheckForm:
    return MechanismCheckForm(auto_id=f"m{mechanism.pk}_%s")
