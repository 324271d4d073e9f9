"""Take an approved reimbursement by hand back: its settlement is reversed, its invoices may be brought again."""

from django.db import transaction

from yibao.domains import storage
from yibao.domains.claims.models import Application
from yibao.domains.claims.operations import Act, locked_application, take_back
from yibao.domains.people.queries import ask_for_lock, locked_person
from yibao.domains.reimbursement.queries import case_of
from yibao.domains.settlement.queries import standing_settlement
from yibao.domains.visits.operations import cancel_visit
from yibao.workflows.reimburse_by_hand import KIND, request_of
from yibao.workflows.reverse_settlement import reverse


def reverse_reimbursement(application_id: int, act: Act) -> Application:
    """Reverse what the approval wrote, in red, fen by fen. What was paid before is then owed by the person.

    :raises yibao.domains.claims.states.WrongStateError: it is not approved.
    :raises yibao.domains.claims.operations.SameOfficerError: the officer is the one who approved.
    :raises yibao.domains.claims.operations.ArticleMissingError: no article is named.
    """
    number = Application.objects.filter(pk=application_id).values_list("person__number", flat=True).first()
    with transaction.atomic():
        with storage.transaction() as raw:
            locked_person(ask_for_lock(raw, number=number or ""))
        application = locked_application(application_id=application_id, region=act.member.region_id, kind=KIND)
        take_back(application, act)
        case = case_of(application)
        assert case.settlement_id is not None
        found = standing_settlement(settlement_id=case.settlement_id)
        assert found is not None
        with storage.transaction() as raw:
            reverse(raw, found[1], request_of(case, act), at=act.at)
            cancel_visit(raw, visit_id=found[0].visit_id)
        return application
