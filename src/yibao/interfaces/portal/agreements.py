"""What the agency makes public (公开): institutions with agreements, breaches that were published, yearly assessments."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yibao.domains.agreements.conduct import AssessmentSheet
from yibao.domains.agreements.disclosure import (
    agreements_disclosed,
    assessments_disclosed,
    breaches_disclosed,
    disclosing_regions,
)
from yibao.domains.agreements.models import Agreement, AgreementKind
from yibao.domains.reference.queries import division_names
from yibao.interfaces.portal.words import own
from yibao.policies import NoPolicyError
from yibao.policies.agreement_library import assessment_law

ROWS: Final = 20
LONGEST_NAME: Final = 50
EXPORT_ROWS_MAX: Final = 50_000
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


@require_safe
def show_regions(request: HttpRequest) -> HttpResponse:
    """Show the regions that publish agreements."""
    codes = disclosing_regions()
    names = division_names(codes)
    regions = [(code, names.get(code, code)) for code in codes]
    return render(request, "portal/agreement_regions.html", {"regions": regions})


@require_safe
def show(request: HttpRequest, region: str) -> HttpResponse:
    """Show a region's institutions with agreements, found by kind and name, with what was published about them."""
    kind, name = request.GET.get("kind", ""), request.GET.get("name", "").strip()[:LONGEST_NAME]
    found = agreements_disclosed(region=region, day=timezone.localdate(), kind=kind, name=name)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "region": region,
        "region_name": division_names([region]).get(region, region),
        "page": page,
        "kind": kind,
        "name": name,
        "kinds": [each for each in AgreementKind.choices if each[0] != AgreementKind.PHYSICIAN],
        "query": query.urlencode(),
        "breaches": breaches_disclosed(region=region)[:ROWS],
        "assessments": [_assessed(row) for row in assessments_disclosed(region=region)[:ROWS]],
    }
    return render(request, "portal/agreements.html", context)


def _assessed(sheet: AssessmentSheet) -> dict[str, Any]:
    """An assessment in the reader's words: score to two decimals, the grade's name."""
    return {"row": sheet, "score": f"{sheet.score_e2 / 100:.2f}", "grade": _grade(sheet)}


def _grade(sheet: AssessmentSheet) -> str:
    """The grade's name in the reader's language; its key where the law of that year is not known any more."""
    try:
        law = assessment_law(sheet.region_id, date(sheet.year, 12, 31))
    except NoPolicyError:
        return sheet.grade
    return next((own(grade.title) for grade in law.grades if grade.key == sheet.grade), sheet.grade)


@require_safe
def download(_request: HttpRequest, region: str, what: str) -> HttpResponse:
    """Send what is public as CSV: the institutions, the breaches or the assessments."""
    titles, rows = {"institutions": _institutions, "breaches": _breaches, "assessments": _assessments}[what](region)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(titles)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="yibao-{what}-{region}-{timezone.localdate():%Y%m%d}.csv"'}
    return HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers=headers)


def _institutions(region: str) -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    titles = (
        _("Institution code"),
        _("Institution"),
        _("Agreement"),
        _("Number"),
        _("From"),
        _("Until (not included)"),
    )
    found = agreements_disclosed(region=region, day=timezone.localdate())[:EXPORT_ROWS_MAX]
    return titles, (_agreement_cells(row) for row in found)


def _agreement_cells(row: Agreement) -> Sequence[str]:
    return (
        row.institution.code, row.institution.name, str(row.get_kind_display()), row.number, f"{row.valid_from}",
        f"{row.valid_until}",
    )  # fmt: skip


def _breaches(region: str) -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    titles = (_("Institution"), _("What happened"), _("Handled by"), _("Document"), _("Published on"))
    found = breaches_disclosed(region=region)[:EXPORT_ROWS_MAX]
    return titles, (
        (
            row.institution.name, row.publication.summary, str(row.get_route_display()), row.document,
            f"{timezone.localtime(row.publication.published_at):%Y-%m-%d}",
        )
        for row in found
    )  # fmt: skip


def _assessments(region: str) -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    titles = (_("Institution"), _("Year"), _("What is assessed"), _("Score"), _("Grade"), _("Agreement may be renewed"))
    found = assessments_disclosed(region=region)[:EXPORT_ROWS_MAX]
    return titles, (
        (
            row.institution.name, f"{row.year}", str(row.get_scope_display()), f"{row.score_e2 / 100:.2f}", _grade(row),
            _("yes") if row.may_renew else _("no"),
        )
        for row in found
    )  # fmt: skip


def _harmless(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
