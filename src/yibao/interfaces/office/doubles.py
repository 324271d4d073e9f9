"""Double enrolment: who is insured twice on a day, which enrolment the rules keep, and the officer's decision."""

from datetime import date
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.core.identity import mask
from yibao.domains.enrolment.models import DoubleDecision
from yibao.domains.people.models import Person
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_reads
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.enrolment_forms import DayForm, KeepForm
from yibao.interfaces.office.export import Cell, attached
from yibao.interfaces.office.insured_person import SECTION, note_reading, of_insured
from yibao.interfaces.office.masking import mask_name
from yibao.interfaces.office.texts import SENTENCES, text_of
from yibao.interfaces.office.words import law_note, own_words, scheme_name
from yibao.policies.double_enrolment import double_rules
from yibao.workflows.detect_double_enrolment import (
    DoubleEnrolment,
    HeldEnrolment,
    NotDoubleError,
    decide_double_enrolment,
    detect_double_enrolment,
    double_of,
)

PURPOSE: Final = "double"
PURPOSE_OF_EXPORT: Final = "export"
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR)


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """List everybody of the region who holds several enrolments on a day."""
    form = DayForm(request.GET)
    if not form.is_valid():
        context = {"section": SECTION, "form": form, "rows": []}
        return render(request, "office/doubles.html", context, status=HTTPStatus.BAD_REQUEST)
    day = form.cleaned_data["day"] or timezone.localdate()
    found = detect_double_enrolment(region=scope_of(request.staff_member).region, on=day)
    rows = [_row(double) for double in found]
    return render(request, "office/doubles.html", {"section": SECTION, "form": form, "rows": rows, "day": day})


@require_safe
@staff_page(*_READERS)
@of_insured
def show_case(request: StaffRequest, person: Person) -> HttpResponse:
    """Show one person's enrolments, the rule and what was decided; the reading is noted."""
    note_reading(request, person, purpose=PURPOSE)
    return _case(request, person)


@require_POST
@staff_page(Role.AGENCY)
@of_insured
def decide(request: StaffRequest, person: Person) -> HttpResponse:
    """Enter a decision; what makes no sense is answered at its field and changes nothing."""
    double = _double(person)
    if double is None:
        return _case(request, person, status=HTTPStatus.CONFLICT)
    form = _form(double, request.POST)
    if not form.is_valid():
        return _case(request, person, form=form, status=HTTPStatus.BAD_REQUEST)
    try:
        decide_double_enrolment(
            person_number=person.number,
            keep=form.cleaned_data["keep"],
            reason=form.cleaned_data["reason"],
            on=form.cleaned_data["ends_on"],
            at=timezone.now(),
            actor=request.user.get_username(),
        )
    except YibaoError as error:
        if error.code not in SENTENCES:
            raise
        form.add_error(None, text_of(error))
        return _case(request, person, form=form, status=HTTPStatus.CONFLICT)
    return redirect(reverse("office:double_case", args=[person.number]))


def _case(
    request: StaffRequest, person: Person, *, form: KeepForm | None = None, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    double = _double(person)
    may_decide = double is not None and request.staff_member.role == Role.AGENCY
    context = {
        "section": SECTION,
        "person": person,
        "document": mask(person.document_number),
        "row": _row(double) if double else None,
        "form": (form or _form(double)) if may_decide and double else None,
        "decisions": [
            (decision, _rule_title(decision.clause))
            for decision in DoubleDecision.objects.filter(person=person).select_related("ended").order_by("-id")
        ],
    }
    return render(request, "office/double_case.html", context, status=status)


def _double(person: Person) -> DoubleEnrolment | None:
    try:
        return double_of(person.number, timezone.localdate())
    except NotDoubleError:
        return None


def _form(double: DoubleEnrolment, data: Any = None) -> KeepForm:
    choices = [(each.key, _name(each)) for each in double.held]
    form = KeepForm(data, choices=choices, today=timezone.localdate())
    if double.keep is not None:
        form.initial["keep"] = double.keep
    return form


def _name(each: HeldEnrolment) -> str:
    """An enrolment in a few words."""
    place = _("here") if each.key.startswith("local:") else _("reported by that region")
    return f"{scheme_name(each.scheme)} · {each.region} ({place}) · {each.began.isoformat()}"


def _rule_title(clause: str) -> str:
    title = double_rules().titles.get(clause)
    return own_words(title) if title else ""


def _row(double: DoubleEnrolment) -> dict[str, Any]:
    """A person's double enrolment as plain data in the reader's language; the identity number is masked for everybody."""
    clause = double_rules().clauses.get(double.clause or "")
    return {
        "person": double.person.name,
        "person_number": double.person.number,
        "document": mask(double.person.document_number),
        "held": [
            {"name": _name(each), "months": each.months, "is_kept": each.key == double.keep, "ends": each.ends}
            for each in double.held
        ],
        "rule": _rule_title(double.clause or ""),
        "basis": (clause.document or law_note(clause.note)) if clause else "",
        "trust": clause.trust if clause else "",
    }


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Send the list of a day as CSV or Excel with persons masked, and note whose records left the house."""
    form = DayForm(request.GET)
    day: date = (form.cleaned_data["day"] if form.is_valid() else None) or timezone.localdate()
    found = detect_double_enrolment(region=scope_of(request.staff_member).region, on=day)
    record_reads(
        reader=request.staff_member, person_ids={double.person.pk for double in found}, page=request.path,
        purpose=PURPOSE_OF_EXPORT, at=timezone.now(),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [
            double.person.number,
            mask_name(double.person.name),
            mask(double.person.document_number),
            _name(each),
            each.months,
            _("yes") if each.key == double.keep else "",
            _rule_title(double.clause or "") or _("the person decides"),
        ]
        for double in found
        for each in double.held
    ]
    heads = [
        _("Person number"), _("Name"), _("Document number"), _("Enrolment"), _("Months without a break"), _("Kept"),
        _("Rule"),
    ]  # fmt: skip
    sheet, stamp = _("Double enrolment"), day.isoformat()
    return attached(kind, name="double-enrolment", sheet=sheet, titles=heads, rows=rows, stamp=stamp)
