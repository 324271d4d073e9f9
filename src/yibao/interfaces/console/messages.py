"""The live list of messages, of one access point or of all: filtered, page by page, renewed by itself."""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yibao.domains.messages.models import AccessPoint
from yibao.domains.sandbox.queries import Sight, exchanges_in, points_in
from yibao.interfaces.console.access import READERS, console_page, sight_of
from yibao.interfaces.console.found_messages import MessageFilter, message_rows
from yibao.interfaces.office.access import StaffRequest

PAGE_ROWS: Final = 50
_LARGEST: Final = 2**63 - 1


@require_safe
@console_page(*READERS)
def show(request: StaffRequest, point_id: int | None = None) -> HttpResponse:
    """Show a page of messages, newest first."""
    sight = sight_of(request.staff_member)
    point = _point(sight, point_id)
    form = MessageFilter(request.GET)
    before = request.GET.get("before", "")
    if not form.is_valid() or (before and not _is_number(before)):
        context = {"section": "messages", "form": form, "point": point, "is_refused": True}
        return render(request, "console/messages.html", context, status=HTTPStatus.BAD_REQUEST)
    found = exchanges_in(sight, form.sought(point_id))
    if before:
        found = found.filter(pk__lt=int(before))
    page = list(found.defer("body", "answer", "headers")[: PAGE_ROWS + 1])
    context = {
        "section": "messages",
        "form": form,
        "point": point,
        "points": points_in(sight),
        "rows": message_rows(page[:PAGE_ROWS]),
        "newest": page[0].pk if page and not before else 0,
        "filters": urlencode({name: value for name, value in request.GET.items() if value and name != "before"}),
        "is_first": not before,
        "older": page[PAGE_ROWS - 1].pk if len(page) > PAGE_ROWS else None,
    }
    return render(request, "console/messages.html", context)


@require_safe
@console_page(*READERS)
def show_newer(request: StaffRequest, point_id: int | None = None) -> HttpResponse:
    """Give the rows that came after a message, for the page that renews itself; 204 when none came."""
    sight = sight_of(request.staff_member)
    point = _point(sight, point_id)
    form = MessageFilter(request.GET)
    after = request.GET.get("after", "0")
    if not form.is_valid() or not _is_number(after):
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    found = exchanges_in(sight, form.sought(point_id)).filter(pk__gt=int(after))
    page = list(found.defer("body", "answer", "headers")[:PAGE_ROWS])
    if not page:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    response = render(request, "console/message_rows.html", {"rows": message_rows(page), "point": point})
    response["X-Newest"] = str(page[0].pk)
    return response


def _point(sight: Sight, point_id: int | None) -> AccessPoint | None:
    """The access point that the page is about, within sight; None for all."""
    if point_id is None:
        return None
    point = points_in(sight).filter(pk=point_id).first() if point_id <= _LARGEST else None
    if point is None:
        raise Http404
    return point


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
