"""One case of an agreement in the office: what was brought, told, decided and signed, and the steps that may come next."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.agreements.agreed_prices import prices_of
from yibao.domains.agreements.clocks import case_clock, visible_cases
from yibao.domains.agreements.models import Agreement, AgreementCase, AgreementKind, CaseMaterial, Party
from yibao.domains.agreements.signing import signatures_stand, signing_key
from yibao.domains.agreements.states import INSTITUTION_STEPS, TAKING_MATERIALS, CaseState, possible_steps
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office import agreement_forms as shapes
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.agreement_paper import printed_agreement
from yibao.interfaces.office.agreement_steps import STEPS
from yibao.interfaces.office.claim_pages import FormRefusedError
from yibao.interfaces.office.claim_words import TRUSTS
from yibao.interfaces.office.export import Cell, attached, decimal_yuan
from yibao.interfaces.office.texts import text_of
from yibao.interfaces.office.words import own_words, reader_of
from yibao.policies import NoPolicyError
from yibao.policies.agreement_library import AppliedProcedure
from yibao.policies.agreements import Condition, Material
from yibao.workflows.apply_for_agreement import law_of_case, missing_materials, state_before
from yibao.workflows.decide_on_agreement import report_for
from yibao.workflows.exchange_files import fetch_file

SECTION: Final = "agreements"
Role = StaffMember.Role
READERS: Final = (Role.AGENCY, Role.INSTITUTION, Role.AUDITOR)
_LARGEST: Final = 2**63 - 1
STAGES: Final[dict[str, Promise]] = {
    "review": _("review of the materials"), "supplement": _("supplement by the institution"),
    "assess": _("professional assessment"), "negotiate": _("negotiation"), "rebuild": _("rebuilding of the system"),
    "test": _("acceptance test"), "sign": _("signing"),
}  # fmt: skip
PARTS: Final[dict[str, Promise]] = {
    "general": _("General"), "rights": _("Rights"), "duties": _("Duties"), "responsibility": _("Responsibilities"),
    "ending": _("Change and end"),
}  # fmt: skip


def find_case(request: StaffRequest, case_id: int) -> AgreementCase | None:
    """A case within the member's sight."""
    if case_id > _LARGEST:
        return None
    return visible_cases(scope_of(request.staff_member)).select_related("region", "report").filter(pk=case_id).first()


@require_safe
@staff_page(*READERS)
def show(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show a case."""
    case = find_case(request, case_id)
    return not_found(request) if case is None else _page(request, case)


@require_POST
@staff_page(Role.AGENCY, Role.INSTITUTION)
def act(request: StaffRequest, case_id: int, step: str) -> HttpResponseBase:
    """Take a step; a refusal is said on the page, and nothing was changed."""
    case, doing = find_case(request, case_id), STEPS.get(step)
    if case is None or doing is None:
        return not_found(request)
    try:
        doing(case, request)
    except FormRefusedError as refused:
        return _page(request, case, refused_form=refused.form, status=HTTPStatus.BAD_REQUEST)
    except YibaoError as error:
        case.refresh_from_db()
        return _page(request, case, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:agreement_case", case.pk)


@require_safe
@staff_page(*READERS)
def download_material(request: StaffRequest, case_id: int, material_id: int) -> HttpResponseBase:
    """Send a material as it was uploaded, never to be shown in the browser."""
    case = find_case(request, case_id)
    if case is None or material_id > _LARGEST:
        return not_found(request)
    found = CaseMaterial.objects.select_related("file").filter(case=case, pk=material_id).first()
    if found is None:
        return not_found(request)
    kept = fetch_file(institution_id=case.institution_id, number=found.file.number, name=None, at=timezone.now())
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(kept.name, safe='')}"}
    return HttpResponse(kept.content, content_type="application/octet-stream", headers=headers)


@require_safe
@staff_page(*READERS)
def download_pdf(request: StaffRequest, case_id: int) -> HttpResponseBase:
    """Send the agreement as PDF, with its digest and the signatures under it."""
    case = find_case(request, case_id)
    agreement = Agreement.objects.filter(case=case).first() if case else None
    if agreement is None:
        return not_found(request)
    name = f"yibao-agreement-{agreement.pk}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(printed_agreement(agreement), content_type="application/pdf", headers=headers)


@require_safe
@staff_page(*READERS)
def download_prices(request: StaffRequest, case_id: int, kind: str) -> HttpResponseBase:
    """Send the prices that were agreed on as CSV or Excel."""
    case = find_case(request, case_id)
    agreement = Agreement.objects.filter(case=case).first() if case else None
    if agreement is None:
        return not_found(request)
    titles = [
        gettext("Agreement"), gettext("Code"), gettext("Name"), gettext("Price at most (yuan)"), gettext("Valid from"),
        gettext("Document"),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            agreement.number, each.item.code, each.item.name,
            "" if each.price_e6 is None else decimal_yuan(each.price_e6 // 10_000), each.valid_from.isoformat(),
            each.document,
        ]
        for each in prices_of(agreement)
    ]  # fmt: skip
    return attached(kind, name=f"agreed-prices-{agreement.pk}", sheet=gettext("Prices"), titles=titles, rows=rows)


def _page(
    request: StaffRequest,
    case: AgreementCase,
    *,
    refusal: str = "",
    refused_form: forms.Form | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page of a case, with what was refused on top of it."""
    member = request.staff_member
    agreement = Agreement.objects.filter(case=case).first()
    context: dict[str, Any] = {
        "section": SECTION,
        "case": case,
        "clock": case_clock(case, today=timezone.localdate()),
        "stage": STAGES.get(case.clock_stage, ""),
        "events": case.events.select_related("member__user"),
        "agreement": agreement,
        "signatures": agreement.signatures.select_related("signed_by__user", "key") if agreement else [],
        "signatures_stand": agreement is not None and signatures_stand(agreement),
        "suspensions": agreement.suspensions.all() if agreement else [],
        "clauses": _clauses(agreement),
        "prices": prices_of(agreement) if agreement else [],
        "is_private": case.institution.is_public is False and case.kind == AgreementKind.DESIGNATION,
        "can": _possible(member, case),
        "role": member.role,
        "refusal": refusal,
        "refused_form": refused_form,
        **_law(request, case, refused_form),
        **_forms(refused_form),
    }
    if member.institution_id is not None:
        context["own_key"] = signing_key(
            party=Party.INSTITUTION, region=case.region_id, institution_id=case.institution_id
        )
    return render(request, "office/agreement_case.html", context, status=status)


def _possible(member: StaffMember, case: AgreementCase) -> set[str]:
    """The steps that this member may take now."""
    steps = possible_steps(case.state)
    if member.role == Role.INSTITUTION:
        return {step.value for step in steps & INSTITUTION_STEPS}
    return {step.value for step in steps - INSTITUTION_STEPS} if member.role == Role.AGENCY else set()


def _clauses(agreement: Agreement | None) -> list[tuple[Promise, str]]:
    """The text of an agreement in the reader's language, part by part."""
    if agreement is None:
        return []
    return [
        (PARTS.get(each["part"], PARTS["general"]), reader_of(zh=each["zh"], en=each["en"]))
        for each in agreement.content["clauses"]
    ]


def _law(request: StaffRequest, case: AgreementCase, refused: forms.Form | None) -> dict[str, Any]:
    """What the law asks for, and how the case stands by it; little where no law holds any more."""
    try:
        law = law_of_case(case)
    except NoPolicyError as error:
        return {"no_law": text_of(error)}
    brought = {each.key: each for each in case.materials.select_related("file__content", "brought_by__user")}
    at_end = case.state == state_before(law.procedure.path, None)
    next_stages = {
        stage for stage in law.procedure.path if case.state == state_before(law.procedure.path, stage)
    }  # fmt: skip
    review = refused if isinstance(refused, shapes.ReviewForm) else None
    return {
        "title": own_words(law.procedure.title),
        "law_region": law.region,
        "materials": [(_named(law, each), brought.get(each.key)) for each in law.procedure.materials],
        "missing": missing_materials(case),
        "conditions": [_named(law, each) for each in law.procedure.conditions],
        "notices": [(notice, _told(law, notice.items)) for notice in case.notices.select_related("given_by__user")],
        "takes_materials": case.state in TAKING_MATERIALS and request.staff_member.role == Role.INSTITUTION,
        "review_form": review or shapes.ReviewForm(conditions=law.procedure.conditions),
        "may_offer": at_end,
        "next_stages": next_stages,
        "test_report": report_for(case) if case.state == CaseState.TESTING else case.report,
    }


def _named(law: AppliedProcedure, entry: Condition | Material) -> dict[str, Any]:
    """A material or condition in the reader's language, with what it stands on."""
    source = law.sources.get(entry.source) if entry.source else None
    stands_on = " ".join(part for part in (source.document if source else "", entry.article or "") if part)
    return {
        "key": entry.key,
        "name": own_words(entry.title),
        "stands_on": stands_on,
        "trust": TRUSTS[entry.trust],
    }


def _told(law: AppliedProcedure, items: list[dict[str, str]]) -> list[str]:
    """A notice's shortcomings in the reader's language."""
    entries: list[Condition | Material] = [*law.procedure.materials, *law.procedure.conditions]
    titles = {each.key: own_words(each.title) for each in entries}
    told = []
    for item in items:
        note = reader_of(zh=item["note"], en=item.get("note_en") or item["note"])
        title = titles.get(item["key"], item["key"])
        told.append(f"{title}: {note}" if note else title)
    return told


def _forms(refused: forms.Form | None) -> dict[str, forms.Form]:
    """The forms of the steps; one that was refused keeps what was typed."""
    fresh: dict[str, type[forms.Form]] = {
        "reason_form": shapes.ReasonForm, "assess_form": shapes.AgreementAssessForm, "offer_form": shapes.OfferForm,
        "signature_form": shapes.AgreementSignatureForm, "suspend_form": shapes.SuspendForm,
        "resume_form": shapes.ResumeForm, "leave_form": shapes.LeaveForm, "terminate_form": shapes.TerminateForm,
        "price_form": shapes.AgreedPriceForm,
    }  # fmt: skip
    return {name: refused if type(refused) is kind else kind() for name, kind in fresh.items()}
