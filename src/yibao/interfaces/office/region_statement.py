"""One clearing statement in the office: its sums and lines, its steps, disputes of its lines, and taking it out."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.interregional.models import ClearingItem, ClearingStatement, RegionClaim
from yibao.domains.interregional.queries import due_of, fund_sums, items_of, standing_of, visible_statements
from yibao.domains.ledger.models import Fund
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_reads
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.claim_pages import FormRefusedError, filled, number_of
from yibao.interfaces.office.export import Cell, attached, decimal_yuan
from yibao.interfaces.office.masking import mask_name
from yibao.interfaces.office.region_forms import AskForm, PayForm, ReceiveForm, StepForm
from yibao.interfaces.office.region_words import SECTION, STANDINGS, next_step
from yibao.interfaces.office.texts import text_of
from yibao.interfaces.office.words import own_name, scheme_name
from yibao.workflows import clear_regions, investigate_claims

PAGE_ROWS: Final = 50
PURPOSE: Final = "clearing"
_LARGEST: Final = 2**63 - 1
Role = StaffMember.Role


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def show(request: StaffRequest, statement_id: int) -> HttpResponse:
    """Show one statement that concerns the member's region."""
    statement = _find(request, statement_id)
    return not_found(request) if statement is None else _render(request, statement)


@require_POST
@staff_page(Role.AGENCY)
def act(request: StaffRequest, statement_id: int, step: str) -> HttpResponseBase:
    """Take a step with a statement or dispute a line; a refusal is said on the page, and nothing was changed."""
    statement = _find(request, statement_id)
    if statement is None or step not in {"issue", "confirm", "pay", "receive", "dispute"}:
        return not_found(request)
    try:
        _do(statement, step, request)
    except FormRefusedError as refused:
        return _render(request, statement, refused_form=refused.form, status=HTTPStatus.BAD_REQUEST)
    except YibaoError as error:
        return _render(request, statement, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:region_statement", statement.pk)


def _do(statement: ClearingStatement, step: str, request: StaffRequest) -> None:
    """One step."""
    member, at = request.staff_member, timezone.now()
    match step:
        case "issue":
            clear_regions.issue(statement, note=filled(StepForm(request.POST))["note"], member=member, at=at)
        case "confirm":
            clear_regions.confirm(statement, note=filled(StepForm(request.POST))["note"], member=member, at=at)
        case "pay":
            document = filled(PayForm(request.POST))["document"]
            clear_regions.pay(statement, document=document, member=member, at=at)
        case "receive":
            document = filled(ReceiveForm(request.POST))["document"]
            clear_regions.receive(statement, document=document, member=member, at=at)
        case _:
            said = filled(AskForm({**request.POST.dict(), "number": number_of(request, "item") or ""}))
            item = ClearingItem.objects.filter(statement=statement, pk=said["number"]).first()
            if item is None:
                raise FormRefusedError(AskForm(request.POST))
            investigate_claims.dispute(item, reason=said["reason"], question=said["question"], member=member, at=at)


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def download(request: StaffRequest, statement_id: int, kind: str) -> HttpResponse:
    """Send all lines of a statement as CSV or Excel with persons masked, and note whose records left the house."""
    statement = _find(request, statement_id)
    if statement is None:
        return not_found(request)
    items = list(items_of(statement))
    record_reads(
        reader=request.staff_member, person_ids={_claim(item).settlement.person_id for item in items},
        page=request.path, purpose="export", at=timezone.now(),
    )  # fmt: skip
    titles = (
        _("Line"), _("Settlement number (setl_id)"), _("Settled at"), _("Institution code"), _("Institution"),
        _("Person number"), _("Name"), _("Scheme"), _("Care"), _("Kind"), _("Amount (yuan)"), _("Held for a dispute"),
    )  # fmt: skip
    sheet = _("Clearing between regions")
    return attached(kind, name=f"clearing-{statement.pk}", sheet=sheet, titles=titles, rows=_cells(items))


def _cells(items: Iterable[ClearingItem]) -> Iterable[list[Cell]]:
    """The lines as cells of a file."""
    for item in items:
        settlement = _claim(item).settlement
        yield [
            item.pk, settlement.pk, f"{timezone.localtime(settlement.settled_at):%Y-%m-%d %H:%M:%S}",
            settlement.institution.code, settlement.institution.name, settlement.person.number,
            mask_name(settlement.person.name), scheme_name(_claim(item).scheme), settlement.visit.get_care_display(),
            _kind(item), decimal_yuan(item.amount_fen), _("yes") if item.is_held else "",
        ]  # fmt: skip


def _claim(item: ClearingItem) -> RegionClaim:
    """The claim that a line is about."""
    claim = item.claim or (item.correction.claim if item.correction else None)
    assert claim is not None
    return claim


def _kind(item: ClearingItem) -> str:
    """Whether a line is a claim, a reversal of one, or a correction."""
    if item.correction_id is not None:
        return _("correction") if item.amount_fen < 0 else _("correction taken back")
    return _("claim") if item.amount_fen > 0 else _("reversal")


def _find(request: StaffRequest, statement_id: int) -> ClearingStatement | None:
    """The statement, when it concerns the member's region."""
    if statement_id > _LARGEST:
        return None
    return visible_statements(scope_of(request.staff_member)).filter(pk=statement_id).first()


def _render(
    request: StaffRequest,
    statement: ClearingStatement,
    *,
    refusal: str = "",
    refused_form: forms.Form | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page of a statement, with what was refused on top of it; whose lines are shown is noted."""
    member = request.staff_member
    page = Paginator(items_of(statement), PAGE_ROWS).get_page(request.GET.get("page"))
    record_reads(
        reader=member, person_ids={_claim(item).settlement.person_id for item in page}, page=request.path,
        purpose=PURPOSE, at=timezone.now(),
    )  # fmt: skip
    standing = standing_of(statement)
    funds = {fund.code: own_name(fund) for fund in Fund.objects.all()}
    sums = fund_sums(statement)
    step = next_step(statement, member)
    context: dict[str, Any] = {
        "section": SECTION,
        "statement": statement,
        "standing_name": STANDINGS[standing],
        "due": due_of(statement),
        "sums": [(scheme_name(row.scheme), funds.get(row.fund, row.fund), row) for row in sums],
        "held_fen": sum(row.held_fen for row in sums),
        "payable_fen": sum(row.amount_fen - row.held_fen for row in sums),
        "steps": statement.steps.all(),
        "page": page,
        "items": [(item, _claim(item), mask_name(_claim(item).settlement.person.name), _kind(item)) for item in page],
        "next_step": step,
        "may_dispute": standing == "issued"
        and member.role == Role.AGENCY
        and member.region_id == statement.enrolment_region_id,
        "step_form": StepForm(),
        "pay_form": refused_form if isinstance(refused_form, PayForm) else PayForm(),
        "receive_form": refused_form if isinstance(refused_form, ReceiveForm) else ReceiveForm(),
        "ask_form": refused_form if isinstance(refused_form, AskForm) else AskForm(),
        "refusal": refusal,
        "refused_form": refused_form,
    }
    return render(request, "office/region_statement.html", context, status=status)
