"""Finding reimbursements by hand, the lines of their bills and what was made of them."""

import hashlib
from collections.abc import Sequence

from django.db.models import QuerySet

from yibao.domains.claims.models import Application
from yibao.domains.claims.queries import visible_applications
from yibao.domains.reimbursement.models import BillLine, Calculation, Reimbursement
from yibao.domains.staff.queries import Scope


def visible_cases(scope: Scope) -> QuerySet[Application]:
    """Applications for reimbursement by hand that a member may open, with case, institution and person."""
    return visible_applications(scope, kind=Application.Kind.BY_HAND).select_related(
        "reimbursement__institution__division", "region", "checked_by__user", "decided_by__user"
    )


def case_of(application: Application) -> Reimbursement:
    """The case of an application, with its institution; the application stands in it as it was given."""
    case = Reimbursement.objects.select_related("institution__division").get(application_id=application.pk)
    case.application = application
    return case


def standing_lines(case: Reimbursement) -> Sequence[BillLine]:
    """The lines of the bill that were not withdrawn, in the order they were typed."""
    return list(BillLine.objects.filter(reimbursement=case, withdrawn_at=None))


def bill_digest(lines: Sequence[BillLine]) -> str:
    """SM3 over what the lines say, so that a calculation knows the bill it was made of."""
    text = "\n".join(
        f"{line.pk}|{line.item_code}|{line.quantity_e4}|{line.price_e6}|{line.amount_fen}|{line.occurred_on}"
        f"|{line.refused_article}"
        for line in lines
    )
    return hashlib.new("sm3", text.encode()).hexdigest()


def latest_calculation(case: Reimbursement) -> Calculation | None:
    """The newest calculation of a case."""
    return Calculation.objects.filter(reimbursement=case).select_related("made_by__user").last()
