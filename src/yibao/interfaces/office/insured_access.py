"""The counter's page for a person's access to the public pages: activation codes, who may act, closing the account."""

from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.core.identity import mask
from yibao.domains.people.models import Person
from yibao.domains.personal_access.models import Channel, Proxy
from yibao.domains.personal_access.operations import close_account, hand_out_code
from yibao.domains.personal_access.proxies import end_proxy
from yibao.domains.personal_access.queries import account_of, activation_codes_of, proxies_of
from yibao.domains.staff.models import StaffMember
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.access_forms import CodeForm, CounterProxyForm
from yibao.interfaces.office.insured_person import SECTION, nobody, note_reading, of_insured
from yibao.interfaces.office.masking import mask_name
from yibao.interfaces.office.texts import SENTENCES, text_of
from yibao.workflows.act_for_family import FamilyWish, let_act

PURPOSE: Final = "access"
Role = StaffMember.Role


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
@of_insured
def show(request: StaffRequest, person: Person) -> HttpResponse:
    """Show a person's account, codes and who may act; the reading is noted."""
    note_reading(request, person, purpose=PURPOSE)
    return _page(request, person)


@require_POST
@staff_page(Role.AGENCY)
@of_insured
def hand_out(request: StaffRequest, person: Person) -> HttpResponse:
    """Hand out an activation code: the slip is shown once, to be printed; an earlier code is void."""
    now = timezone.now()
    form = CodeForm(request.POST, on=localdate(now))
    if not form.is_valid():
        return _page(request, person, code_form=form, status=HTTPStatus.BAD_REQUEST)
    channel = (
        Channel.objects.filter(code=form.cleaned_data["channel"]).first() if form.cleaned_data["channel"] else None
    )
    try:
        code, plain = hand_out_code(
            person=person, channel=channel, evidence=form.cleaned_data["evidence"], at=now, on=localdate(now),
            by=request.user.get_username(),
        )  # fmt: skip
    except YibaoError as error:
        return _refused(request, person, error)
    context = {
        "section": SECTION,
        "person": person,
        "document": mask(person.document_number),
        "code": code,
        "plain": plain,
        "address": request.build_absolute_uri(reverse("portal:activate")),
    }
    return render(request, "office/activation_slip.html", context)


@require_POST
@staff_page(Role.AGENCY)
@of_insured
def let(request: StaffRequest, person: Person) -> HttpResponse:
    """Write down that a family member may act from today; what the rules do not allow changes nothing."""
    form = CounterProxyForm(request.POST)
    if not form.is_valid():
        return _page(request, person, proxy_form=form, status=HTTPStatus.BAD_REQUEST)
    told, now = form.cleaned_data, timezone.now()
    wish = FamilyWish(
        principal=person,
        document_number=told["number"],
        name=told["name"],
        relation=told["relation"],
        purposes=told["purposes"],
        valid_until=told["until"],
        basis=told["basis"],
        document=told["document"],
    )
    try:
        let_act(wish, at=now, on=localdate(now), by=request.user.get_username())
    except YibaoError as error:
        return _refused(request, person, error, proxy_form=form)
    return redirect(reverse("office:insured_access", args=[person.number]))


@require_POST
@staff_page(Role.AGENCY)
@of_insured
def end(request: StaffRequest, person: Person, proxy_id: int) -> HttpResponse:
    """End a right to act today; a second time nothing happens."""
    if not Proxy.objects.filter(pk=proxy_id, principal=person).exists():
        return nobody(request)
    now = timezone.now()
    try:
        end_proxy(proxy_id=proxy_id, on=localdate(now), at=now, by=request.user.get_username())
    except YibaoError as error:
        return _refused(request, person, error)
    return redirect(reverse("office:insured_access", args=[person.number]))


@require_POST
@staff_page(Role.AGENCY)
@of_insured
def close(request: StaffRequest, person: Person) -> HttpResponse:
    """Close the person's account; every session of it ends."""
    account = account_of(person)
    if account is None:
        return nobody(request)
    close_account(account=account, at=timezone.now(), by=request.user.get_username())
    return redirect(reverse("office:insured_access", args=[person.number]))


def _refused(
    request: StaffRequest, person: Person, error: YibaoError, *, proxy_form: CounterProxyForm | None = None
) -> HttpResponse:
    if error.code not in SENTENCES:
        raise error
    return _page(request, person, proxy_form=proxy_form, alarm=text_of(error), status=HTTPStatus.CONFLICT)


def _page(
    request: StaffRequest,
    person: Person,
    *,
    code_form: CodeForm | None = None,
    proxy_form: CounterProxyForm | None = None,
    alarm: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    today = localdate(timezone.now())
    given, held = proxies_of(person.pk)
    may_act = request.staff_member.role == Role.AGENCY
    context: dict[str, Any] = {
        "section": SECTION,
        "person": person,
        "document": mask(person.document_number),
        "account": account_of(person),
        "codes": activation_codes_of(person.pk),
        "given": [_row(row, row.agent.name, is_running=_runs(row, today)) for row in given],
        "held": [_row(row, mask_name(row.principal.name), is_running=_runs(row, today)) for row in held],
        "may_act": may_act,
        "code_form": code_form or CodeForm(on=today),
        "proxy_form": proxy_form or CounterProxyForm(),
        "alarm": alarm,
    }
    return render(request, "office/insured_access.html", context, status=status)


def _runs(row: Proxy, today: Any) -> bool:
    return row.ended_at is None and row.valid_until > today


def _row(row: Proxy, name: str, *, is_running: bool) -> dict[str, Any]:
    names = dict(Proxy.Purpose.choices)
    return {
        "row": row,
        "name": name,
        "purposes": [names[Proxy.Purpose(purpose)] for purpose in row.purposes],
        "runs": is_running,
    }
