"""How a visitor wants the pages: the language, large type (大字版), elder mode (长辈版); kept in cookies that say nothing else.

Who is signed in keeps it in the account too, so that it is there on the next phone.
"""

from typing import Any, Final, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from yibao.domains.personal_access.operations import keep_display
from yibao.interfaces.portal.person_session import signed_in

TYPE_COOKIE: Final = "yibao_type"
LARGE: Final = "large"
ELDER: Final = "elder"
_TYPES: Final = frozenset({LARGE, ELDER, "normal"})
_YEAR_SECONDS: Final = 365 * 24 * 3600


def display(request: HttpRequest) -> dict[str, Any]:
    """Tell templates how to show the page, who is signed in and for whom; the page's own guard has found out, no query."""
    account = getattr(request, "account", None)
    return {
        "is_large": display_of(request) in {LARGE, ELDER},
        "is_elder": display_of(request) == ELDER,
        "me": account,
        "subject": getattr(request, "subject", None),
        "acting_by": getattr(request, "proxy", None),
    }


def display_of(request: HttpRequest) -> str:
    """What the visitor wished last: elder, large, or anything else for normal pages."""
    wished = getattr(request, "wished_type", None) or request.COOKIES.get(TYPE_COOKIE)
    return cast("str", wished or "")


def apply_switch(request: HttpRequest, wish: str) -> None:
    """Show the answer to this very request as the switch that was pressed says."""
    if wish in dict(settings.LANGUAGES):
        translation.activate(wish)
        request.LANGUAGE_CODE = wish
    if wish in _TYPES:
        request.wished_type = wish  # type: ignore[attr-defined]  # read by `display_of` above


def keep_switch(response: HttpResponse, wish: str) -> HttpResponse:
    """Keep a switch for later visits; a word that is no switch is left aside."""
    if wish in dict(settings.LANGUAGES):
        name = settings.LANGUAGE_COOKIE_NAME
    elif wish in _TYPES:
        name = TYPE_COOKIE
    else:
        return response
    response.set_cookie(
        name, wish, max_age=_YEAR_SECONDS, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE, httponly=True
    )
    return response


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Keep a switch, in the account too, and go back to the page, if it is one of ours."""
    back, wish = request.POST.get("next", ""), request.POST.get("switch", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = reverse("portal:home")
    if wish in _TYPES and (signed := signed_in(request, now=timezone.now())) is not None:
        keep_display(account=signed.account, display=wish)
    return keep_switch(redirect(back), wish)
