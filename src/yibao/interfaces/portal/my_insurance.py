"""My insurance: under what I am insured, what was paid in, what stands in my account and what moved it."""

from typing import Final

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yibao.core.identity import mask
from yibao.domains.enrolment.found_people import contribution_record
from yibao.domains.enrolment.models import AccountEntry
from yibao.domains.enrolment.queries import account_balance
from yibao.interfaces.portal.access import PersonRequest, Purpose, person_page
from yibao.interfaces.portal.words import SCHEMES, said

ROWS: Final = 12
ENTRIES: Final = 20


@require_safe
@person_page("insurance", Purpose.VIEW)
def show(request: PersonRequest) -> HttpResponse:
    """Show enrolments, contributions by pages and the latest movements of the account."""
    person = request.subject
    record = contribution_record(person)
    page = Paginator(record.contributions, ROWS).get_page(request.GET.get("page"))
    entries = AccountEntry.objects.filter(account__person=person).order_by("-pk")[:ENTRIES]
    context = {
        "section": "insurance",
        "document": mask(person.document_number),
        "enrolments": [(row, said(SCHEMES, row.scheme)) for row in record.enrolments],
        "contributions": [(row, said(SCHEMES, row.enrolment.scheme)) for row in page],
        "page": page,
        "owed_fen": sum(row.person_fen for row in record.owed),
        "balance_fen": account_balance(person.pk),
        "entries": list(entries),
    }
    return render(request, "portal/my_insurance.html", context)
