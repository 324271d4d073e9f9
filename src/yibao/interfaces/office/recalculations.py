"""Recalculations in the office: which there are, what one would change for whom, and the decision of another officer."""

from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.core.identity import mask
from yibao.domains.corrections.models import RecalculationRun
from yibao.domains.corrections.operations import decide as enter_decision
from yibao.domains.corrections.queries import by_institution, differences_of, progress_of, sums_of, visible_runs
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_reads
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.texts import SENTENCES, text_of
from yibao.interfaces.office.words import scheme_name
from yibao.workflows.recalculate_settlements import NotApprovedError
from yibao.workflows.recalculate_settlements import correct as carry_out

ROWS_MAX: Final = 200
RUNS_MAX: Final = 100
AT_ONCE_MAX: Final = 100
"""Persons whom the page corrects in one go, some seconds at most; a longer list is the command's."""
PURPOSE: Final = "recalculation"
_LARGEST: Final = 2**63 - 1
Role = StaffMember.Role


class DecisionForm(forms.Form):
    """Approve or refuse, with a note."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("approve", _("approve")), ("refuse", _("refuse"))],
        error_messages={"required": _("Please choose a decision.")},
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=1000)


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def show(request: StaffRequest) -> HttpResponse:
    """List the recalculations of the member's region, newest first."""
    runs = visible_runs(scope_of(request.staff_member)).order_by("-id")[:RUNS_MAX]
    rows = [(run, scheme_name(run.scheme), sums_of(run)) for run in runs]
    return render(request, "office/recalculations.html", {"section": "recalculations", "rows": rows})


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def show_one(request: StaffRequest, run_id: int) -> HttpResponse:
    """Show a recalculation of the member's region, and note whose records were read."""
    run = _find(request, run_id)
    if run is None:
        return not_found(request)
    return render(request, "office/recalculation.html", _context(request, run, DecisionForm()))


@require_POST
@staff_page(Role.AGENCY)
def decide(request: StaffRequest, run_id: int) -> HttpResponse:
    """Enter the decision; what may not be is said and changes nothing."""
    run = _find(request, run_id)
    if run is None:
        return not_found(request)
    form = DecisionForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            enter_decision(
                run=run,
                is_approved=given["decision"] == "approve",
                member=request.staff_member,
                at=timezone.now(),
                note=given["note"],
            )
        except YibaoError as error:
            if error.code not in SENTENCES:
                raise
            form.add_error(None, text_of(error))
        else:
            return redirect(reverse("office:recalculation", args=[run_id]))
    return render(request, "office/recalculation.html", _context(request, run, form), status=HTTPStatus.BAD_REQUEST)


@require_POST
@staff_page(Role.AGENCY)
def correct(request: StaffRequest, run_id: int) -> HttpResponse:
    """Carry out what another officer approved: each person in a transaction, so an interrupted go is simply gone on with."""
    run = _find(request, run_id)
    if run is None:
        return not_found(request)
    problem = ""
    if progress_of(run).left > AT_ONCE_MAX:
        problem = str(_("Nothing was corrected: the list is longer than this page takes on. Use the command below."))
    else:
        try:
            carry_out(run.pk, at=timezone.now())
        except NotApprovedError as error:
            problem = text_of(error)
        else:
            return redirect(reverse("office:recalculation", args=[run_id]))
    context = {**_context(request, run, DecisionForm()), "problem": problem}
    return render(request, "office/recalculation.html", context, status=HTTPStatus.BAD_REQUEST)


def _find(request: StaffRequest, run_id: int) -> RecalculationRun | None:
    """The recalculation, when it is of the member's region."""
    if run_id > _LARGEST:
        return None
    return visible_runs(scope_of(request.staff_member)).filter(pk=run_id).first()


def _context(request: StaffRequest, run: RecalculationRun, form: DecisionForm) -> dict[str, Any]:
    """What the page shows."""
    found = list(differences_of(run)[:ROWS_MAX])
    record_reads(
        reader=request.staff_member,
        person_ids={row.person_id for row in found},
        page=request.path,
        purpose=PURPOSE,
        at=timezone.now(),
    )
    decision = getattr(run, "decision", None)
    progress = progress_of(run) if decision is not None and decision.is_approved else None
    may_correct = progress is not None and progress.left > 0 and request.staff_member.role == Role.AGENCY
    may_decide = decision is None and run.is_computed and request.staff_member.role == Role.AGENCY
    return {
        "section": "recalculations",
        "run": run,
        "scheme": scheme_name(run.scheme),
        "sums": sums_of(run),
        "institutions": by_institution(run),
        "differences": [(row, mask(row.person.document_number), hasattr(row, "correction")) for row in found],
        "rows_max": ROWS_MAX,
        "aside": run.set_aside.select_related("person").order_by("person_id")[:ROWS_MAX],
        "decision": decision,
        "progress": progress,
        "may_correct": may_correct,
        "at_once_max": AT_ONCE_MAX,
        "is_own": run.requested_by_id == request.staff_member.pk,
        "form": form if may_decide else None,
    }
