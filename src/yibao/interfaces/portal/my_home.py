"""The start of the personal pages: what most people come for, in a few large links."""

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yibao.domains.enrolment.queries import account_balance
from yibao.domains.mobile_orders.own_orders import waiting_for_payment
from yibao.domains.settlement.own_settlements import own_settlements
from yibao.interfaces.portal.access import PersonRequest, Purpose, person_page

LATEST: Final = 3


@require_safe
@person_page("home", *Purpose)
def show(request: PersonRequest) -> HttpResponse:
    """Show the latest visits and the way to everything that may be done."""
    may = set(Purpose) if request.proxy is None else set(request.proxy.purposes)
    context: dict[str, Any] = {"section": "home", "may": may}
    if may & {Purpose.VIEW, Purpose.HANDLE}:
        context["waiting"] = list(waiting_for_payment(request.subject.pk)[:LATEST])
    if Purpose.VIEW in may:
        context |= {
            "latest": list(own_settlements(request.subject.pk)[:LATEST]),
            "balance_fen": account_balance(request.subject.pk),
        }
    return render(request, "portal/my_home.html", context)
