"""Who may open a personal page: nobody, unless signed in, and for another only by a right to act; every look is noted."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from yibao.domains.people.models import Person
from yibao.domains.personal_access.models import Account, Proxy
from yibao.domains.personal_access.operations import note_look
from yibao.interfaces.portal.person_session import signed_in

View = Callable[..., HttpResponseBase]
Purpose = Proxy.Purpose


class PersonRequest(HttpRequest):
    """A request whose account is known, with the person whose records it may see and the right where it is another's."""

    account: Account
    subject: Person
    proxy: Proxy | None


def person_page(purpose: str, *allows: Purpose) -> Callable[[View], View]:
    """Open a page to signed-in persons, and to family members who may do one of `allows`; without any to nobody but the person.

    `purpose` is what the note of the look says; the note is written before the page is made.
    """

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            signed = signed_in(request, now=timezone.now())
            if signed is None:
                back = request.get_full_path() if request.method in {"GET", "HEAD"} else reverse("portal:my")
                return redirect(f"{reverse('portal:sign_in')}?{urlencode({'next': back})}")
            known = cast("PersonRequest", request)
            known.account, known.subject, known.proxy = signed.account, signed.subject, signed.proxy
            if signed.proxy is not None and not set(allows) & set(signed.proxy.purposes):
                note(known, purpose, is_refused=True)
                return render(request, "portal/not_allowed.html", status=HTTPStatus.FORBIDDEN)
            note(known, purpose)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def note(request: PersonRequest, purpose: str, *, person_id: int | None = None, is_refused: bool = False) -> None:
    """Note a look at the subject's record, or a refused one at a stranger's."""
    note_look(
        account=request.account,
        person_id=request.subject.pk if person_id is None else person_id,
        proxy=request.proxy,
        page=request.path,
        purpose=purpose,
        at=timezone.now(),
        is_refused=is_refused,
    )


def not_found(request: PersonRequest, purpose: str, *, stranger_id: int | None = None) -> HttpResponse:
    """Say that there is no such record of this person; a try at a stranger's record is noted and not told apart."""
    if stranger_id is not None:
        note(request, purpose, person_id=stranger_id, is_refused=True)
    return render(request, "portal/not_found.html", status=HTTPStatus.NOT_FOUND)
