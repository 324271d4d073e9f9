"""Yearly assessments in the office: what the records show, scores confirmed or changed with a reason, every version kept."""

from datetime import date
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.agreements.conduct import AssessmentSheet
from yibao.domains.staff.models import StaffMember
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.agreement_forms import SheetForm, SheetOfForm
from yibao.interfaces.office.claim_words import TRUSTS
from yibao.interfaces.office.export import Cell, attached
from yibao.interfaces.office.texts import text_of
from yibao.interfaces.office.words import own_words
from yibao.policies.agreement_library import assessment_law
from yibao.policies.agreements import Indicator
from yibao.workflows.assess_institution import enter_assessment, look_at_records
from yibao.workflows.assessment_evidence import Proposed

SECTION: Final = "agreements"
_LARGEST: Final = 2**63 - 1
_PPM_OF_PERCENT: Final = 10_000
Role = StaffMember.Role
MEASURES: Final[dict[str, Promise]] = {
    "voucher_ppm": _("settlements by e-voucher or card"),
    "equal_reconciliations_ppm": _("reconciliations that were equal"),
    "violation_ppm": _("amounts of breaches and deductions in the cost"),
    "staff_points": _("points of the staff"),
    "cost_growth_ppm": _("growth of the cost per settlement over the year before"),
    "real_name_in_time_ppm": _("visits online authenticated in time"),
    "prescriptions_present_ppm": _("visits with drugs online whose prescription came"),
    "records_in_time_ppm": _("records, prescriptions and purchases in time"),
    "online_violation_ppm": _("audited visits online with a verified violation"),
    "online_cost_ppm": _("cost per visit online as a share of an ordinary visit"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Role.AGENCY)
def assess(request: StaffRequest) -> HttpResponseBase:
    """Show what the records of an institution's year propose; a POST enters the scores."""
    member, asked = request.staff_member, SheetOfForm(request.GET)
    if not asked.is_valid():
        return render(
            request, "office/assess.html", {"section": SECTION, "asked": asked}, status=HTTPStatus.BAD_REQUEST
        )
    said = asked.cleaned_data
    known = {"institution_code": said["institution"], "year": said["year"], "scope": said["scope"], "member": member}
    try:
        proposed = look_at_records(**known)
    except YibaoError as error:
        context = {"section": SECTION, "asked": asked, "refusal": text_of(error)}
        return render(request, "office/assess.html", context, status=HTTPStatus.CONFLICT)
    form, refusal, status = SheetForm(request.POST or None, proposed=proposed), "", HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.BAD_REQUEST
        if form.is_valid():
            try:
                sheet = enter_assessment(
                    **known, scores_e2=form.scores_e2(), reasons=form.reasons(), at=timezone.now()
                )  # fmt: skip
            except YibaoError as error:
                refusal, status = text_of(error), HTTPStatus.CONFLICT
            else:
                return redirect("office:sheet", sheet.pk)
    pairs = form.pairs()
    context = {
        "section": SECTION,
        "asked": asked,
        "rows": [(_shown(each), *pairs[each.indicator.key]) for each in proposed],
        "form": form,
        "refusal": refusal,
    }
    return render(request, "office/assess.html", context, status=status)


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def show_one(request: StaffRequest, sheet_id: int) -> HttpResponseBase:
    """Show a sheet with what it stands on, and the versions of the same year."""
    sheet = _sheets(request).filter(pk=min(sheet_id, _LARGEST)).first()
    if sheet is None:
        return not_found(request)
    versions = _sheets(request).filter(institution=sheet.institution, year=sheet.year, scope=sheet.scope)
    law = assessment_law(sheet.region_id, date(sheet.year, 12, 31))
    indicators = {each.key: each for each in law.of_scope(sheet.scope)}
    context = {
        "section": SECTION,
        "sheet": sheet,
        "score": f"{sheet.score_e2 / 100:.2f}",
        "rows": [
            _kept(indicators.get(key), key, score, sheet.evidence.get(key, {})) for key, score in sheet.scores.items()
        ],
        "versions": versions.order_by("-version"),
    }
    return render(request, "office/sheet.html", context)


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Send every sheet of the region indicator by indicator as CSV or Excel."""
    titles = [
        gettext("Institution code"), gettext("Institution"), gettext("Year"), gettext("What is assessed"),
        gettext("Version"), gettext("Indicator"), gettext("Measure"), gettext("Value"), gettext("Proposed score"),
        gettext("Score"), gettext("Reason"), gettext("Total score"), gettext("Grade"), gettext("Entered by"),
        gettext("Published"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for sheet in _sheets(request):
        published = sheet.publication.published_at if hasattr(sheet, "publication") else None
        for key, score in sheet.scores.items():
            held = sheet.evidence.get(key, {})
            measure, proposed = str(held.get("measure", "")), held.get("proposed_e2")
            rows.append(
                [
                    sheet.institution.code, sheet.institution.name, sheet.year, str(sheet.get_scope_display()),
                    sheet.version, key, measure, _value(measure, held.get("value")),
                    "" if proposed is None else f"{proposed / 100:g}", f"{score / 100:g}", str(held.get("reason", "")),
                    f"{sheet.score_e2 / 100:.2f}", sheet.grade, sheet.entered_by.user.get_username(),
                    f"{timezone.localtime(published):%Y-%m-%d}" if published else "",
                ]
            )  # fmt: skip
    return attached(kind, name="assessments", sheet=gettext("Yearly assessments"), titles=titles, rows=rows)


def _sheets(request: StaffRequest) -> Any:
    """The sheets of the member's region, the latest first."""
    found = AssessmentSheet.objects.filter(region_id=request.staff_member.region_id)
    return found.select_related("institution", "entered_by__user", "publication__published_by__user").order_by("-pk")


def _shown(each: Proposed) -> dict[str, Any]:
    """An indicator with what was measured for it."""
    evidence = each.indicator.evidence
    return {
        "title": _title(each.indicator),
        "measure": MEASURES[evidence.measure] if evidence else "",
        "trust": TRUSTS.get(evidence.trust, evidence.trust) if evidence else "",
        "note": evidence.note if evidence else "",
        "value": _value(evidence.measure if evidence else "", each.value),
        "proposed": "" if each.score_e2 is None else f"{each.score_e2 / 100:g}",
    }


def _kept(indicator: Indicator | None, key: str, score: int, held: dict[str, Any]) -> dict[str, Any]:
    """An indicator of a kept sheet."""
    measure, proposed = str(held.get("measure", "")), held.get("proposed_e2")
    return {
        "title": _title(indicator) if indicator else key,
        "measure": MEASURES.get(measure, measure),
        "value": _value(measure, held.get("value")),
        "proposed": "" if proposed is None else f"{proposed / 100:g}",
        "score": f"{score / 100:g}",
        "is_changed": proposed is not None and proposed != score,
        "reason": held.get("reason", ""),
    }


def _title(indicator: Indicator) -> str:
    return own_words(indicator.title)


def _value(measure: str, value: int | None) -> str:
    """A measured value as one reads it: shares in percent with two decimals, rounded down."""
    if value is None:
        return ""
    if not measure.endswith("_ppm"):
        return str(value)
    sign, hundredths = ("-" if value < 0 else ""), abs(value) * 100 // _PPM_OF_PERCENT
    return f"{sign}{hundredths // 100}.{hundredths % 100:02d}%"
