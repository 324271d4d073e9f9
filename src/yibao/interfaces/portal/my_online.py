"""My visits over the internet: when, with whom, on which earlier visit in person they stand, the bill and the prescriptions."""

from typing import Final

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yibao.interfaces.portal.access import PersonRequest, Purpose, person_page
from yibao.workflows.own_online_visits import own_online_visits

ROWS: Final = 10


@require_safe
@person_page("online", Purpose.VIEW)
def show(request: PersonRequest) -> HttpResponse:
    """List the person's visits over the internet, newest first."""
    page = Paginator(own_online_visits(request.subject.pk), ROWS).get_page(request.GET.get("page"))
    return render(request, "portal/my_online.html", {"section": "online", "page": page})
