"""Supplementary insurance in the office: who holds which plan; an insurer's list is taken in whole or not at all; early ends."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.core.identity import mask
from yibao.domains.enrolment.found_people import find_insured
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_reads
from yibao.domains.staff.queries import scope_of
from yibao.domains.supplement.models import HeldPlan
from yibao.domains.supplement.operations import end_plan
from yibao.domains.supplement.queries import plans_of_region
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.export import EXPORT_ROWS_MAX, TooManyRowsError, attached, decimal_yuan
from yibao.interfaces.office.filing_forms import PlanFileForm, PlanSearchForm
from yibao.interfaces.office.masking import mask_name
from yibao.interfaces.office.plan_files import fault_sentences, plan_rows
from yibao.interfaces.office.texts import text_of
from yibao.workflows.take_in_plans import plans_of_law, take_in_plans

SECTION: Final = "supplement"
PAGE_ROWS: Final = 50
FAULTS_SHOWN: Final = 200
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR)


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show one page of the policies that were found, newest first, and where a list is taken in."""
    return _page(request)


@require_POST
@staff_page(Role.AGENCY)
def take_in(request: StaffRequest) -> HttpResponse:
    """Take in a list; with a wrong row nothing is entered, and every wrong row is named."""
    form = PlanFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, file_form=form, status=HTTPStatus.BAD_REQUEST)
    member = request.staff_member
    try:
        rows = plan_rows(form.cleaned_data["list"].read())
        taken = take_in_plans(
            rows, region=scope_of(member).region, at=timezone.now(), actor=request.user.get_username()
        )
    except YibaoError as error:
        form.add_error("list", text_of(error))
        return _page(request, file_form=form, status=HTTPStatus.BAD_REQUEST)
    if taken.faults:
        return _page(request, file_form=form, faults=fault_sentences(taken), status=HTTPStatus.CONFLICT)
    return redirect(f"{request.path.removesuffix('/list')}?entered={taken.entered}")


@require_POST
@staff_page(Role.AGENCY)
def end(request: StaffRequest, held_id: int) -> HttpResponse:
    """End a policy today, with the reason told."""
    region = scope_of(request.staff_member).region
    held = HeldPlan.objects.filter(pk=held_id, region_id=region).first() if held_id < 2**63 else None
    if held is None:
        return not_found(request)
    reason = request.POST.get("reason", "").strip()[:200]
    if not reason:
        return _page(request, refusal=_("Please give the reason."), status=HTTPStatus.BAD_REQUEST)
    try:
        end_plan(
            held_id=held.pk, on=timezone.localdate(), reason=reason, at=timezone.now(),
            actor=request.user.get_username(),
        )  # fmt: skip
    except YibaoError as error:
        return _page(request, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:held_plans")


def _page(
    request: StaffRequest,
    *,
    file_form: PlanFileForm | None = None,
    faults: list[tuple[int, str]] | None = None,
    refusal: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The list with its search, what was refused on top of it."""
    member, today = request.staff_member, timezone.localdate()
    region = scope_of(member).region
    plans = plans_of_law(region, today)
    form = PlanSearchForm(request.GET, plans=plans)
    before = request.GET.get("before", "")
    is_number = before.isascii() and before.isdigit() and len(before) <= 18
    found = HeldPlan.objects.none()
    if form.is_valid() and (is_number or not before):
        found = _found(region, form)
        if before:
            found = found.filter(pk__lt=int(before))
    else:
        status = HTTPStatus.BAD_REQUEST
    page = list(found[: PAGE_ROWS + 1])
    may_work = member.role == Role.AGENCY
    context: dict[str, Any] = {
        "section": SECTION,
        "form": form,
        "rows": [_row(held, today) for held in page[:PAGE_ROWS]],
        "filters": urlencode({name: value for name, value in request.GET.items() if value and name not in {"before", "entered"}}),
        "older": page[PAGE_ROWS - 1].pk if len(page) > PAGE_ROWS else None,
        "is_first": not before,
        "plans": plans,
        "may_work": may_work,
        "file_form": (file_form or PlanFileForm()) if may_work else None,
        "faults": (faults or [])[:FAULTS_SHOWN],
        "fault_count": len(faults or []),
        "refusal": refusal,
        "entered": request.GET.get("entered", "") if request.GET.get("entered", "").isdigit() else "",
    }  # fmt: skip
    return render(request, "office/held_plans.html", context, status=status)


def _found(region: str, form: PlanSearchForm) -> Any:
    """The policies of the region that the form asks for."""
    person_id = None
    if text := form.cleaned_data["person"].strip():
        person = find_insured(region=region, text=text)
        person_id = person.pk if person else 0
    return plans_of_region(region=region, plan=form.cleaned_data["plan"], person_id=person_id)


def _row(held: HeldPlan, today: Any) -> dict[str, Any]:
    """A policy as plain data; the identity number is masked for everybody."""
    return {
        "held": held,
        "person": held.person.name,
        "document": mask(held.person.document_number),
        "runs": held.ended_at is None and held.valid_until > today,
    }


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Take out all that was found and note whose records left the house; too much is refused, not cut off."""
    region = scope_of(request.staff_member).region
    form = PlanSearchForm(request.GET, plans=plans_of_law(region, timezone.localdate()))
    if not form.is_valid():
        return _page(request)
    found = list(_found(region, form)[: EXPORT_ROWS_MAX + 1])
    if len(found) > EXPORT_ROWS_MAX:
        refusal = text_of(TooManyRowsError(most=f"{EXPORT_ROWS_MAX:,}"))
        return _page(request, refusal=refusal, status=HTTPStatus.BAD_REQUEST)
    record_reads(
        reader=request.staff_member, person_ids={held.person_id for held in found}, page=request.path,
        purpose="export", at=timezone.now(),
    )  # fmt: skip
    titles = [
        _("Policy number"), _("Plan"), _("Person number"), _("Name"), _("Document number"), _("From"),
        _("Until (not included)"), _("Premium (yuan)"), _("Reason of the end"),
    ]  # fmt: skip
    rows = [
        [
            held.policy_number, held.plan, held.person.number, mask_name(held.person.name),
            mask(held.person.document_number), held.valid_from.isoformat(), held.valid_until.isoformat(),
            decimal_yuan(held.premium_fen), held.end_reason,
        ]
        for held in found
    ]  # fmt: skip
    return attached(kind, name="supplement", sheet=_("Supplementary insurance"), titles=titles, rows=rows)
