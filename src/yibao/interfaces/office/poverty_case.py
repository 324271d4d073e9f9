"""One listing of the poverty watch: how the limit was reached, what was decided, and the next step."""

from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.assistance.models import WatchDecision, WatchListing
from yibao.domains.assistance.queries import decisions_of, path_of, visible_listings
from yibao.domains.corrections.queries import runs_of_person, sums_of
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_read
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.poverty import row_of
from yibao.interfaces.office.poverty_forms import DecisionForm
from yibao.interfaces.office.texts import SENTENCES, text_of
from yibao.interfaces.office.words import own_words
from yibao.policies.poverty_watch import load_watch
from yibao.workflows.decide_watch import affected_by, decline, pass_on, recognise, reply_due
from yibao.workflows.in_scope_burden import year_burden_fen

PURPOSE: Final = "poverty"
_LARGEST: Final = 2**63 - 1
_FIELDS: Final = {
    "assistance.in_future": "decided_on",
    "enrolment.status_held": "status_from",
    "assistance.unknown_recognition": "kind",
}
Role = StaffMember.Role
Step = WatchDecision.Step


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def show(request: StaffRequest, listing_id: int) -> HttpResponse:
    """Show a listing within the member's scope, and note that the person's record was read."""
    listing = _find(request, listing_id)
    if listing is None:
        return _not_found(request)
    record_read(
        reader=request.staff_member,
        person_id=listing.person_id,
        page=request.path,
        purpose=PURPOSE,
        at=timezone.now(),
    )
    return render(request, "office/poverty_case.html", _context(request, listing, _form(listing)))


@require_POST
@staff_page(Role.AGENCY)
def decide(request: StaffRequest, listing_id: int) -> HttpResponse:
    """Enter the next step; what makes no sense is answered at its field and changes nothing."""
    listing = _find(request, listing_id)
    if listing is None:
        return _not_found(request)
    form = _form(listing, request.POST)
    if form is not None and form.is_valid():
        try:
            _enter(request, listing, form.cleaned_data)
        except YibaoError as error:
            if error.code not in SENTENCES:
                raise
            field = _FIELDS.get(error.code)
            form.add_error(field if field in form.fields else None, text_of(error))
        else:
            return redirect(reverse("office:poverty_case", args=[listing_id]))
    status = HTTPStatus.CONFLICT if form is None else HTTPStatus.BAD_REQUEST
    return render(request, "office/poverty_case.html", _context(request, listing, form), status=status)


def _enter(request: StaffRequest, listing: WatchListing, given: dict[str, Any]) -> None:
    """Call the step that was chosen."""
    told: dict[str, Any] = {
        "listing": listing,
        "document": given["document"],
        "on": given["decided_on"],
        "at": timezone.localtime(),
        "note": given["note"],
    }
    actor = request.user.get_username()
    match given["step"]:
        case Step.PASSED:
            pass_on(**told, actor=actor)
        case Step.DECLINED:
            decline(**told, actor=actor)
        case Step.RECOGNISED:
            recognise(**told, member=request.staff_member, kind=given["kind"], status_from=given["status_from"])


def _find(request: StaffRequest, listing_id: int) -> WatchListing | None:
    if listing_id > _LARGEST:
        return None
    return visible_listings(scope_of(request.staff_member)).filter(pk=listing_id).first()


def _not_found(request: StaffRequest) -> HttpResponse:
    return render(request, "office/poverty_not_found.html", {"section": "poverty"}, status=HTTPStatus.NOT_FOUND)


def _form(listing: WatchListing, data: Any = None) -> DecisionForm | None:
    """The form of the next step; none when the listing is decided."""
    state: str = listing.state  # type: ignore[attr-defined]  # annotated by visible_listings
    steps = {"listed": [Step.PASSED], "passed": [Step.RECOGNISED, Step.DECLINED]}.get(state)
    if steps is None:
        return None
    today = timezone.localdate()
    law = load_watch(listing.region_id, today)
    return DecisionForm(data, steps=[step.value for step in steps], recognitions=law.recognitions, today=today)


def _context(request: StaffRequest, listing: WatchListing, form: DecisionForm | None) -> dict[str, Any]:
    """Everything the page tells of a listing."""
    decisions = decisions_of(listing)
    names = {each.kind: own_words(each) for each in load_watch(listing.region_id, timezone.localdate()).recognitions}
    now_fen = year_burden_fen(person_id=listing.person_id, region=listing.region_id, year=listing.benefit_year)
    passed = next((decision for decision in decisions if decision.step == Step.PASSED), None)
    recognised = next((decision for decision in decisions if decision.step == Step.RECOGNISED), None)
    return {
        "section": "poverty",
        "listing": listing,
        "row": row_of(listing),
        "path": path_of(listing),
        "decisions": [(decision, names.get(decision.kind, decision.kind)) for decision in decisions],
        "now_fen": now_fen,
        "is_below": now_fen < listing.limit_fen,
        "reply_due": reply_due(listing, passed.decided_on) if passed and len(decisions) == 1 else None,
        "recognised": recognised,
        "affected": affected_by(recognised) if recognised else [],
        "recalculations": [
            (run, sums_of(run)) for run in runs_of_person(person_id=listing.person_id, document=recognised.document)
        ]
        if recognised
        else [],
        "form": form if request.staff_member.role == Role.AGENCY else None,
    }
