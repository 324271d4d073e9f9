"""Sign in, activate and sign out on the public pages."""

from datetime import datetime
from http import HTTPStatus

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from yibao.domains.personal_access.models import Account
from yibao.domains.personal_access.operations import ActivationRefusedError, Shown, SignInRefusedError, sign_in
from yibao.interfaces.portal.display import keep_switch
from yibao.interfaces.portal.person_session import begin, end, signed_in
from yibao.interfaces.portal.sign_in_forms import ActivationForm, SignInForm
from yibao.interfaces.portal.texts import text_of
from yibao.workflows.activate_access import activate_access


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """Show the page to sign in, or sign in; who is signed in goes on."""
    now = timezone.now()
    back = _back(request)
    if request.method != "POST":
        if signed_in(request, now=now) is not None:
            return redirect(back)
        return render(request, "portal/sign_in.html", {"form": SignInForm(), "next": back})
    form = SignInForm(request.POST)
    status = _refused_for_haste(request, form)
    if status is None and form.is_valid():
        try:
            account = sign_in(document_number=form.cleaned_data["number"], secret=form.cleaned_data["password"], at=now)
        except SignInRefusedError as refusal:
            form.add_error(None, text_of(refusal))
        else:
            return _into(request, account, back, now)
    context = {"form": form, "next": back, "shows_errors": True}
    return render(request, "portal/sign_in.html", context, status=status or HTTPStatus.BAD_REQUEST)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def activate(request: HttpRequest) -> HttpResponse:
    """Show the page to activate, or activate and sign in at once."""
    now = timezone.now()
    if request.method != "POST":
        return render(request, "portal/activate.html", {"form": ActivationForm()})
    form = ActivationForm(request.POST)
    status = _refused_for_haste(request, form)
    if status is None and form.is_valid():
        given = form.cleaned_data
        shown = Shown(document_number=given["number"], name=given["name"], code=given["code"])
        try:
            account = activate_access(shown, secret=given["password"], at=now, on=localdate(now))
        except ActivationRefusedError as refusal:
            form.add_error(None, text_of(refusal))
        else:
            return _into(request, account, reverse("portal:my"), now)
    context = {"form": form, "shows_errors": True}
    return render(request, "portal/activate.html", context, status=status or HTTPStatus.BAD_REQUEST)


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Sign out."""
    end(request)
    return redirect("portal:home")


def _into(request: HttpRequest, account: Account, back: str, now: datetime) -> HttpResponse:
    """Begin the session and go on, shown as the person likes it."""
    begin(request, account, now=now)
    return keep_switch(redirect(back), account.display)


def _refused_for_haste(request: HttpRequest, form: Form) -> HTTPStatus | None:
    """Refuse an address that asks too often, before anything is checked."""
    wait_seconds: int = getattr(request, "wait_seconds", 0)
    if not wait_seconds:
        return None
    form.is_valid()
    form.add_error(
        None,
        _("Too many questions came from your address. Please ask again in %(seconds)s seconds.")
        % {"seconds": wait_seconds},
    )
    return HTTPStatus.TOO_MANY_REQUESTS


def _back(request: HttpRequest) -> str:
    """Where to go on: a personal page of ours, else the start of them."""
    start = reverse("portal:my")
    back = request.POST.get("next", "") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return back if is_ours and back.startswith(start) else start
