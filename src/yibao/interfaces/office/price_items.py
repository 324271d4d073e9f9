"""Price items of care over the internet in the office: what is published, what was proposed, a proposal and its decision."""

from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.price_items.models import ItemProposal
from yibao.domains.price_items.operations import AcceptedItem
from yibao.domains.price_items.queries import proposals_of
from yibao.domains.staff.models import StaffMember
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.claim_pages import FormRefusedError, filled
from yibao.interfaces.office.export import Cell, attached
from yibao.interfaces.office.internet_forms import ItemDecisionForm, ItemForm
from yibao.interfaces.office.internet_words import CONDITIONS, LEVELS, SECTION, facts_told, rule_name
from yibao.interfaces.office.texts import text_of
from yibao.workflows.decide_price_item import accept, propose, refuse_item
from yibao.workflows.list_price_items import published_prices

PAGE_ROWS: Final = 50
_E6: Final = 1_000_000
_LARGEST: Final = 2**63 - 1
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR, Role.INSTITUTION)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """List what is published and what was proposed; an institution proposes an item here."""
    member = request.staff_member
    may_propose = member.role == Role.INSTITUTION
    if request.method == "POST" and not may_propose:
        return not_found(request)
    form, refusal, status = ItemForm(request.POST or None), "", HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.BAD_REQUEST
        if form.is_valid():
            try:
                proposal = propose(form.wish(), member=member, at=timezone.now())
            except YibaoError as error:
                refusal, status = text_of(error), HTTPStatus.CONFLICT
            else:
                return redirect("office:price_item", proposal.pk)
    found = proposals_of(region=member.region_id, institution_id=member.institution_id)
    context = {
        "section": SECTION,
        "published": [
            (item, [(LEVELS.get(level, level), item.price_yuan(level)) for level in item.prices_e6])
            for item in published_prices(region=member.region_id, day=timezone.localdate())
        ],
        "page": Paginator(found, PAGE_ROWS).get_page(request.GET.get("page")),
        "form": form if may_propose else None,
        "refusal": refusal,
    }
    return render(request, "office/price_items.html", context, status=status)


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Send the published items as CSV or Excel."""
    titles = (
        _("Code"), _("Name"), _("Content"), _("Unit"), _("Need"), _("The fund pays it"),
        *(str(name) for name in LEVELS.values()), _("Document"), _("Valid from"),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [
            item.code, item.name, item.content, item.unit, str(item.need_name), _("yes") if item.is_payable else _("no"),
            *(item.price_yuan(level) for level in LEVELS), item.document, item.valid_from.isoformat(),
        ]
        for item in published_prices(region=request.staff_member.region_id, day=timezone.localdate())
    ]  # fmt: skip
    return attached(kind, name="price-items", sheet=_("Price items"), titles=titles, rows=rows)


@require_safe
@staff_page(*_READERS)
def show_one(request: StaffRequest, proposal_id: int) -> HttpResponse:
    """Show one proposal of the member's sight with evidence and findings."""
    proposal = _find(request, proposal_id)
    return not_found(request) if proposal is None else _render(request, proposal)


@require_POST
@staff_page(Role.AGENCY)
def decide(request: StaffRequest, proposal_id: int, step: str) -> HttpResponseBase:
    """Accept or refuse a proposal; what cannot be done is said on the page, and nothing was changed."""
    proposal = _find(request, proposal_id)
    if proposal is None or step not in {"accept", "refuse"}:
        return not_found(request)
    form = ItemDecisionForm(request.POST, findings=proposal.findings, accepts=step == "accept")
    try:
        said = filled(form)
        who: dict[str, Any] = {"member": request.staff_member, "at": timezone.now()}
        if step == "refuse":
            refuse_item(proposal, note=said["note"], **who)
        else:
            accepted = AcceptedItem(code=said["code"], valid_from=said["valid_from"], is_payable=said["is_payable"])
            accept(
                proposal, accepted=accepted, reasons=form.reasons(), note=said["note"], document=said["document"],
                health_document=said["health_document"], **who,
            )  # fmt: skip
    except FormRefusedError as refused:
        return _render(request, proposal, form=refused.form, status=HTTPStatus.BAD_REQUEST)
    except YibaoError as error:
        return _render(request, proposal, form=form, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:price_item", proposal.pk)


def _find(request: StaffRequest, proposal_id: int) -> ItemProposal | None:
    """The proposal, when it is in the member's sight."""
    if proposal_id > _LARGEST:
        return None
    member = request.staff_member
    return proposals_of(region=member.region_id, institution_id=member.institution_id).filter(pk=proposal_id).first()


def _render(
    request: StaffRequest,
    proposal: ItemProposal,
    *,
    form: forms.Form | None = None,
    refusal: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page of a proposal."""
    member = request.staff_member
    decision = getattr(proposal, "decision", None)
    reasons: dict[str, Any] = decision.reasons if decision else {}
    context = {
        "section": SECTION,
        "proposal": proposal,
        "conditions": [(label, proposal.conditions.get(name, "")) for name, label in CONDITIONS.items()],
        "prices": [(LEVELS.get(level, level), price // 10_000) for level, price in proposal.prices_e6.items()],
        "findings": [
            (rule_name(found["rule"]), found["is_binding"], facts_told(found["facts"]), reasons.get(found["key"], ""))
            for found in proposal.findings
        ],
        "is_bound": any(found["is_binding"] for found in proposal.findings),
        "decision": decision,
        "may_decide": member.role == Role.AGENCY and decision is None,
        "form": form or ItemDecisionForm(findings=proposal.findings),
        "is_refused": form is not None and not refusal,
        "refusal": refusal,
    }
    return render(request, "office/price_item.html", context, status=status)
