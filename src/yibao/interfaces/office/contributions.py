"""A person's contributions: years, what is owed and paid, from when the funds pay, and every step with its clause."""

from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yibao.core.identity import mask
from yibao.domains.enrolment.coverage import covered_from
from yibao.domains.enrolment.found_people import ContributionRecord, contribution_record, find_insured
from yibao.domains.enrolment.models import Assessment, Contribution
from yibao.domains.enrolment.queries import account_balance
from yibao.domains.people.models import Person
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_read
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.enrolment_forms import PersonForm
from yibao.interfaces.office.export import Cell, attached, decimal_yuan
from yibao.interfaces.office.masking import mask_name
from yibao.interfaces.office.words import law_note, own_words, scheme_name
from yibao.policies import NoPolicyError
from yibao.policies.contribution_terms import contribution_law
from yibao.policies.contributions import ContributionLaw
from yibao.workflows.earned_incentives import earned_incentives
from yibao.workflows.transfer_enrolment import contributed_months

PURPOSE: Final = "contributions"
PURPOSE_OF_EXPORT: Final = "export"
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR)


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show the form and, for a person of the region, all contributions; the reading is noted."""
    if not request.GET:
        return _page(request, PersonForm())
    form = PersonForm(request.GET)
    person = _find(request, form)
    if person is None:
        return _refused(request, form)
    _note(request, person, PURPOSE)
    record = contribution_record(person)
    context = {
        "person": person,
        "document": mask(person.document_number),
        "balance_fen": account_balance(person.pk),
        "months": _months(person, record, request.staff_member.region_id),
        "enrolments": [(row, scheme_name(row.scheme), covered_from(row)) for row in record.enrolments],
        "owed": [_owed(row) for row in record.owed],
        "owed_fen": sum(row.employer_fen + row.person_fen for row in record.owed),
        "paid": [_paid(row) for row in record.contributions],
        "transfers": record.transfers,
        "incentives": earned_incentives(
            person_id=person.pk, region=request.staff_member.region_id, year=timezone.localdate().year
        ),
    }
    return _page(request, form, context)


def steps_of(assessment: Assessment | None) -> list[dict[str, Any]]:
    """Every step of an assessment in the reader's language with the document it stands on."""
    if assessment is None:
        return []
    law = _law(assessment.law.partition("@")[0])
    titles = _titles_of_levies(law, assessment.scheme)
    rows = []
    for line in assessment.lines:
        clause = law.clauses.get(line["clause"]) if law else None
        rows.append(
            {
                **line,
                "title": titles.get(line["what"], line["what"]),
                "percent": f"{line['rate_ppm'] / 10_000:g}",
                "document": clause.document if clause else "",
                "trust": clause.trust if clause else "",
                "note": law_note(clause.note) if clause else "",
            }
        )
    return rows


def _find(request: StaffRequest, form: PersonForm) -> Person | None:
    """The person within the member's region."""
    if not form.is_valid():
        return None
    region = scope_of(request.staff_member).region
    person = find_insured(region=region, text=form.cleaned_data["person"].strip())
    if person is None:
        form.add_error("person", _("Nobody insured in your region has this number."))
    return person


def _note(request: StaffRequest, person: Person, purpose: str) -> None:
    member = request.staff_member
    record_read(reader=member, person_id=person.pk, page=request.path, purpose=purpose, at=timezone.now())


def _months(person: Person, record: ContributionRecord, region: str) -> list[dict[str, Any]]:
    """Months of contribution by scheme: all recognised, and those of this region."""
    return [
        {
            "scheme": scheme_name(scheme),
            "all": contributed_months(person_id=person.pk, scheme=scheme),
            "here": contributed_months(person_id=person.pk, scheme=scheme, region=region),
        }
        for scheme in sorted({row.scheme for row in record.enrolments})
    ]


def _owed(row: Assessment) -> dict[str, Any]:
    return {
        "row": row,
        "scheme": scheme_name(row.scheme),
        "due_fen": row.employer_fen + row.person_fen,
        "steps": steps_of(row),
    }


def _paid(row: Contribution) -> dict[str, Any]:
    credit_fen = row.to_account_fen
    if row.assessment is not None:
        turned = -1 if row.kind == Contribution.Kind.REVERSAL else 1
        credit_fen += turned * row.assessment.from_pool_fen
    return {
        "row": row,
        "scheme": scheme_name(row.enrolment.scheme),
        "region": row.enrolment.region_id,
        "standing": _standing(row),
        "help_fen": row.subsidy_fen + row.assistance_fen,
        "credit_fen": credit_fen,
        "steps": steps_of(row.assessment) if row.kind == Contribution.Kind.PAYMENT else [],
    }


def _standing(row: Contribution) -> str:
    if row.kind == Contribution.Kind.REVERSAL:
        return _("reversal")
    if hasattr(row, "reversal"):
        return _("reversed")
    return _("repaired") if row.is_repair else _("stands")


def _law(region: str) -> ContributionLaw | None:
    try:
        return contribution_law(region)
    except NoPolicyError:
        return None


def _titles_of_levies(law: ContributionLaw | None, scheme: str) -> dict[str, str]:
    words = {
        "base_floor": _("base lifted to the floor"),
        "base_roof": _("base cut at the roof"),
        "credit": _("credit to the account"),
        "withheld": _("kept back of the credit"),
        "relief": _("paid by assistance"),
    }
    if law is not None and scheme in law.file.schemes:
        for levy in law.file.schemes[scheme].levies:
            words[levy.key] = own_words(levy.title)
    return words


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Send a person's contributions as CSV or Excel, with the person masked, and note the look."""
    form = PersonForm(request.GET)
    person = _find(request, form)
    if person is None:
        return _refused(request, form)
    _note(request, person, PURPOSE_OF_EXPORT)
    rows = [_cells(person, _paid(row)) for row in contribution_record(person).contributions]
    return attached(kind, name="contributions", sheet=_("Contributions"), titles=_heads(), rows=rows)


def _heads() -> list[str]:
    """The heads of the columns."""
    return [
        _("Person number"),
        _("Name"),
        _("Document number"),
        _("Scheme"),
        _("Region"),
        _("Period from"),
        _("Period until"),
        _("Base (yuan)"),
        _("By the employer (yuan)"),
        _("By the person (yuan)"),
        _("Subsidy and assistance (yuan)"),
        _("To the account (yuan)"),
        _("Paid on"),
        _("Standing"),
    ]


def _cells(person: Person, paid: dict[str, Any]) -> list[Cell]:
    row: Contribution = paid["row"]
    return [
        person.number,
        mask_name(person.name),
        mask(person.document_number),
        paid["scheme"],
        paid["region"],
        row.period_start.isoformat(),
        row.period_end.isoformat(),
        decimal_yuan(row.base_fen),
        decimal_yuan(row.employer_fen),
        decimal_yuan(row.person_fen),
        decimal_yuan(paid["help_fen"]),
        decimal_yuan(paid["credit_fen"]),
        row.paid_on.isoformat(),
        paid["standing"],
    ]


def _page(request: StaffRequest, form: PersonForm, context: dict[str, Any] | None = None) -> HttpResponse:
    return render(request, "office/contributions.html", {"section": "contributions", "form": form, **(context or {})})


def _refused(request: StaffRequest, form: PersonForm) -> HttpResponse:
    context = {"section": "contributions", "form": form}
    status = HTTPStatus.NOT_FOUND if form.has_error("person") and form.data.get("person") else HTTPStatus.BAD_REQUEST
    return render(request, "office/contributions.html", context, status=status)
