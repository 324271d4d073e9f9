"""Agreements in the office: the queue of applications, agreements in force, beginning an application, the signing key."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.agreements.clocks import CaseClock, agreements_to_renew, case_clock, running_cases, visible_cases
from yibao.domains.agreements.models import AgreementCase, AgreementKind, Party
from yibao.domains.agreements.queries import in_force_on
from yibao.domains.agreements.signing import signing_key
from yibao.domains.agreements.states import CaseState
from yibao.domains.staff.queries import Scope, scope_of
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.agreement_case import READERS, SECTION, STAGES, Role
from yibao.interfaces.office.agreement_forms import KeyForm, OpenForm
from yibao.interfaces.office.agreement_steps import act_of
from yibao.interfaces.office.export import EXPORT_ROWS_MAX, Cell, attached
from yibao.interfaces.office.texts import text_of
from yibao.workflows.apply_for_agreement import AgreementWish, open_application
from yibao.workflows.keep_agreement import ask_for_renewal
from yibao.workflows.sign_agreement import key_for_institution

PAGE_ROWS: Final = 50
REMIND_DAYS: Final = 92
"""How many days before its end an agreement is shown as one to renew (the terms of the law are about three months)."""


@require_safe
@staff_page(*READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show the applications within sight, filtered by state and kind, the most urgent first."""
    return _page(request)


@require_POST
@staff_page(Role.INSTITUTION)
def begin(request: StaffRequest) -> HttpResponse:
    """Begin an application of the member's institution."""
    form = OpenForm(request.POST)
    if not form.is_valid():
        return _page(request, open_form=form, status=HTTPStatus.BAD_REQUEST)
    said = form.cleaned_data
    try:
        case = open_application(
            AgreementWish(kind=said["kind"], physician_code=said["physician"]), act_of(request)
        )  # fmt: skip
    except YibaoError as error:
        return _page(request, open_form=form, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:agreement_case", case.pk)


@require_POST
@staff_page(Role.INSTITUTION)
def renew(request: StaffRequest, agreement_id: int) -> HttpResponse:
    """Begin the application that renews an agreement."""
    try:
        case = ask_for_renewal(min(agreement_id, 2**63 - 1), act_of(request))
    except YibaoError as error:
        return _page(request, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:agreement_case", case.pk)


@require_POST
@staff_page(Role.INSTITUTION)
def keep_key(request: StaffRequest) -> HttpResponse:
    """Make the institution's signing key, or take the public half of its own."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _page(request, key_form=form, status=HTTPStatus.BAD_REQUEST)
    try:
        key_for_institution(public_key=form.cleaned_data["public_key"], act=act_of(request))
    except YibaoError as error:
        return _page(request, key_form=form, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:agreements")


@require_safe
@staff_page(*READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Send the applications as filtered, with their deadlines, as CSV or Excel."""
    today = timezone.localdate()
    titles = [
        _("Number"), _("Kind"), _("Institution code"), _("Institution"), _("Physician"), _("State"), _("Stage"),
        _("Last day"), _("Overdue"),
    ]  # fmt: skip
    cases = _filtered(request, scope_of(request.staff_member))[:EXPORT_ROWS_MAX]
    rows = [_cells(case, case_clock(case, today=today)) for case in cases]
    return attached(kind, name="agreements", sheet=_("Agreements"), titles=titles, rows=rows)


def _cells(case: AgreementCase, clock: CaseClock) -> list[Cell]:
    """A case as the cells of a file."""
    return [
        case.pk, case.get_kind_display(), case.institution.code, case.institution.name,
        case.practitioner.code if case.practitioner else "", case.get_state_display(),
        str(STAGES.get(clock.stage, "")), clock.due_on.isoformat() if clock.due_on else "",
        _("yes") if clock.is_late else _("no"),
    ]  # fmt: skip


def _filtered(request: HttpRequest, scope: Scope) -> Any:
    """The cases that the address asks for."""
    found = visible_cases(scope)
    state, kind = request.GET.get("state", ""), request.GET.get("kind", "")
    if state in CaseState.values:
        found = found.filter(state=state)
    if kind in AgreementKind.values:
        found = found.filter(kind=kind)
    return found


def _page(
    request: StaffRequest,
    *,
    open_form: OpenForm | None = None,
    key_form: KeyForm | None = None,
    refusal: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The overview, with what was refused on top of it."""
    member, today = request.staff_member, timezone.localdate()
    scope = scope_of(member)
    clocks = [(case, case_clock(case, today=today)) for case in running_cases(visible_cases(scope))]
    late = sorted((pair for pair in clocks if pair[1].is_late), key=lambda pair: (pair[1].due_on or today, pair[0].pk))
    page = Paginator(_filtered(request, scope), PAGE_ROWS).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context: dict[str, Any] = {
        "section": SECTION,
        "page": page,
        "rows": [(case, case_clock(case, today=today), STAGES.get(case.clock_stage, "")) for case in page],
        "late": [(case, clock, STAGES.get(case.clock_stage, "")) for case, clock in late],
        "unknown_years": sorted({clock.unknown_year for _case, clock in clocks if clock.unknown_year}),
        "states": CaseState.choices,
        "kinds": AgreementKind.choices,
        "state": request.GET.get("state", ""),
        "kind": request.GET.get("kind", ""),
        "query": query.urlencode(),
        "in_force": _in_force(scope, today)[:PAGE_ROWS],
        "to_renew": _to_renew(scope, today)[:PAGE_ROWS],
        "role": member.role,
        "open_form": open_form or OpenForm(),
        "key_form": key_form or KeyForm(),
        "refusal": refusal,
    }
    if member.institution_id is not None:
        context["key"] = signing_key(
            party=Party.INSTITUTION, region=member.region_id, institution_id=member.institution_id
        )
    return render(request, "office/agreements.html", context, status=status)


def _in_force(scope: Scope, today: Any) -> Any:
    """Agreements in force within sight."""
    found = (
        in_force_on(today).filter(case__region_id=scope.region).select_related("institution", "practitioner", "case")
    )
    return found if scope.institution_id is None else found.filter(institution_id=scope.institution_id)


def _to_renew(scope: Scope, today: Any) -> Any:
    """Agreements within sight that end soon and that nothing renews yet."""
    found = agreements_to_renew(region=scope.region, today=today, until=today + timedelta(days=REMIND_DAYS))
    return found if scope.institution_id is None else found.filter(institution_id=scope.institution_id)
