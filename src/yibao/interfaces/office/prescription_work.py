"""Working on electronic prescriptions: physicians sign, pharmacists review, dispensers claim, scan, hand over, take back."""

from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.prescriptions.models import DispensedLine, Line, Prescription
from yibao.domains.prescriptions.queries import to_dispense, to_review, to_sign
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.prescription import SECTION, page, prescription_in_sight
from yibao.interfaces.office.prescription_forms import (
    DeliveryForm,
    HandOverForm,
    OpinionForm,
    ReasonForm,
    ShownCodeForm,
    SignatureForm,
    packs_of,
)
from yibao.interfaces.office.prescriptions import patient_name
from yibao.interfaces.office.texts import text_of
from yibao.workflows.check_prescription import House, house_with_id
from yibao.workflows.circulate_prescription import claiming_here_step, releasing_step, scanning_step
from yibao.workflows.deliver_prescription import delivering_step
from yibao.workflows.dispense_prescription import Handover, Sold, giving_back_step, handing_over_step
from yibao.workflows.end_prescription import withdrawing_step
from yibao.workflows.exactly_once import Step
from yibao.workflows.office_steps import carry_out
from yibao.workflows.review_prescription import Review, review_step, signing_step

Role = StaffMember.Role
ROWS_MAX: Final = 100
_PACK_E4: Final = 10_000


@require_safe
@staff_page(Role.INSTITUTION)
def show(request: StaffRequest) -> HttpResponse:
    """What waits for this member: to be signed, to be reviewed, to be handed over."""
    return _lists(request)


def _lists(request: StaffRequest, *, refusal: str = "", status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    member, at = request.staff_member, timezone.now()
    scope, seat = scope_of(member), getattr(member, "seat", None)
    house = member.institution_id or 0
    practitioner = _practitioner(request)
    kind = "" if practitioner is None else practitioner.kind
    lists = []
    if kind == "D":
        lists.append((_("To be signed by me"), to_sign(physician_id=practitioner.pk, at=at)))
    if kind == "Y":
        lists.append((_("To be reviewed by a pharmacist of the hospital"), to_review(institution_id=house, at=at)))
    lists.append((_("To be handed over here"), to_dispense(institution_id=house, at=at)))
    shown = [
        (title, [(row, patient_name(row, scope)) for row in found[:ROWS_MAX]], found.count()) for title, found in lists
    ]
    context = {"section": SECTION, "lists": shown, "seat": seat, "scan": ShownCodeForm(), "refusal": refusal}
    return render(request, "office/prescription_work.html", context, status=status)


@require_POST
@staff_page(Role.INSTITUTION)
def scan(request: StaffRequest) -> HttpResponse:
    """Scan the QR that a patient shows, and claim the prescription."""
    form = ShownCodeForm(request.POST)
    if not form.is_valid():
        return _lists(request, refusal=_("Scan the QR of a prescription."), status=HTTPStatus.BAD_REQUEST)
    step = scanning_step(
        house=_house(request), qr_code=form.cleaned_data["code"].strip(), actor=_actor(request), at=timezone.now()
    )
    try:
        claimed = carry_out(step)
    except YibaoError as error:
        return _lists(request, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:prescription", prescription_id=claimed.pk)


@require_POST
@staff_page(Role.INSTITUTION)
def act(request: StaffRequest, prescription_id: int, step: str) -> HttpResponse:
    """Take one step on a prescription that the member may see; what is refused is said on its page."""
    found = prescription_in_sight(request, prescription_id)
    if found is None or step not in _STEPS:
        return not_found(request)
    try:
        wanted = _STEPS[step](request, found)
        if isinstance(wanted, str):
            return page(request, found, refusal=wanted, status=HTTPStatus.BAD_REQUEST)
        carry_out(wanted)
    except YibaoError as error:
        return page(request, found, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("office:prescription", prescription_id=found.pk)


Wanted = Step[None, Prescription] | str
"""The change, or why the form is not filled in rightly."""


def _house(request: StaffRequest) -> House:
    return house_with_id(request.staff_member.institution_id or 0)


def _actor(request: StaffRequest) -> str:
    return request.user.get_username()


def _practitioner(request: StaffRequest) -> Any:
    seat = getattr(request.staff_member, "seat", None)
    return None if seat is None else seat.practitioner


def _checked(request: StaffRequest, form: Any) -> str:
    """Why a signing form is refused; empty when it is right and the password is the member's own."""
    if _practitioner(request) is None:
        return _("Your account is not that of a practitioner.")
    if not form.is_valid():
        return _("Something is not filled in rightly. Nothing was written.")
    return "" if request.user.check_password(form.cleaned_data["password"]) else _("The password is not right.")


def _sign(request: StaffRequest, found: Prescription) -> Wanted:
    form = SignatureForm(request.POST)
    wrong = _checked(request, form)
    return wrong or signing_step(
        number=found.number, practitioner=_practitioner(request), at=timezone.now(), actor=_actor(request),
        signature=form.cleaned_data["signature"] or None,
    )  # fmt: skip


def _review(request: StaffRequest, found: Prescription) -> Wanted:
    form = OpinionForm(request.POST)
    wrong = _checked(request, form)
    if wrong:
        return wrong
    sent, pharmacist, at = form.cleaned_data, _practitioner(request), timezone.now()
    is_approved = request.POST.get("decision") == "approve"
    if not is_approved and not sent["opinion"].strip():
        return _("A refusal says why.")
    review = Review(
        number=found.number, house=_house(request), pharmacist_name=pharmacist.name, pharmacist_code=pharmacist.code,
        is_approved=is_approved, opinion=sent["opinion"], reviewed_at=at, at=at, actor=_actor(request),
        signature=sent["signature"] or None, signs_here=not sent["signature"],
    )  # fmt: skip
    return review_step(review)


def _claim(request: StaffRequest, found: Prescription) -> Wanted:
    return claiming_here_step(
        house=_house(request), number=found.number, actor=_actor(request), at=timezone.now()
    )  # fmt: skip


def _hand_over(request: StaffRequest, found: Prescription) -> Wanted:
    form = HandOverForm(request.POST)
    if not form.is_valid():
        return _("Something is not filled in rightly. Nothing was written.")
    units = dict(Line.objects.filter(prescription=found).values_list("item_code", "unit"))
    rows = [
        Sold(
            item_code=item, quantity_e4=_PACK_E4, unit=units.get(item, ""), is_split=False, where=code or item,
            trace_code=code or None,
        )
        for item, code in packs_of(form.cleaned_data["packs"], units)
    ]  # fmt: skip
    at = timezone.now()
    given = Handover(
        number=found.number, house=_house(request), rows=rows, happened_at=at, at=at, actor=_actor(request), infno="",
        msgid="", settlement_id=form.cleaned_data["settlement"],
    )  # fmt: skip
    return handing_over_step(given)


def _deliver(request: StaffRequest, found: Prescription) -> Wanted:
    form = DeliveryForm(request.POST)
    if not form.is_valid():
        return _("Something is not filled in rightly. Nothing was written.")
    return delivering_step(
        house=_house(request), number=found.number, actor=_actor(request), at=timezone.now(), **form.cleaned_data
    )


def _release(request: StaffRequest, found: Prescription) -> Wanted:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _("Say why.")
    return releasing_step(
        house=_house(request), number=found.number, actor=_actor(request), at=timezone.now(),
        reason=form.cleaned_data["reason"],
    )  # fmt: skip


def _withdraw(request: StaffRequest, found: Prescription) -> Wanted:
    form, physician = ReasonForm(request.POST), _practitioner(request)
    if physician is None or not form.is_valid():
        return _("Say why.")
    at = timezone.now()
    return withdrawing_step(
        number=found.number, house=_house(request), physician_name=physician.name, physician_code=physician.code,
        reason=form.cleaned_data["reason"], happened_at=at, actor=_actor(request), at=at,
    )  # fmt: skip


def _give_back(request: StaffRequest, found: Prescription) -> Wanted:
    form = ReasonForm(request.POST)
    rows = [row for row in request.POST.getlist("row") if row.isascii() and row.isdigit() and len(row) <= 18]
    sold = DispensedLine.objects.filter(pk__in=rows, dispensing__prescription=found)
    sales = {row.dispensing_id for row in sold}
    if not form.is_valid() or len(sales) != 1:
        return _("Choose what comes back of one sale, and say why.")
    return giving_back_step(
        number=found.number, house=_house(request), dispensing_id=sales.pop(),
        quantities_e4={row.pk: row.quantity_e4 for row in sold}, actor=_actor(request), at=timezone.now(),
        reason=form.cleaned_data["reason"],
    )  # fmt: skip


_STEPS: Final = {
    "sign": _sign,
    "review": _review,
    "claim": _claim,
    "hand-over": _hand_over,
    "deliver": _deliver,
    "release": _release,
    "withdraw": _withdraw,
    "give-back": _give_back,
}
