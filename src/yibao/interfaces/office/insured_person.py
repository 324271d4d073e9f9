"""Pages about one insured person at the counter: found within the member's region, or told that there is none."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from yibao.domains.enrolment.found_people import find_insured
from yibao.domains.people.models import Person
from yibao.domains.staff.operations import record_read
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest

SECTION = "contributions"

OfPerson = Callable[..., HttpResponse]
"""A view that takes the request, the person, and what else the address names."""


def of_insured(view: OfPerson) -> Callable[..., HttpResponse]:
    """Look for the person whom the address names, by number or document; nobody is answered as such."""

    @wraps(view)
    def page(request: StaffRequest, person_number: str, **named: Any) -> HttpResponse:
        person = find_insured(region=scope_of(request.staff_member).region, text=person_number)
        return nobody(request) if person is None else view(request, person, **named)

    return page


def nobody(request: StaffRequest) -> HttpResponse:
    """The page that says that nobody was found."""
    return render(request, "office/person_not_found.html", {"section": SECTION}, status=HTTPStatus.NOT_FOUND)


def note_reading(request: StaffRequest, person: Person, *, purpose: str) -> None:
    """Note that the member read what this page tells about the person."""
    record_read(reader=request.staff_member, person_id=person.pk, page=request.path, purpose=purpose, at=timezone.now())
