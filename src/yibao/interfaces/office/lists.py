"""Lists in the office: which are published in which version, what a version changed, and publishing a new one."""

from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.listings.lists import LISTS, STAMPED, ListKind
from yibao.domains.listings.models import Entry, Listing
from yibao.domains.listings.operations import Differences, ListRow
from yibao.domains.listings.queries import latest_release, listing_of, releases_of, standing_list
from yibao.domains.staff.models import StaffMember
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.export import EXPORT_ROWS_MAX, TooManyRowsError, attached
from yibao.interfaces.office.table_files import lines_of
from yibao.interfaces.office.texts import text_of
from yibao.interfaces.office.words import own_words
from yibao.workflows.list_registers import rows_of_register
from yibao.workflows.publish_list import Publication, preview_publication, publish_list, registered_rows
from yibao.workflows.read_list_table import ReadTable, read_list_table

PAGE_ROWS: Final = 50
LARGEST_TABLE_BYTES: Final = 64 * 1024 * 1024
SHOWN_CODES: Final = 20
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR)
TRUST: Final = {"third_party": _("as public systems read it"), "our_default": _("our own columns")}
REASONS: Final = {
    "code": _("no code, or one with blanks or more than 50 characters"),
    "repeated": _("the code stands in an earlier line"),
    "missing": _("is empty"),
    "too_long": _("has more than 4000 characters"),
    "day": _("is no day like 2026-01-31"),
    "flag": _("must be 1, 0 or empty"),
    "period": _("lies not after the first day"),
}


class TableForm(forms.Form):
    """A table to be published, and whether what it leaves out is withdrawn."""

    file = forms.FileField(
        label=_("Table (Excel, or text with commas or tabs)"),
        error_messages={"required": _("Please choose a file."), "empty": _("The file is empty.")},
    )
    extent = forms.ChoiceField(
        label=_("The table is"),
        choices=[
            ("part", _("a part: what it leaves out stays")),
            ("whole", _("the whole list: what it leaves out is withdrawn")),
        ],
    )


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Every list with its newest version."""
    rows = [_row(request, kind) for kind in LISTS.values()]
    return render(request, "office/lists.html", {"section": "lists", "rows": rows})


def _row(request: StaffRequest, kind: ListKind) -> dict[str, Any]:
    """A list as the overview shows it."""
    listing = _listing(request, kind)
    return {
        "kind": kind,
        "name": own_words(kind),
        "trust": TRUST[kind.trust],
        "release": latest_release(listing.pk) if listing else None,
    }


def _listing(request: StaffRequest, kind: ListKind) -> Listing | None:
    """The list of the member's region, or the nation's."""
    return listing_of(code=kind.code, region=request.staff_member.region_id if kind.is_regional else None)


@require_safe
@staff_page(*_READERS)
def show_one(request: StaffRequest, code: str) -> HttpResponse:
    """One list: its versions, what one of them changed page by page, and the form for a new one."""
    if code not in LISTS:
        return not_found(request)
    return render(request, "office/list.html", _context(request, LISTS[code]))


def _context(request: StaffRequest, kind: ListKind, **further: Any) -> dict[str, Any]:
    """What the page of a list shows."""
    listing = _listing(request, kind)
    releases = releases_of(listing.pk) if listing else []
    chosen = next((each for each in releases if each.version == request.GET.get("version")), None)
    chosen = chosen or (releases[0] if releases else None)
    page = None
    if chosen is not None:
        changes = Entry.objects.filter(release=chosen).order_by("code")
        page = Paginator(changes, PAGE_ROWS).get_page(request.GET.get("page"))
    return {
        "section": "lists",
        "kind": kind,
        "name": own_words(kind),
        "trust": TRUST[kind.trust],
        "releases": releases,
        "chosen": chosen,
        "page": page,
        "changes": [_change(kind, entry) for entry in page] if page else [],
        "may_publish": request.staff_member.role == Role.AGENCY,
        "has_register": kind.register is not None and bool(rows_of_register(kind)),
        "form": TableForm(),
        **further,
    }


def _change(kind: ListKind, entry: Entry) -> dict[str, Any]:
    """An entry of a version: what happened to the row."""
    is_new = entry.created_at == entry.release.released_at
    what = (
        gettext("withdrawn from the list") if not entry.is_valid else gettext("added") if is_new else gettext("changed")
    )
    return {"code": entry.code, "name": entry.values.get(kind.name, ""), "what": what}


@require_POST
@staff_page(Role.AGENCY)
def publish(request: StaffRequest, code: str) -> HttpResponse:
    """Look at what a table would change, or publish it; a table with faults changes nothing."""
    if code not in LISTS:
        return not_found(request)
    kind = LISTS[code]
    form = TableForm(request.POST, request.FILES)
    if not form.is_valid():
        return _shown(request, kind, HTTPStatus.BAD_REQUEST, form=form)
    file = form.cleaned_data["file"]
    try:
        read = read_list_table(kind, lines_of(file.read(), largest_bytes=LARGEST_TABLE_BYTES))
        if read.faults:
            return _shown(request, kind, HTTPStatus.BAD_REQUEST, form=form, faults=_told(read))
        wish = _wish(request, kind, read.rows, source=file.name, is_whole=form.cleaned_data["extent"] == "whole")
        return _done(request, kind, wish, form)
    except YibaoError as refused:
        form.add_error("file", text_of(refused))
        return _shown(request, kind, HTTPStatus.BAD_REQUEST, form=form)


@require_POST
@staff_page(Role.AGENCY)
def publish_register(request: StaffRequest, code: str) -> HttpResponse:
    """Publish what our own register says of the list."""
    if code not in LISTS:
        return not_found(request)
    kind = LISTS[code]
    rows = registered_rows(code, request.staff_member.region_id)
    wish = _wish(request, kind, rows, source=gettext("the register of this platform"), is_whole=False)
    form = TableForm()
    try:
        return _done(request, kind, wish, form)
    except YibaoError as refused:
        return _shown(request, kind, HTTPStatus.CONFLICT, form=form, refused=text_of(refused))


def _wish(
    request: StaffRequest, kind: ListKind, rows: dict[str, ListRow], *, source: str, is_whole: bool
) -> Publication:
    """What is to be published, by whom."""
    member = request.staff_member
    return Publication(
        kind.code, member.region_id, rows, is_whole, source[:200], member.user.get_username(), timezone.now()
    )


def _done(request: StaffRequest, kind: ListKind, wish: Publication, form: TableForm) -> HttpResponse:
    """Show what would change, or publish and lead to the new version."""
    if request.POST.get("step") != "publish":
        return _shown(request, kind, HTTPStatus.OK, form=form, seen=_seen(preview_publication(wish)))
    release, _differences = publish_list(wish)
    messages.success(request, gettext("Published: %(version)s.") % {"version": release.version})
    return redirect(f"{reverse('office:list', args=[kind.code])}?version={release.version}")


def _seen(differences: Differences) -> dict[str, Any]:
    """What publishing would change, with the first codes of each kind."""
    return {
        "is_empty": differences.is_empty,
        "unchanged": differences.unchanged,
        "parts": [
            (gettext("added"), len(differences.added), differences.added[:SHOWN_CODES]),
            (gettext("changed"), len(differences.changed), differences.changed[:SHOWN_CODES]),
            (gettext("withdrawn from the list"), len(differences.withdrawn), differences.withdrawn[:SHOWN_CODES]),
        ],
    }


def _told(read: ReadTable) -> list[dict[str, Any]]:
    """The faults in the reader's language."""
    return [
        {"line": fault.line, "column": fault.column, "value": fault.value, "reason": REASONS[fault.reason]}
        for fault in read.faults
    ]


def _shown(request: StaffRequest, kind: ListKind, status: HTTPStatus, **further: Any) -> HttpResponse:
    """The page of the list again, with what came of it."""
    return render(request, "office/list.html", _context(request, kind, **further), status=status)


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, code: str, kind: str) -> HttpResponse:
    """The list as it stands, in the columns in which a table is handed in; without rows it is a form to fill in."""
    if code not in LISTS or kind not in {"csv", "xlsx"}:
        return not_found(request)
    said = LISTS[code]
    listing = _listing(request, said)
    columns = [column for column in said.columns if column not in STAMPED]
    columns.append("有效标志")
    entries = list(standing_list(listing.pk)[: EXPORT_ROWS_MAX + 1]) if listing else []
    if len(entries) > EXPORT_ROWS_MAX:
        refused = text_of(TooManyRowsError(most=f"{EXPORT_ROWS_MAX:,}"))
        return _shown(request, said, HTTPStatus.BAD_REQUEST, refused=refused)
    rows = [[*(entry.values.get(column, "") for column in columns[:-1]), str(int(entry.is_valid))] for entry in entries]
    return attached(kind, name=f"list-{code}", sheet=code, titles=columns, rows=rows)
