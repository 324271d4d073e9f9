"""Who may open the console: signed-in staff of the region, in a sandbox only; elsewhere its pages do not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase

from yibao.domains.sandbox.queries import Sight, is_marked
from yibao.domains.staff.models import StaffMember
from yibao.interfaces.office.access import View, staff_page

Role = StaffMember.Role
READERS: Final = (Role.AGENCY, Role.INSTITUTION, Role.AUDITOR)
"""Who sees messages, which tell about persons."""
SENDERS: Final = (Role.AGENCY, Role.INSTITUTION)
"""Who may send messages again."""
ORDERERS: Final = (Role.SYSTEM, Role.AGENCY, Role.INSTITUTION)
"""Who may order faults: institution staff for their own institution."""
ISSUERS: Final = (Role.AGENCY,)
"""Who issues acceptance reports."""
EVERYBODY: Final = tuple(Role)


def is_sandbox() -> bool:
    """Whether this deployment is a sandbox by its setting and by the mark in its database."""
    return bool(settings.SANDBOX) and is_marked()


def console_page(*roles: StaffMember.Role) -> Callable[[View], View]:
    """Open a page of the console to the given roles, in a sandbox only."""
    guard = staff_page(*roles)

    def decorate(view: View) -> View:
        guarded = guard(view)

        @wraps(view)
        def page(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not is_sandbox():
                raise Http404
            return guarded(request, *args, **kwargs)

        return page

    return decorate


def sight_of(member: StaffMember) -> Sight:
    """How far a member sees in the sandbox: the region, institution staff their own institution."""
    code = member.institution.code if member.institution is not None else ""
    return Sight(region=member.region_id, institution_code=code)
