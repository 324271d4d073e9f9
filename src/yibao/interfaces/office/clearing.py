"""Applications for clearing in the office: an institution's own, or the region's, on which the agency has its word."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.reconciliation.models import ClearingApplication
from yibao.domains.reconciliation.queries import visible_applications
from yibao.domains.reconciliation.withholding import withheld_of
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.reconciliation_forms import ApplicationsForm, WordForm, clearing_name
from yibao.interfaces.office.texts import SENTENCES, text_of
from yibao.workflows.apply_for_clearing import decide_on_application

SECTION: Final = "reconciliation"
PAGE_ROWS: Final = 50
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR, Role.INSTITUTION)


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show one page of the applications that the member may know of, newest first."""
    form = ApplicationsForm(request.GET)
    return _page(request, form, WordForm(), status=HTTPStatus.OK if form.is_valid() else HTTPStatus.BAD_REQUEST)


@require_POST
@staff_page(Role.AGENCY)
def decide(request: StaffRequest, application_id: int) -> HttpResponse:
    """Enter the agency's word; what may not be is said and changes nothing."""
    form = WordForm(request.POST)
    if form.is_valid():
        try:
            decide_on_application(
                application_id=application_id,
                region=request.staff_member.region_id,
                is_accepted=form.cleaned_data["word"] == "accept",
                by=request.user.get_username(),
                note=form.cleaned_data["note"],
                at=timezone.now(),
            )
        except YibaoError as error:
            if error.code == "reconciliation.unknown_application":
                return not_found(request)
            if error.code not in SENTENCES:
                raise
            form.add_error(None, text_of(error))
        else:
            return redirect(reverse("office:clearing"))
    search = ApplicationsForm({})
    search.is_valid()
    return _page(request, search, form, status=HTTPStatus.BAD_REQUEST)


def _page(request: StaffRequest, form: ApplicationsForm, word: WordForm, *, status: int) -> HttpResponse:
    """The page with what the form finds."""
    before = request.GET.get("before", "")
    found = visible_applications(scope_of(request.staff_member))
    if form.is_valid():
        found = _narrowed(found, form.cleaned_data)
    if before.isascii() and before.isdigit() and len(before) <= 18:
        found = found.filter(pk__lt=int(before))
    page = list(found[: PAGE_ROWS + 1]) if form.is_valid() else []
    withheld = withheld_of([each.pk for each in page])
    context = {
        "section": SECTION,
        "form": form,
        "word": word,
        "rows": [
            (each, clearing_name(each.clearing_type), _may_decide(request, each), withheld.get(each.pk, 0))
            for each in page[:PAGE_ROWS]
        ],
        "older": page[PAGE_ROWS - 1].pk if len(page) > PAGE_ROWS else None,
        "is_first": not before,
        "filters": urlencode({name: value for name, value in request.GET.items() if value and name != "before"}),
    }
    return render(request, "office/clearing.html", context, status=status)


def _narrowed(found: Any, said: dict[str, Any]) -> Any:
    """The applications of the month and state that were asked for."""
    if said["month"]:
        found = found.filter(month=said["month"])
    return found.filter(state=said["state"]) if said["state"] else found


def _may_decide(request: StaffRequest, application: ClearingApplication) -> bool:
    """Whether the member may have a word on it: returned it may be also after it was accepted."""
    states = (ClearingApplication.State.APPLIED, ClearingApplication.State.ACCEPTED)
    return request.staff_member.role == Role.AGENCY and application.state in states
