"""Prepaid funds between regions in the office: how they stand, their movements, and asking for one."""

from http import HTTPStatus
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.interregional.models import PrepaidOrder
from yibao.domains.interregional.queries import regions_at_work, visible_prepaid
from yibao.domains.ledger.models import Fund
from yibao.domains.reference.queries import division_names
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.claim_forms import fen_of
from yibao.interfaces.office.claim_pages import number_of
from yibao.interfaces.office.export import Cell, attached, decimal_yuan
from yibao.interfaces.office.region_forms import MovementForm
from yibao.interfaces.office.region_words import LEVELS, SECTION
from yibao.interfaces.office.texts import text_of
from yibao.interfaces.office.words import own_name, scheme_name
from yibao.workflows import prepay_regions
from yibao.workflows.prepay_regions import FUND_OF_SCHEME, PrepaidState, prepaid_states

PAGE_ROWS: Final = 50
_PERCENT_PPM: Final = 10_000
Role = StaffMember.Role


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Role.AGENCY, Role.AUDITOR)
def show(request: StaffRequest) -> HttpResponse:
    """Show the funds that concern the member's region; an officer asks for a movement here."""
    if request.method != "POST":
        return _render(request)
    member = request.staff_member
    if member.role != Role.AGENCY:
        return not_found(request)
    form = MovementForm(request.POST, pairs=_pairs(request), funds=_funds())
    if not form.is_valid():
        return _render(request, form=form, status=HTTPStatus.BAD_REQUEST)
    said = form.cleaned_data
    care, enrolment = said["pair"].split("-")
    try:
        prepay_regions.ask_for_movement(
            care_region=care, enrolment_region=enrolment, fund=Fund.objects.get(pk=said["fund"]), kind=said["kind"],
            amount_fen=fen_of(said["amount"]), document=said["document"], reason=said["reason"], member=member,
            at=timezone.now(),
        )  # fmt: skip
    except YibaoError as error:
        return _render(request, form=form, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:region_prepaid")


@require_POST
@staff_page(Role.AGENCY)
def decide(request: StaffRequest, step: str) -> HttpResponseBase:
    """Order a movement or refuse it; a refusal of ours is said on the page, and nothing was changed."""
    order = visible_prepaid(scope_of(request.staff_member)).filter(pk=number_of(request, "order")).first()
    if order is None or step not in {"order", "refuse"}:
        return not_found(request)
    try:
        prepay_regions.decide(order, is_approved=step == "order", member=request.staff_member, at=timezone.now())
    except YibaoError as error:
        return _render(request, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:region_prepaid")


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Send the movements that concern the member's region as CSV or Excel."""
    titles = (
        _("Number"), _("Place of care"), _("Place of enrolment"), _("Fund"), _("Kind"), _("Amount (yuan)"),
        _("Document"), _("Asked at"), _("Standing"),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [
            row.pk, row.care_region.name, row.enrolment_region.name, own_name(row.fund), str(row.get_kind_display()),
            decimal_yuan(row.amount_fen), row.document, f"{timezone.localtime(row.asked_at):%Y-%m-%d %H:%M}",
            _standing(row),
        ]
        for row in visible_prepaid(scope_of(request.staff_member))
    ]  # fmt: skip
    return attached(kind, name="prepaid-funds", sheet=_("Prepaid funds"), titles=titles, rows=rows)


def _standing(order: PrepaidOrder) -> str:
    """Whether a movement was ordered."""
    if not hasattr(order, "decision"):
        return _("waits for a decision")
    return _("ordered") if order.decision.is_approved else _("refused")


def _pairs(request: StaffRequest) -> list[tuple[str, str]]:
    """The pairs of regions that a movement may be between: the member's own and each other one, both ways."""
    own = request.staff_member.region_id
    others = [region for region in regions_at_work() if region != own]
    pairs = [(own, other) for other in others] + [(other, own) for other in others]
    names = division_names({code for pair in pairs for code in pair})
    return [(f"{care}-{home}", f"{names.get(care, care)} ← {names.get(home, home)}") for care, home in pairs]


def _funds() -> list[tuple[str, str]]:
    """The funds that prepay, with their names in the reader's language."""
    return [(fund.code, own_name(fund)) for fund in Fund.objects.filter(code__in=FUND_OF_SCHEME.values())]


def _may_decide(order: PrepaidOrder, member: StaffMember) -> bool:
    """Whether this officer may order a movement: of the region that pays, and not who asked."""
    payer = order.enrolment_region_id if order.amount_fen > 0 else order.care_region_id
    is_officer = member.role == Role.AGENCY and member.region_id == payer
    return is_officer and order.asked_by_id != member.pk and not hasattr(order, "decision")


def _row(state: PrepaidState, names: dict[str, str]) -> dict[str, Any]:
    """A fund as the page shows it."""
    return {
        "care": names.get(state.care_region, state.care_region),
        "enrolment": names.get(state.enrolment_region, state.enrolment_region),
        "scheme": scheme_name(state.scheme),
        "state": state,
        "percent": state.use_ppm // _PERCENT_PPM,
        "level": LEVELS[state.level],
    }


def _render(
    request: StaffRequest, *, form: MovementForm | None = None, refusal: str = "", status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    """The page, with what was refused on top of it."""
    member = request.staff_member
    states = prepaid_states(today=timezone.localdate(), scope=scope_of(member))
    names = division_names({code for state in states for code in (state.care_region, state.enrolment_region)})
    page = Paginator(visible_prepaid(scope_of(member)), PAGE_ROWS).get_page(request.GET.get("page"))
    pairs = _pairs(request) if member.role == Role.AGENCY else []
    context = {
        "section": SECTION,
        "states": [_row(state, names) for state in states],
        "page": page,
        "rows": [(row, own_name(row.fund), _standing(row), _may_decide(row, member)) for row in page],
        "form": (form or MovementForm(pairs=pairs, funds=_funds())) if pairs else None,
        "refusal": refusal,
    }
    return render(request, "office/region_prepaid.html", context, status=status)
