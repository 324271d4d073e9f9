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
from yibao.domains.enrolment.found_people import find_insured
from yibao.domains.people.models import Person
from yibao.domains.personal_access.models import Channel, Proxy
from yibao.domains.personal_access.operations import close_account, hand_out_code
from yibao.domains.personal_access.proxies import end_proxy
from yibao.domains.personal_access.queries import account_of, activation_codes_of, proxies_of
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_read
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.access_forms import CodeForm, CounterProxyForm
from yibao.interfaces.office.masking import mask_name
from yibao.interfaces.office.texts import SENTENCES, text_of
from yibao.workflows.act_for_family import FamilyWish, let_act

PURPOSE: Final = "access"
Role = StaffMember.Role


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def show(request: StaffRequest, person_number: str) -> HttpResponse:
    """Show a person's account, codes and who may act; the reading is noted."""
    person = _find(request, person_number)
    if person is None:
        return _not_found(request)
    member = request.staff_member
    record_read(reader=member, person_id=person.pk, page=request.path, purpose=PURPOSE, at=timezone.now())
    return _page(request, person)


@require_POST
@staff_page(Role.AGENCY)
def hand_out(request: StaffRequest, person_number: str) -> HttpResponse:
    """Hand out an activation code: the slip is shown once, to be printed; an earlier code is void."""
    person = _find(request, person_number)
    if person is None:
        return _not_found(request)
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
        "section": "contributions",
        "person": person,
        "document": mask(person.document_number),
        "code": code,
        "plain": plain,
        "address": request.build_absolute_uri(reverse("portal:activate")),
    }
    return render(request, "office/activation_slip.html", context)


@require_POST
@staff_page(Role.AGENCY)
def let(request: StaffRequest, person_number: str) -> HttpResponse:
    """Write down that a family member may act from today; what the rules do not allow changes nothing."""
    person = _find(request, person_number)
    if person is None:
        return _not_found(request)
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
def end(request: StaffRequest, person_number: str, proxy_id: int) -> HttpResponse:
    """End a right to act today; a second time nothing happens."""
    person = _find(request, person_number)
    if person is None or not Proxy.objects.filter(pk=proxy_id, principal=person).exists():
        return _not_found(request)
    now = timezone.now()
    try:
        end_proxy(proxy_id=proxy_id, on=localdate(now), at=now, by=request.user.get_username())
    except YibaoError as error:
        return _refused(request, person, error)
    return redirect(reverse("office:insured_access", args=[person.number]))


@require_POST
@staff_page(Role.AGENCY)
def close(request: StaffRequest, person_number: str) -> HttpResponse:
    """Close the person's account; every session of it ends."""
    person = _find(request, person_number)
    account = account_of(person) if person else None
    if person is None or account is None:
        return _not_found(request)
    close_account(account=account, at=timezone.now(), by=request.user.get_username())
    return redirect(reverse("office:insured_access", args=[person.number]))


def _find(request: StaffRequest, person_number: str) -> Person | None:
    return find_insured(region=scope_of(request.staff_member).region, text=person_number)


def _not_found(request: StaffRequest) -> HttpResponse:
    return render(request, "office/person_not_found.html", {"section": "contributions"}, status=HTTPStatus.NOT_FOUND)


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
        "section": "contributions",
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
