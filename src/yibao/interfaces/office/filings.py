"""Filings in the office: find them, enter one, look at one with its decisions, approve, refuse or withdraw it."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.core.identity import mask
from yibao.domains.enrolment.found_people import find_insured
from yibao.domains.filings.models import Filing
from yibao.domains.filings.queries import filing_of_region, filings_of_region
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_read, record_reads
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.export import EXPORT_ROWS_MAX, Cell, TooManyRowsError, attached
from yibao.interfaces.office.filing_forms import DecisionForm, FilingForm, FilingSearchForm
from yibao.interfaces.office.masking import mask_name
from yibao.interfaces.office.texts import text_of
from yibao.interfaces.office.words import scheme_name
from yibao.workflows.file_for_person import Filer, decide_filing, enter_filing

SECTION: Final = "filings"
PAGE_ROWS: Final = 50
_LARGEST: Final = 2**63 - 1
STEPS: Final = {"approve": "approved", "refuse": "refused", "withdraw": "withdrawn"}
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR)


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show one page of the filings that were found, newest first."""
    form = FilingSearchForm(request.GET)
    before = request.GET.get("before", "")
    is_number = before.isascii() and before.isdigit() and len(before) <= 18
    if not form.is_valid() or (before and not is_number):
        return _refused(request, form)
    found = _found(request, form)
    if before:
        found = found.filter(pk__lt=int(before))
    page = list(found[: PAGE_ROWS + 1])
    context = {
        "section": SECTION,
        "form": form,
        "rows": [row_of(filing) for filing in page[:PAGE_ROWS]],
        "filters": urlencode({name: value for name, value in request.GET.items() if value and name != "before"}),
        "is_first": not before,
        "older": page[PAGE_ROWS - 1].pk if len(page) > PAGE_ROWS else None,
        "may_work": request.staff_member.role == Role.AGENCY,
    }
    return render(request, "office/filings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Role.AGENCY)
def enter(request: StaffRequest) -> HttpResponse:
    """Enter a filing; what an officer enters is in force at once, what is refused changes nothing."""
    form = FilingForm(request.POST or None, initial={"valid_from": timezone.localdate()})
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.BAD_REQUEST
        if form.is_valid():
            try:
                number = enter_filing(form.wish(), _filer(request))
            except YibaoError as error:
                form.add_error(None, text_of(error))
                status = HTTPStatus.CONFLICT
            else:
                return redirect("office:filing", number)
    return render(request, "office/filing_new.html", {"section": SECTION, "form": form}, status=status)


@require_safe
@staff_page(*_READERS)
def show_one(request: StaffRequest, filing_id: int) -> HttpResponse:
    """Show one filing of the region with its decisions; the reading is noted."""
    filing = _find(request, filing_id)
    if filing is None:
        return not_found(request)
    now = timezone.now()
    record_read(reader=request.staff_member, person_id=filing.person_id, page=request.path, purpose=SECTION, at=now)
    return _page(request, filing)


@require_POST
@staff_page(Role.AGENCY)
def act(request: StaffRequest, filing_id: int, step: str) -> HttpResponse:
    """Approve, refuse or withdraw a filing; a refusal is said on the page, and nothing was changed."""
    filing = _find(request, filing_id)
    if filing is None or step not in STEPS:
        return not_found(request)
    form = DecisionForm(request.POST, needs_reason=step != "approve")
    if not form.is_valid():
        return _page(request, filing, form=form, status=HTTPStatus.BAD_REQUEST)
    try:
        decide_filing(
            filing_id=filing.pk,
            region=filing.region_id,
            decision=STEPS[step],
            on=form.cleaned_data["on"],
            reason=form.cleaned_data["reason"],
            filer=_filer(request),
        )
    except YibaoError as error:
        return _page(request, filing, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:filing", filing.pk)


def row_of(filing: Filing) -> dict[str, Any]:
    """A filing as plain data in the reader's language; the identity number is masked for everybody."""
    return {
        "number": filing.pk,
        "kind": filing.get_kind_display(),
        "person": filing.person.name,
        "person_number": filing.person.number,
        "document": mask(filing.person.document_number),
        "scheme": scheme_name(filing.scheme),
        "subject": _subject(filing),
        "valid_from": filing.valid_from,
        "valid_until": filing.in_force_until,
        "standing": filing.standing,
        "standing_name": filing.get_standing_display(),
        "filed_at": filing.filed_at,
        "filed_by": filing.filed_by,
    }


def _subject(filing: Filing) -> str:
    """What was filed, in words."""
    if filing.kind == Filing.Kind.RECOGNITION:
        return f"{filing.disease_code} {filing.disease_name}"
    if filing.kind == Filing.Kind.ELSEWHERE:
        name = filing.destination.name if filing.destination else ""
        return f"{name} · {filing.get_reason_display()}"
    return f"{filing.institution_code} {filing.institution_name}".strip()


def _found(request: StaffRequest, form: FilingSearchForm) -> QuerySet[Filing]:
    """The filings of the member's region that the form asks for; a person who is not insured there has none."""
    told, region = form.cleaned_data, scope_of(request.staff_member).region
    person_id = None
    if text := told["person"].strip():
        person = find_insured(region=region, text=text)
        person_id = person.pk if person else 0
    return filings_of_region(
        region=region,
        kinds=[told["kind"]] if told["kind"] else (),
        standings=[told["standing"]] if told["standing"] else (),
        person_id=person_id,
    )


def _find(request: StaffRequest, filing_id: int) -> Filing | None:
    if filing_id > _LARGEST:
        return None
    return filing_of_region(region=scope_of(request.staff_member).region, filing_id=filing_id)


def _filer(request: StaffRequest) -> Filer:
    """The officer as one who files."""
    region = scope_of(request.staff_member).region
    return Filer(request.user.get_username(), timezone.now(), region=region)


def _page(
    request: StaffRequest,
    filing: Filing,
    *,
    form: DecisionForm | None = None,
    refusal: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page of one filing, with what was refused on top of it."""
    filing.refresh_from_db()
    may_work = request.staff_member.role == Role.AGENCY
    is_open = filing.standing in {Filing.Standing.PENDING, Filing.Standing.IN_FORCE}
    context = {
        "section": SECTION,
        "row": row_of(filing),
        "filing": filing,
        "told": sorted((name, value) for name, value in filing.details.items() if value),
        "decisions": filing.decisions.all(),
        "form": (form or DecisionForm(today=timezone.localdate())) if may_work and is_open else None,
        "is_pending": filing.standing == Filing.Standing.PENDING,
        "refusal": refusal,
    }
    return render(request, "office/filing.html", context, status=status)


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Take out all that was found and note whose records left the house; too much is refused, not cut off."""
    form = FilingSearchForm(request.GET)
    if not form.is_valid():
        return _refused(request, form)
    found = list(_found(request, form)[: EXPORT_ROWS_MAX + 1])
    if len(found) > EXPORT_ROWS_MAX:
        form.add_error(None, text_of(TooManyRowsError(most=f"{EXPORT_ROWS_MAX:,}")))
        return _refused(request, form)
    record_reads(
        reader=request.staff_member, person_ids={filing.person_id for filing in found}, page=request.path,
        purpose="export", at=timezone.now(),
    )  # fmt: skip
    titles = [
        _("Filing"), _("Kind"), _("Person number"), _("Name"), _("Document number"), _("Scheme"), _("Subject"),
        _("From"), _("Until (not included)"), _("Standing"), _("Filed by"),
    ]  # fmt: skip
    return attached(kind, name="filings", sheet=_("Filings"), titles=titles, rows=[_cells(row_of(f)) for f in found])


def _cells(row: dict[str, Any]) -> list[Cell]:
    """A filing as a row of the file, with name and identity number masked."""
    until = row["valid_until"]
    return [
        row["number"], row["kind"], row["person_number"], mask_name(row["person"]), row["document"], row["scheme"],
        row["subject"], row["valid_from"].isoformat(), until.isoformat() if until else "", row["standing_name"],
        row["filed_by"],
    ]  # fmt: skip


def _refused(request: StaffRequest, form: FilingSearchForm) -> HttpResponse:
    context = {"section": SECTION, "form": form, "rows": [], "is_refused": True}
    return render(request, "office/filings.html", context, status=HTTPStatus.BAD_REQUEST)
