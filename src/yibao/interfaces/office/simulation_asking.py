"""Ask for a simulation in the office: choose two laws, put numbers or files otherwise, say whose visits; checked as law first."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yibao.core.errors import YibaoError
from yibao.core.money import parse_scaled
from yibao.domains.simulations.models import SimulationRequest
from yibao.domains.staff.models import StaffMember
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.law_problems import sentence_of
from yibao.interfaces.office.simulation_forms import (
    LawsForm,
    NumberSection,
    SimulationForm,
    changes_of,
    first_values,
    sections_of,
)
from yibao.interfaces.office.texts import text_of
from yibao.policies import PolicyError
from yibao.policies.drafts import Number, numbers_of
from yibao.policies.references import Chosen
from yibao.workflows.ask_for_simulation import Asked, ask

PAGE = "office/simulation_new.html"


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(StaffMember.Role.ANALYST)
def show(request: StaffRequest) -> HttpResponse:
    """Ask for two laws, then for all the rest; what was asked for waits to be carried out."""
    region, today = request.staff_member.region_id, timezone.localdate()
    own = f"{region}/310"
    initial = {"base": own, "reform": own, "base_on": today, "reform_on": today}
    laws = LawsForm(region, request.GET or None, initial=initial)
    context: dict[str, Any] = {"section": "simulations", "laws": laws}
    if not laws.is_bound:
        return render(request, PAGE, context)
    if not laws.is_valid():
        return render(request, PAGE, context, status=HTTPStatus.BAD_REQUEST)
    base, reform = laws.cleaned_data["base_law"], laws.cleaned_data["reform_law"]
    numbers = numbers_of(reform.law, reform.on)
    is_sent = request.method == "POST"
    sections = sections_of(reform.law, numbers, request.POST if is_sent else {})
    form = SimulationForm(
        request.POST if is_sent else None, request.FILES or None, initial=first_values(today.year - 1)
    )
    context |= {"form": form, "sections": sections, "base": base, "reform": reform}
    if is_sent:
        asked = _ask(request, form, sections, base, reform, numbers)
        if asked is not None:
            return redirect("office:simulation_run", asked.pk)
    return render(request, PAGE, context, status=HTTPStatus.BAD_REQUEST if is_sent else HTTPStatus.OK)


def _ask(  # noqa: PLR0917  # what was sent, and the two laws
    request: StaffRequest,
    form: SimulationForm,
    sections: list[NumberSection],
    base: Chosen,
    reform: Chosen,
    numbers: tuple[Number, ...],
) -> SimulationRequest | None:
    """Keep what was asked for; what is wrong is said beside its field, and nothing is kept."""
    rows = [row for section in sections for row in section.rows]
    if not form.is_valid() or any(row.errors for row in rows):
        return None
    said = form.cleaned_data
    asked = Asked(
        title=said["title"], base=base, reform=reform, changes=changes_of(sections), uploads=said["policy_files"],
        source=SimulationRequest.Source(said["source"]), first_year=said["first_year"], last_year=said["last_year"],
        seed=said["seed"], visits=said["visits"], income_fen=parse_scaled(said["income"], decimals=2),
        catastrophic_share_ppm=parse_scaled(said["share"], decimals=2) * 100,
    )  # fmt: skip
    try:
        return ask(asked, numbers, member=request.staff_member, at=timezone.now())
    except PolicyError as error:
        _say_beside(form, sections, error, asked.changes)
    except YibaoError as error:
        form.add_error(None, text_of(error))
    return None


def _say_beside(
    form: SimulationForm, sections: list[NumberSection], error: PolicyError, changes: Mapping[str, str]
) -> None:
    """Say every problem beside the numbers of its value that were changed; others beside the files, or on top."""
    changed = [row for section in sections for row in section.rows if row.number.key in changes]
    for problem in error.problems:
        on_line = [row for row in changed if (row.number.file, row.number.line) == (problem.file, problem.line)]
        beside = on_line or [row for row in changed if row.number.holds(problem)]
        for row in beside:
            row.errors.append(sentence_of(problem, with_place=False))
        if not beside:
            form.add_error("policy_files" if form.cleaned_data.get("policy_files") else None, sentence_of(problem))
    if not form.errors:
        form.add_error(None, _("The changed numbers cannot be law; see beside them."))
