"""How soon records of visits over the internet came, in the office: counts by institution, and every late or missing one."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from yibao.domains.internet_care.uploads import KINDS
from yibao.domains.staff.models import StaffMember
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.export import Cell, attached
from yibao.interfaces.office.internet_words import SECTION
from yibao.workflows.measure_uploads import HouseUploads, MeasuredVisit, measure_uploads, upload_limits

PAGE_ROWS: Final = 50
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR, Role.INSTITUTION)
_MONTH: Final = re.compile(r"(20\d{2})-(0[1-9]|1[0-2])").fullmatch
NAMES: Final[dict[str, Promise]] = {
    "real_name": _("Authentication by the e-voucher"),
    "record": _("Record of care"),
    "prescription": _("Online prescription"),
    "purchase": _("Purchase"),
}
STANDINGS: Final[dict[str, Promise]] = {
    "in_time": _("in time"), "late": _("late"), "missing": _("missing"), "not_due": _("not due"),
}  # fmt: skip


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show a month: how many records came in time, late, never; below, the visits that are flagged."""
    month = _month(request)
    houses = _measured(request.staff_member, month)
    flagged = [(house, visit) for house in houses for visit in house.flagged]
    page = Paginator(flagged, PAGE_ROWS).get_page(request.GET.get("page"))
    limits = upload_limits(request.staff_member.region_id, _last_day(month)) if houses else {}
    context = {
        "section": SECTION,
        "month": month,
        "earlier": (month - timedelta(days=1)).replace(day=1),
        "later": _last_day(month) + timedelta(days=1),
        "limits": [(NAMES[kind], minutes) for kind, minutes in limits.items()],
        "houses": [(house, [(NAMES[kind], house.counts[kind]) for kind in KINDS]) for house in houses],
        "page": page,
        "names": [NAMES[kind] for kind in KINDS],
        "flagged": [(house, visit, _cells_of(visit)) for house, visit in page],
    }
    return render(request, "office/internet_uploads.html", context)


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Send a month visit by visit as CSV or Excel."""
    month = _month(request)
    titles = [
        gettext("Institution code"),
        gettext("Institution"),
        gettext("Visit number (mdtrt_id)"),
        gettext("Began at"),
    ]
    for name in NAMES.values():
        titles += [str(name), gettext("Minutes")]
    rows = _rows(_measured(request.staff_member, month))
    return attached(kind, name=f"internet-uploads-{month:%Y-%m}", sheet=f"{month:%Y-%m}", titles=titles, rows=rows)


def _rows(houses: list[HouseUploads]) -> Iterator[list[Cell]]:
    for house in houses:
        for measured in house.visits:
            visit = measured.visit
            cells: list[Cell] = [
                house.code, house.name, visit.visit_id, f"{timezone.localtime(visit.began_at):%Y-%m-%d %H:%M}",
            ]  # fmt: skip
            for kind in KINDS:
                minutes = visit.minutes[kind]
                cells += [str(STANDINGS[measured.standing[kind]]), "" if minutes is None else minutes]
            yield cells


def _cells_of(measured: MeasuredVisit) -> list[tuple[Promise, Promise, bool, int | None]]:
    """Name, standing, whether it is flagged, and minutes, kind by kind."""
    return [
        (
            NAMES[kind], STANDINGS[measured.standing[kind]], measured.standing[kind] in {"late", "missing"},
            measured.visit.minutes[kind],
        )
        for kind in KINDS
    ]  # fmt: skip


def _measured(member: StaffMember, month: date) -> list[HouseUploads]:
    """A month of the institutions in the member's sight."""
    return measure_uploads(
        region=member.region_id, first_day=month, last_day=_last_day(month), institution_id=member.institution_id
    )


def _month(request: StaffRequest) -> date:
    """The month that is asked for; this one without."""
    said = _MONTH(request.GET.get("month", ""))
    return date(int(said[1]), int(said[2]), 1) if said else timezone.localdate().replace(day=1)


def _last_day(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
