"""Family members who may act (亲情代办): letting one act, ending it, and acting for a relative."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.personal_access.models import Proxy
from yibao.domains.personal_access.operations import actor_of
from yibao.domains.personal_access.proxies import end_proxy
from yibao.domains.personal_access.queries import proxies_of, proxy_in_force
from yibao.interfaces.portal.access import PersonRequest, Purpose, not_found, person_page
from yibao.interfaces.portal.person_session import act_for
from yibao.interfaces.portal.texts import SENTENCES, text_of
from yibao.workflows.act_for_family import FamilyWish, let_act

PURPOSE: Final = "family"
DAYS: Final = {"30": _("one month"), "90": _("three months"), "365": _("one year")}
_REQUIRED: Final = {"required": _("Please fill this in.")}


class FamilyForm(forms.Form):
    """Whom the person lets act, for what and how long."""

    name = forms.CharField(label=_("Name of the family member"), max_length=50, error_messages=_REQUIRED)
    number = forms.CharField(
        label=_("Identity card number of the family member"),
        max_length=50,
        error_messages=_REQUIRED,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    relation = forms.CharField(
        label=_("Who that is to me"),
        max_length=40,
        error_messages=_REQUIRED,
        widget=forms.TextInput(attrs={"placeholder": _("daughter"), "autocomplete": "off"}),
    )
    purposes = forms.MultipleChoiceField(
        label=_("What the family member may do for me"),
        choices=Proxy.Purpose.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Please choose at least one.")},
    )
    days = forms.ChoiceField(
        label=_("For how long"),
        choices=list(DAYS.items()),
        initial="90",
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one.")},
    )


@require_safe
@person_page(PURPOSE)
def show(request: PersonRequest) -> HttpResponse:
    """Show whom the person lets act and for whom the person may act."""
    return _page(request)


@require_POST
@person_page(PURPOSE)
def give(request: PersonRequest) -> HttpResponse:
    """Let a family member act from today; what the rules do not allow changes nothing."""
    form = FamilyForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=HTTPStatus.BAD_REQUEST)
    told, now = form.cleaned_data, timezone.now()
    today = localdate(now)
    wish = FamilyWish(
        principal=request.subject,
        document_number=told["number"],
        name=told["name"],
        relation=told["relation"],
        purposes=told["purposes"],
        valid_until=today + timedelta(days=int(told["days"])),
    )
    try:
        let_act(wish, at=now, on=today, by=actor_of(request.account.person))
    except YibaoError as error:
        if error.code not in SENTENCES:
            raise
        form.add_error(None, text_of(error))
        return _page(request, form=form, status=HTTPStatus.CONFLICT)
    return redirect("portal:family")


@require_POST
@person_page(PURPOSE)
def end(request: PersonRequest, proxy_id: int) -> HttpResponse:
    """End a right that the person gave, or give up one that the person holds."""
    given, held = proxies_of(request.subject.pk)
    if proxy_id not in {row.pk for row in (*given, *held)}:
        return not_found(request, PURPOSE)
    now = timezone.now()
    try:
        end_proxy(proxy_id=proxy_id, on=localdate(now), at=now, by=actor_of(request.account.person))
    except YibaoError as error:
        if error.code not in SENTENCES:
            raise
        return _page(request, alarm=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect("portal:family")


@require_POST
@person_page(PURPOSE)
def act(request: PersonRequest, proxy_id: int) -> HttpResponse:
    """Act for a relative from the next page on."""
    today = localdate(timezone.now())
    proxy = proxy_in_force(proxy_id=proxy_id, agent_id=request.account.person_id, on=today)
    if proxy is None:
        return not_found(request, PURPOSE)
    act_for(request, proxy)
    return redirect("portal:my")


@require_POST
@person_page("home", *Purpose)
def stop(request: PersonRequest) -> HttpResponse:
    """Act for oneself again."""
    act_for(request, None)
    return redirect("portal:my")


def _page(
    request: PersonRequest, *, form: FamilyForm | None = None, alarm: str = "", status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    given, held = proxies_of(request.subject.pk)
    context: dict[str, Any] = {
        "section": "family",
        "given": [_row(row) for row in given],
        "held": [_row(row) for row in held],
        "form": form or FamilyForm(),
        "shows_errors": form is not None,
        "alarm": alarm,
    }
    return render(request, "portal/my_family.html", context, status=status)


def _row(row: Proxy) -> dict[str, Any]:
    """A right as the page shows it."""
    today = localdate(timezone.now())
    names = dict(Proxy.Purpose.choices)
    return {
        "row": row,
        "purposes": [names[Proxy.Purpose(purpose)] for purpose in row.purposes],
        "runs": row.ended_at is None and row.valid_from <= today < row.valid_until,
        "last_day": row.valid_until - timedelta(days=1),
    }
