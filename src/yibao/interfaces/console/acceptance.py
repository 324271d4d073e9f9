"""The acceptance report of an institution (接口验收): as a page, JSON and PDF, and issued for good."""

from http import HTTPStatus
from typing import Any, ClassVar, Final

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.acceptance.judging import Judgement, digest_of, plain
from yibao.domains.acceptance.models import AcceptanceReport
from yibao.domains.acceptance.programme import Kind, kind_of
from yibao.domains.acceptance.queries import reports_of, specification_on
from yibao.domains.institutions.models import Institution
from yibao.domains.messages.models import AccessPoint
from yibao.domains.sandbox.queries import Sight, points_in
from yibao.interfaces.console.access import ISSUERS, READERS, console_page, sight_of
from yibao.interfaces.console.printed import printed_report
from yibao.interfaces.console.programme import programme_for
from yibao.interfaces.console.specifications import spoken_digest
from yibao.interfaces.console.texts import is_english, text_of
from yibao.interfaces.office.access import StaffRequest
from yibao.workflows.judge_acceptance import issue_acceptance, judge_acceptance


class UnknownAcceptanceError(YibaoError):
    """There is no such institution, or no such kind to be accepted as."""

    code: ClassVar[str] = "acceptance.unknown"


STATES: Final = {
    "performed": _("performed correctly"), "failed": _("tried, not yet correctly"), "missing": _("not yet tried"),
    "not_offered": _("not offered by this platform"),
}  # fmt: skip

TRUST: Final = {
    "official": _("official text"), "relayed": _("relayed by others"), "third_party": _("third party"),
    "our_default": _("our default"),
}  # fmt: skip


class AcceptanceForm(forms.Form):
    """Whose acceptance, as what, at which access point."""

    institution = forms.CharField(label=_("Institution code"), max_length=12)
    kind = forms.ChoiceField(
        label=_("Accepted as"), required=False, choices=[("", _("what it is")), *AcceptanceReport.Kind.choices]
    )
    access_point = forms.ModelChoiceField(
        label=_("Access point"), required=False, queryset=AccessPoint.objects.none(), empty_label=_("all")
    )

    def __init__(self, *args: Any, sight: Sight, **named: Any) -> None:
        super().__init__(*args, **named)
        self._sight = sight
        points = self.fields["access_point"]
        assert isinstance(points, forms.ModelChoiceField)
        points.queryset = points_in(sight)

    def clean_institution(self) -> Institution:
        """Find the institution within sight."""
        code = str(self.cleaned_data["institution"]).strip().upper()
        found = Institution.objects.filter(code=code, division__pooling_region=self._sight.region).first()
        if found is None or self._sight.institution_code not in {"", code}:
            raise forms.ValidationError(_("There is no such institution in the region."))
        return found


class _Asked:
    """A question that makes sense: institution, kind, access point, and the judgement."""

    def __init__(self, form: AcceptanceForm) -> None:
        self.institution: Institution = form.cleaned_data["institution"]
        self.kind: Kind = form.cleaned_data["kind"] or kind_of(self.institution)
        self.point: AccessPoint | None = form.cleaned_data["access_point"]

    @property
    def point_id(self) -> int | None:
        """The access point's number, None for all."""
        return self.point.pk if self.point else None

    def judged(self) -> Judgement:
        """The judgement as it is now."""
        return judge_acceptance(
            programme_for(self.kind), institution_id=self.institution.pk, access_point_id=self.point_id
        )


@require_safe
@console_page(*READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show the form and, when an institution is named, its report."""
    sight = sight_of(request.staff_member)
    data = request.GET or ({"institution": sight.institution_code} if sight.institution_code else None)
    return _page(request, AcceptanceForm(data, sight=sight))


def _page(request: StaffRequest, form: AcceptanceForm, *, refusal: str = "") -> HttpResponse:
    """The page with the form's report; with what was refused on top of it."""
    member = request.staff_member
    context: dict[str, Any] = {
        "section": "acceptance",
        "form": form,
        "may_issue": member.role in ISSUERS,
        "specification": specification_on(member.region_id, timezone.localdate()),
        "refusal": refusal,
    }
    if form.is_bound and form.is_valid():
        asked = _Asked(form)
        context |= {
            "institution": asked.institution,
            "kind": AcceptanceReport.Kind(asked.kind).label,
            "filters": request.GET.urlencode() or f"institution={asked.institution.code}",
            "reports": reports_of(institution_id=asked.institution.pk)[:20],
            **_shown(asked.judged()),
        }
    status = HTTPStatus.BAD_REQUEST if form.is_bound and form.errors else HTTPStatus.OK
    status = HTTPStatus.CONFLICT if refusal else status
    return render(request, "console/acceptance.html", context, status=status)


@require_safe
@console_page(*READERS)
def download_json(request: StaffRequest) -> HttpResponse:
    """Send the report as JSON, with the digest of its judgement."""
    form = AcceptanceForm(request.GET, sight=sight_of(request.staff_member))
    if not form.is_valid():
        return HttpResponseBadRequest(form.errors.as_json(), content_type="application/json")
    return JsonResponse(report_of(form), json_dumps_params={"ensure_ascii": False, "indent": 2})


@require_safe
@console_page(*READERS)
def download_pdf(request: StaffRequest) -> HttpResponse:
    """Send the report as PDF."""
    form = AcceptanceForm(request.GET, sight=sight_of(request.staff_member))
    if not form.is_valid():
        return HttpResponseBadRequest(form.errors.as_json(), content_type="application/json")
    asked = _Asked(form)
    return _pdf(asked.institution, asked.point, plain(asked.judged()), number="")


@require_POST
@console_page(*ISSUERS)
def issue(request: StaffRequest) -> HttpResponse:
    """Issue the report as it is now, and show it."""
    form = AcceptanceForm(request.POST, sight=sight_of(request.staff_member))
    if not form.is_valid():
        return HttpResponseBadRequest(form.errors.as_json(), content_type="application/json")
    asked = _Asked(form)
    try:
        report = issue_acceptance(
            programme_for(asked.kind),
            institution_id=asked.institution.pk,
            access_point_id=asked.point_id,
            spoken=spoken_digest(),
            issued_by=request.staff_member,
            at=timezone.now(),
        )
    except YibaoError as error:
        return _page(request, form, refusal=text_of(error))
    return redirect("console:issued", report_id=report.pk)


@require_safe
@console_page(*READERS)
def show_issued(request: StaffRequest, report_id: int) -> HttpResponse:
    """Show a report as it was issued."""
    report = _report(sight_of(request.staff_member), report_id)
    context = {"section": "acceptance", "report": report, **_shown_plain(report.judgement)}
    return render(request, "console/issued.html", context)


@require_safe
@console_page(*READERS)
def download_issued(request: StaffRequest, report_id: int) -> HttpResponse:
    """Send a report as it was issued, as PDF."""
    report = _report(sight_of(request.staff_member), report_id)
    return _pdf(report.institution, report.access_point, report.judgement, number=str(report.pk), report=report)


def judged_report(*, institution_code: str, kind: str, is_printed: bool) -> tuple[dict[str, Any], bytes]:
    """The report of an institution at all access points, and as PDF where it is to be printed.

    :raises UnknownAcceptanceError: there is no such institution or kind.
    """
    institution = Institution.objects.select_related("division").filter(code=institution_code).first()
    if institution is None:
        raise UnknownAcceptanceError(institution=institution_code, kind=kind)
    asked = {"institution": institution_code, "kind": kind}
    form = AcceptanceForm(asked, sight=Sight(region=institution.division.pooling_region))
    if not form.is_valid():
        raise UnknownAcceptanceError(institution=institution_code, kind=kind)
    report = report_of(form)
    return report, _printed(institution, None, report["judgement"], number="") if is_printed else b""


def report_of(form: AcceptanceForm) -> dict[str, Any]:
    """The report as JSON values; only of a valid form."""
    asked = _Asked(form)
    content = plain(asked.judged())
    return {
        "institution": {"code": asked.institution.code, "name": asked.institution.name},
        "access_point": asked.point.path_prefix if asked.point else None,
        "judged_at": timezone.localtime().isoformat(timespec="seconds"),
        "digest": digest_of(content),
        "judgement": content,
    }


def _report(sight: Sight, report_id: int) -> AcceptanceReport:
    """The report within sight."""
    found = AcceptanceReport.objects.select_related(
        "institution", "access_point", "specification", "issued_by__user"
    ).filter(pk=report_id, institution__division__pooling_region=sight.region)
    if sight.institution_code:
        found = found.filter(institution__code=sight.institution_code)
    report = found.first()
    if report is None:
        raise Http404
    return report


def _shown(judgement: Judgement) -> dict[str, Any]:
    return _shown_plain(plain(judgement))


def _shown_plain(content: dict[str, Any]) -> dict[str, Any]:
    """A judgement's JSON values as a page shows them, in the reader's language."""
    language = "en" if is_english() else "zh"
    transactions = [
        {
            **one,
            "name": one[language],
            "state_name": STATES[one["state"]],
            "sentence": one["failure"][f"sentence_{language}"] if one["failure"] else "",
        }
        for one in content["transactions"]
    ]
    counts = [(key, name, sum(one["state"] == key for one in transactions)) for key, name in STATES.items()]
    chains = [
        {**chain, "name": chain[language], "source": f"{chain[f'source_{language}']} · {TRUST[chain['trust']]}"}
        for chain in content["chains"]
    ]
    return {
        "is_passed": content["is_passed"],
        "transactions": transactions,
        "counts": counts,
        "chains": chains,
        "digest": digest_of(content),
    }


def _pdf(
    institution: Institution,
    point: AccessPoint | None,
    content: dict[str, Any],
    *,
    number: str,
    report: AcceptanceReport | None = None,
) -> HttpResponse:
    """A judgement printed, to be kept."""
    at = timezone.localtime(report.issued_at if report else None)
    name = f"yibao-acceptance-{institution.code}-{at:%Y%m%d-%H%M%S}.pdf"
    return HttpResponse(
        _printed(institution, point, content, number=number, report=report),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _printed(
    institution: Institution,
    point: AccessPoint | None,
    content: dict[str, Any],
    *,
    number: str,
    report: AcceptanceReport | None = None,
) -> bytes:
    """A judgement as PDF."""
    return printed_report(
        institution=f"{institution.name} {institution.code}",
        point=f"{point.name} {point.path_prefix}" if point else "",
        content=_shown_plain(content) | {"kind": AcceptanceReport.Kind(content["kind"]).label},
        number=number,
        specification=report.specification.version if report and report.specification else "",
        by=report.issued_by.user.get_username() if report else "",
        at=timezone.localtime(report.issued_at if report else None),
    )
