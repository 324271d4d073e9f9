"""Who may open a page: nobody, unless the page names the role."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import find_member

View = Callable[..., HttpResponseBase]


class StaffRequest(HttpRequest):
    """A request whose member of staff is known and allowed."""

    staff_member: StaffMember


def member_of(request: HttpRequest) -> StaffMember | None:
    """The member of staff who asks, looked up once per request."""
    if not hasattr(request, "staff_member"):
        request.staff_member = find_member(request.user)  # type: ignore[attr-defined]  # the one place that sets it
    member: StaffMember | None = request.staff_member  # type: ignore[attr-defined]  # as above
    return member


def forbidden(request: HttpRequest) -> HttpResponse:
    """Say in a friendly way that this role has no work on this page."""
    member_of(request)
    return render(request, "office/forbidden.html", status=HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest) -> HttpResponse:
    """Say that there is no such record within the member's sight; whether it exists beyond is not told."""
    return render(request, "office/not_found.html", status=HTTPStatus.NOT_FOUND)


def staff_page(*roles: StaffMember.Role) -> Callable[[View], View]:
    """Open a page to the given roles only; others get a friendly refusal, strangers the page to sign in."""

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            member = member_of(request)
            if member is None or member.role not in roles:
                return forbidden(request)
            return view(request, *args, **kwargs)

        return guarded

    return decorate
