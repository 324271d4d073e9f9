"""Sharing of a person's account in the family: for whom it pays, whose accounts pay for the person, who used what; begun and ended."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.core.identity import mask
from yibao.domains.enrolment.authorising import end_sharing
from yibao.domains.enrolment.found_people import insured_among
from yibao.domains.enrolment.models import AccountSharing
from yibao.domains.enrolment.queries import account_balance
from yibao.domains.enrolment.shared_accounts import sharings_of
from yibao.domains.people.models import Person
from yibao.domains.settlement.paid_for_relatives import paid_for_relatives
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.insured_person import SECTION, nobody, note_reading, of_insured
from yibao.interfaces.office.masking import mask_name
from yibao.interfaces.office.sharing_forms import SharingForm
from yibao.interfaces.office.texts import SENTENCES, text_of
from yibao.workflows.share_account import SharingWish, share_account

PURPOSE: Final = "sharing"
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR)


@require_safe
@staff_page(*_READERS)
@of_insured
def show(request: StaffRequest, person: Person) -> HttpResponse:
    """Show a person of the region with all sharings and what the account paid for relatives; the reading is noted."""
    note_reading(request, person, purpose=PURPOSE)
    return _page(request, person)


@require_POST
@staff_page(Role.AGENCY)
@of_insured
def authorise(request: StaffRequest, person: Person) -> HttpResponse:
    """Enter that the person lets the account pay for a relative from today; what the law does not allow changes nothing."""
    form = SharingForm(request.POST)
    if not form.is_valid():
        return _page(request, person, form=form, status=HTTPStatus.BAD_REQUEST)
    told = form.cleaned_data
    wish = SharingWish(
        owner_id=person.pk,
        relative_number=told["relative"].strip(),
        relative_name=told["name"].strip(),
        relation=told["relation"],
        document=told["document"],
        on=timezone.localdate(),
        until=told["until"],
    )
    try:
        share_account(wish, at=timezone.now(), actor=request.user.get_username())
    except YibaoError as error:
        if error.code not in SENTENCES:
            raise
        form.add_error(None, text_of(error))
        return _page(request, person, form=form, status=HTTPStatus.CONFLICT)
    return redirect(reverse("office:sharing", args=[person.number]))


@require_POST
@staff_page(Role.AGENCY)
@of_insured
def end(request: StaffRequest, person: Person, sharing_id: int) -> HttpResponse:
    """End a sharing of the person's account today; a second time nothing happens."""
    if not AccountSharing.objects.filter(pk=sharing_id, owner=person).exists():
        return nobody(request)
    try:
        end_sharing(
            sharing_id=sharing_id, on=timezone.localdate(), at=timezone.now(), actor=request.user.get_username()
        )
    except YibaoError as error:
        if error.code not in SENTENCES:
            raise
        return _page(request, person, alarm=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect(reverse("office:sharing", args=[person.number]))


def _page(
    request: StaffRequest,
    person: Person,
    *,
    form: SharingForm | None = None,
    alarm: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    given, received = sharings_of(person.pk)
    used = paid_for_relatives(owner_id=person.pk)
    relatives = {row.beneficiary for row in given} | {row.owner for row in received} | {row.beneficiary for row in used}
    names = _names(request, relatives)
    may_act = request.staff_member.role == Role.AGENCY
    context: dict[str, Any] = {
        "section": SECTION,
        "person": person,
        "document": mask(person.document_number),
        "balance_fen": account_balance(person.pk),
        "given": [{**_row(row), "relative": names[row.beneficiary_id]} for row in given],
        "received": [{**_row(row), "relative": names[row.owner_id]} for row in received],
        "used": [(row, names[row.beneficiary.pk], -row.amount_fen) for row in used],
        "used_fen": -sum(row.amount_fen for row in used),
        "form": (form or SharingForm()) if may_act else None,
        "alarm": alarm,
    }
    return render(request, "office/sharing.html", context, status=status)


def _names(request: StaffRequest, relatives: Iterable[Person]) -> dict[int, str]:
    """Names of relatives: whole for those insured in the member's own region, masked for all others."""
    found = {person.pk: person.name for person in relatives}
    own = insured_among(region=scope_of(request.staff_member).region, person_ids=found)
    return {number: name if number in own else mask_name(name) for number, name in found.items()}


def _row(row: AccountSharing) -> dict[str, Any]:
    """A sharing as the page shows it; it may be ended while it runs or is still to come."""
    runs = row.ended_at is None and (row.valid_until is None or row.valid_until > timezone.localdate())
    return {"row": row, "runs": runs}
