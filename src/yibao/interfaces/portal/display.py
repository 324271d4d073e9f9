"""How a visitor wants the pages: the language and large type (大字版), kept in cookies that say nothing else."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

TYPE_COOKIE: Final = "yibao_type"
LARGE: Final = "large"
_TYPES: Final = frozenset({LARGE, "normal"})
_YEAR_SECONDS: Final = 365 * 24 * 3600


def display(request: HttpRequest) -> dict[str, bool]:
    """Tell templates whether the visitor wants large type."""
    wished = getattr(request, "wished_type", None) or request.COOKIES.get(TYPE_COOKIE)
    return {"is_large": wished == LARGE}


def apply_switch(request: HttpRequest, wish: str) -> None:
    """Show the answer to this very request as the switch that was pressed says."""
    if wish in dict(settings.LANGUAGES):
        translation.activate(wish)
        request.LANGUAGE_CODE = wish
    if wish in _TYPES:
        request.wished_type = wish  # type: ignore[attr-defined]  # read by `display` above


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
    """Keep a switch and go back to the page, if it is one of ours."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = reverse("portal:home")
    return keep_switch(redirect(back), request.POST.get("switch", ""))
