"""My visits: each bill with who paid it and why, step by step, in the words that the office reads too."""

from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yibao.domains.settlement.models import Settlement
from yibao.domains.settlement.own_settlements import own_settlement, own_settlements, person_of_settlement
from yibao.domains.settlement.settled_lines import settled_lines
from yibao.interfaces.portal.access import PersonRequest, Purpose, not_found, person_page
from yibao.interfaces.portal.amounts import payers, scope
from yibao.interfaces.portal.words import reads_english
from yibao.workflows.explain_settlement import Language, explain_settlement, fund_names

ROWS: Final = 10
PURPOSE: Final = "visits"
_LARGEST: Final = 2**63 - 1


@require_safe
@person_page(PURPOSE, Purpose.VIEW)
def show(request: PersonRequest) -> HttpResponse:
    """List the person's settlements, newest first."""
    page = Paginator(own_settlements(request.subject.pk), ROWS).get_page(request.GET.get("page"))
    return render(request, "portal/my_visits.html", {"section": "visits", "page": page})


@require_safe
@person_page(PURPOSE, Purpose.VIEW)
def show_one(request: PersonRequest, settlement_id: int) -> HttpResponse:
    """Show one settlement; another's is answered like one that does not exist, and noted."""
    settlement = own_settlement(request.subject.pk, settlement_id) if settlement_id <= _LARGEST else None
    if settlement is None:
        stranger = person_of_settlement(settlement_id) if settlement_id <= _LARGEST else None
        return not_found(request, PURPOSE, stranger_id=stranger)
    return render(request, "portal/my_visit.html", {"section": "visits", **_told(settlement)})


def _told(settlement: Settlement) -> dict[str, Any]:
    """A settlement in the reader's words."""
    language: Language = "en" if reads_english() else "zh"
    names = fund_names(settlement.policy, language)
    funds = zip(settlement.fund_codes, settlement.fund_amounts_fen, strict=True)
    return {
        "settlement": settlement,
        "is_reversal": settlement.kind == Settlement.Kind.REVERSAL,
        "is_reversed": hasattr(settlement, "reversal"),
        "payers": payers(
            [(names.get(code, code), fen) for code, fen in funds],
            account_fen=settlement.account_fen,
            cash_fen=settlement.cash_fen,
            hospital_fen=settlement.hospital_fen,
            total_fen=settlement.total_fen,
            shared_fen=settlement.shared_account_fen,
        ),
        "scope": scope(settlement),
        "explanation": explain_settlement(settlement, language),
        "lines": settled_lines(settlement),
    }
