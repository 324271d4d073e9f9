"""The console for programs: messages, faults, test persons and acceptance as JSON, by name and password of a member of staff.

A vendor's own test run orders a fault, sends its message, and reads what came of it.
"""

from http import HTTPStatus
from typing import Any, Final

from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI, Query, Schema, Status
from ninja.errors import HttpError
from ninja.security import HttpBasicAuth

from yibao.core.errors import YibaoError
from yibao.domains.institutions.models import Institution
from yibao.domains.mobile_orders.models import ChannelFault
from yibao.domains.mobile_orders.rehearsing import end_channel_fault, order_channel_fault, striking_channel_faults
from yibao.domains.sandbox.models import Exchange, Fault
from yibao.domains.sandbox.operations import end_fault, order_fault
from yibao.domains.sandbox.queries import Sight, Sought, exchanges_in, faults_in, listed_persons, points_in, striking
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import find_member
from yibao.interfaces.console.acceptance import AcceptanceForm, report_of
from yibao.interfaces.console.access import ORDERERS, READERS, is_sandbox, sight_of
from yibao.interfaces.console.channel_faults import faults_within
from yibao.interfaces.console.persons import person_rows
from yibao.interfaces.console.texts import SENTENCES, text_of
from yibao.interfaces.office.masking import masked_message

MOST: Final = 200
Role = StaffMember.Role


class StaffPassword(HttpBasicAuth):
    """Name and password of a member of staff, in a sandbox only."""

    def authenticate(self, request: HttpRequest, username: str, password: str) -> StaffMember | None:
        """The member behind the password; nobody where this is no sandbox."""
        if not is_sandbox():
            return None
        user = authenticate(request, username=username, password=password)
        return find_member(user) if user is not None else None


rest: Final = NinjaAPI(
    title="yibao sandbox",
    version="1",
    urls_namespace="sandbox_api",
    description="The sandbox for programs: sign in with name and password of a member of staff (HTTP Basic).",
    docs_url=None,  # its page would load scripts from somebody else's address
    auth=StaffPassword(),
)


class FaultBody(Schema):
    """A fault to be ordered; without an institution or a transaction it strikes all, without `times` always."""

    access_point: str
    kind: str
    institution: str = ""
    infno: str = ""
    seconds: int = 0
    times: int | None = 1


class ChannelFaultBody(Schema):
    """A fault of the test payment channel to be ordered; without an operation it strikes payments and refunds."""

    kind: str
    institution: str = ""
    operation: str = ""
    seconds: int = 0
    times: int | None = 1


class ChannelFaultAnswer(ChannelFaultBody):
    """A fault of the test payment channel as it stands."""

    id: int
    remaining: int | None


class FaultAnswer(Schema):
    """A fault as it stands."""

    id: int
    access_point: str
    institution: str
    infno: str
    kind: str
    seconds: int
    times: int | None
    remaining: int | None


class MessageAnswer(Schema):
    """A message as it passed; bodies as text with personal values masked."""

    id: int
    received_at: str
    access_point: str
    institution: str
    infno: str
    msgid: str
    result: str
    http_status: int
    error_code: str
    sentence_zh: str
    sentence_en: str
    faults: list[dict[str, Any]]
    stages_us: dict[str, int]
    total_us: int
    fault: str
    request: str
    answer: str


class MessagesAsked(Schema):
    """What messages are looked for; `after` is the number of the last one that is known already."""

    institution: str = ""
    infno: str = ""
    result: str = ""
    text: str = ""
    after: int = 0


@rest.get("/messages", response=list[MessageAnswer], summary="The latest messages, newest first")
def messages(request: HttpRequest, asked: Query[MessagesAsked]) -> list[MessageAnswer]:
    """List messages within sight, at most 200."""
    sight = _sight(request, *READERS)
    sought = Sought(institution=asked.institution, infno=asked.infno, result=asked.result, text=asked.text)
    return [_message(exchange) for exchange in exchanges_in(sight, sought).filter(pk__gt=asked.after)[:MOST]]


@rest.get("/faults", response=list[FaultAnswer], summary="The faults that strike")
def faults(request: HttpRequest) -> list[FaultAnswer]:
    """List the faults that still strike, newest first."""
    return [_fault(fault) for fault in striking(faults_in(_sight(request, *Role)))]


@rest.post("/faults", response={201: FaultAnswer}, summary="Order a fault")
def order(request: HttpRequest, body: FaultBody) -> Status[FaultAnswer]:
    """Order a fault; institution staff order it for their own institution only."""
    sight = _sight(request, *ORDERERS)
    point = points_in(sight).filter(path_prefix=body.access_point).first()
    if point is None or sight.institution_code not in {"", body.institution}:
        raise HttpError(HTTPStatus.NOT_FOUND, "no such access point or institution within your sight")
    fault = order_fault(
        access_point=point,
        institution=_institution(sight, body.institution),
        infno=body.infno,
        kind=body.kind,
        seconds=body.seconds,
        times=body.times,
        actor=_member(request).user.get_username(),
        at=timezone.now(),
    )
    return Status(HTTPStatus.CREATED, _fault(fault))


@rest.delete("/faults/{number}", response={204: None}, summary="Call a fault off")
def call_off(request: HttpRequest, number: int) -> Status[None]:
    """Call a fault off that still strikes."""
    if not faults_in(_sight(request, *ORDERERS)).filter(pk=number).exists():
        raise HttpError(HTTPStatus.NOT_FOUND, "no such fault within your sight")
    end_fault(fault_id=number, actor=_member(request).user.get_username(), at=timezone.now())
    return Status(HTTPStatus.NO_CONTENT, None)


@rest.get("/channel-faults", response=list[ChannelFaultAnswer], summary="The faults of the payment channel that strike")
def channel_faults(request: HttpRequest) -> list[ChannelFaultAnswer]:
    """List the faults of the test payment channel that still strike, newest first."""
    return [_channel_fault(fault) for fault in striking_channel_faults(faults_within(_sight(request, *Role)))]


@rest.post("/channel-faults", response={201: ChannelFaultAnswer}, summary="Order a fault of the payment channel")
def order_of_channel(request: HttpRequest, body: ChannelFaultBody) -> Status[ChannelFaultAnswer]:
    """Order a fault of the test payment channel; institution staff order it for their own institution only."""
    sight = _sight(request, *ORDERERS)
    if sight.institution_code not in {"", body.institution}:
        raise HttpError(HTTPStatus.NOT_FOUND, "no such institution within your sight")
    fault = order_channel_fault(
        **{**body.dict(), "institution": _institution(sight, body.institution)},
        actor=_member(request).user.get_username(),
        at=timezone.now(),
    )
    return Status(HTTPStatus.CREATED, _channel_fault(fault))


@rest.delete("/channel-faults/{number}", response={204: None}, summary="Call a fault of the payment channel off")
def call_off_channel(request: HttpRequest, number: int) -> Status[None]:
    """Call a fault of the test payment channel off that still strikes."""
    if not faults_within(_sight(request, *ORDERERS)).filter(pk=number).exists():
        raise HttpError(HTTPStatus.NOT_FOUND, "no such fault within your sight")
    end_channel_fault(fault_id=number, actor=_member(request).user.get_username(), at=timezone.now())
    return Status(HTTPStatus.NO_CONTENT, None)


@rest.get("/persons", summary="The test persons")
def persons(request: HttpRequest) -> dict[str, Any]:
    """List the test persons with their vouchers and what to expect."""
    _sight(request, *READERS)
    rows = person_rows(listed_persons())
    return {"persons": [{name: getattr(row, name) for name in row.__dataclass_fields__} for row in rows]}


@rest.get("/acceptance/{institution}", summary="The acceptance report of an institution")
def acceptance(request: HttpRequest, institution: str, kind: str = "", access_point: str = "") -> dict[str, Any]:
    """Judge what an institution's system has performed, as the page does."""
    sight = _sight(request, *READERS)
    point = points_in(sight).filter(path_prefix=access_point).first() if access_point else None
    asked = {"institution": institution, "kind": kind, "access_point": point.pk if point else ""}
    form = AcceptanceForm(asked, sight=sight)
    if not form.is_valid() or (access_point and point is None):
        raise HttpError(HTTPStatus.NOT_FOUND, "no such institution, kind or access point within your sight")
    return report_of(form)


@rest.exception_handler(YibaoError)
def refuse(request: HttpRequest, error: YibaoError) -> HttpResponse:
    """Write a refusal: its code and a sentence in the reader's language."""
    if error.code not in SENTENCES:
        raise error
    refusal = {"code": error.code, "message": text_of(error)}
    return rest.create_response(request, refusal, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _member(request: HttpRequest) -> StaffMember:
    """The member whom the password named."""
    member: StaffMember = request.auth  # type: ignore[attr-defined]  # ninja sets what `authenticate` gave
    return member


def _sight(request: HttpRequest, *roles: StaffMember.Role) -> Sight:
    """How far the member sees, when the role may do this at all."""
    member = _member(request)
    if member.role not in roles:
        raise HttpError(HTTPStatus.FORBIDDEN, "your role does not open this")
    return sight_of(member)


def _institution(sight: Sight, code: str) -> Institution | None:
    """The institution of a code in the region; None for all."""
    if not code:
        return None
    found = Institution.objects.filter(code=code, division__pooling_region=sight.region).first()
    if found is None:
        raise HttpError(HTTPStatus.NOT_FOUND, "no such institution in the region")
    return found


def _fault(fault: Fault) -> FaultAnswer:
    return FaultAnswer(
        id=fault.pk,
        access_point=fault.access_point.path_prefix,
        institution=fault.institution.code if fault.institution else "",
        infno=fault.infno,
        kind=fault.kind,
        seconds=fault.seconds,
        times=fault.times,
        remaining=fault.remaining,
    )


def _channel_fault(fault: ChannelFault) -> ChannelFaultAnswer:
    return ChannelFaultAnswer(
        id=fault.pk,
        institution=fault.institution.code if fault.institution else "",
        operation=fault.operation,
        kind=fault.kind,
        seconds=fault.seconds,
        times=fault.times,
        remaining=fault.remaining,
    )


def _message(exchange: Exchange) -> MessageAnswer:
    return MessageAnswer(
        id=exchange.pk,
        received_at=timezone.localtime(exchange.received_at).isoformat(timespec="milliseconds"),
        access_point=exchange.access_point.path_prefix,
        institution=exchange.institution_code,
        infno=exchange.infno,
        msgid=exchange.msgid,
        result=exchange.result,
        http_status=exchange.http_status,
        error_code=exchange.error_code,
        sentence_zh=exchange.sentence_zh,
        sentence_en=exchange.sentence_en,
        faults=exchange.faults,
        stages_us=exchange.stages,
        total_us=exchange.total_us,
        fault=exchange.fault_kind,
        request=masked_message(bytes(exchange.body), hidden=()),
        answer=masked_message(bytes(exchange.answer), hidden=()),
    )
