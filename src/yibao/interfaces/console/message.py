"""One message: request and answer laid out and raw, what is wrong beside the field, times, sending again, curl."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast, get_args

from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from yibao.domains.people.models import Person
from yibao.domains.sandbox.models import Exchange
from yibao.domains.sandbox.queries import Sought, exchanges_in
from yibao.domains.staff.operations import record_read
from yibao.interfaces.console.access import READERS, SENDERS, console_page, sight_of
from yibao.interfaces.console.found_messages import fault_name, message_rows, milliseconds, sentence_of
from yibao.interfaces.console.names import Names, answer_names, request_names, transaction_name
from yibao.interfaces.console.passages import first_of, opening_of
from yibao.interfaces.console.pretty import lines_of
from yibao.interfaces.console.replay import Way, plain_body, replay
from yibao.interfaces.console.signed import as_curl, signed_message
from yibao.interfaces.console.texts import is_english
from yibao.interfaces.gateway.envelope import BODY_LIMIT_BYTES
from yibao.interfaces.gateway.service import HttpRequest as GatewayRequest
from yibao.interfaces.office.access import StaffRequest
from yibao.interfaces.office.masking import masked_message

PURPOSE: Final = "sandbox"
STAGES: Final = {
    "signature": gettext_lazy("signature"), "codec": gettext_lazy("codec"), "institution": gettext_lazy("institution"),
    "work": gettext_lazy("transaction, database included"), "refusal": gettext_lazy("refusal"),
    "database": gettext_lazy("waited for the database"),
}  # fmt: skip
_LARGEST: Final = 2**63 - 1
_PERSON_KEYS: Final = {"psn_no": "number", "certno": "document_number", "mdtrt_cert_no": "vouchers__number"}


@require_safe
@console_page(*READERS)
def show(request: StaffRequest, number: int) -> HttpResponse:
    """Show a message, personal numbers masked unless the member asks to see them, which is noted."""
    exchange = _find(request, number)
    is_open = request.GET.get("numbers") == "open"
    if is_open:
        _note(request, exchange)
    faults: dict[str, list[str]] = {}
    for fault in exchange.faults:
        faults.setdefault(fault["path"], []).append(fault["en" if is_english() else "zh"])
    (row,) = message_rows([exchange])
    context = {
        "section": "messages",
        "exchange": exchange,
        "row": row,
        "name": transaction_name(exchange.infno) if exchange.infno else "",
        "sentence": sentence_of(exchange),
        "fault": fault_name(exchange.fault_kind),
        "total": milliseconds(exchange.total_us),
        "stages": [(STAGES[key], milliseconds(exchange.stages[key])) for key in STAGES if key in exchange.stages],
        "request_side": _side(plain_body(exchange), request_names(exchange.infno), faults, "input", is_open=is_open),
        "answer_side": _side(bytes(exchange.answer), answer_names(exchange.infno), {}, "output", is_open=is_open),
        "is_open": is_open,
        "was_ciphered": bool(exchange.opened_input),
        "curl": _curl(request, exchange) if is_open else "",
        "may_send": request.staff_member.role in SENDERS and not exchange.is_cut,
        "edit_text": plain_body(exchange).decode(errors="replace") if is_open else "",
    }
    return render(request, "console/message.html", context)


@require_POST
@console_page(*SENDERS)
def send_again(request: StaffRequest, number: int) -> HttpResponse:
    """Send the message again in one of three ways, and show what became of it."""
    exchange = _find(request, number)
    way = request.POST.get("way", "")
    edited = request.POST.get("body", "")
    if way not in get_args(Way) or exchange.is_cut or len(edited.encode()) > BODY_LIMIT_BYTES:
        return HttpResponseBadRequest(_("This message cannot be sent again in this way."))
    own = sight_of(request.staff_member).institution_code
    if way == "edited" and own and _speaker(edited) != own:
        return HttpResponseBadRequest(_("You may send messages of your own institution only."))
    _note(request, exchange)
    made = replay(exchange, way=cast("Way", way), edited=edited, now=timezone.now())
    if made is None:
        return redirect("console:messages")
    return redirect("console:message", number=made.pk)


def _find(request: StaffRequest, number: int) -> Exchange:
    """The message within the member's sight."""
    found = exchanges_in(sight_of(request.staff_member), Sought()).filter(pk=min(number, _LARGEST)).first()
    if found is None:
        raise Http404
    return found


def _side(raw: bytes, names: Names, faults: Mapping[str, Sequence[str]], side: str, *, is_open: bool) -> dict[str, Any]:
    """One side of the exchange: the lines, the faults that have none, the raw text."""
    laid_out = lines_of(raw, names=names, faults=faults, side=side, is_masked=not is_open)
    text = raw.decode(errors="replace") if is_open else masked_message(raw, hidden=())
    lines, untold = laid_out or ([], [sentence for told in faults.values() for sentence in told])
    return {"lines": lines, "untold": untold, "raw": text, "is_json": laid_out is not None, "size": len(raw)}


def _curl(request: StaffRequest, exchange: Exchange) -> str:
    """The message as a command, signed for now."""
    signed = signed_message(
        exchange.access_point,
        institution_code=exchange.institution_code,
        body=plain_body(exchange),
        infno=exchange.infno,
        at=timezone.now(),
    )
    url = request.build_absolute_uri(exchange.path)
    content_type = exchange.content_type or "application/json"
    return as_curl(url=url, body=signed.body, headers=signed.headers, content_type=content_type)


def _speaker(body: str) -> str:
    """The institution that an edited message names."""
    return opening_of(GatewayRequest("", {}, body.encode(), None))[2]


def _note(request: StaffRequest, exchange: Exchange) -> None:
    """Note whose record is read with this message, when it names somebody who is known."""
    person = _person_in(plain_body(exchange))
    if person is not None:
        record_read(
            reader=request.staff_member, person_id=person.pk, page=request.path, purpose=PURPOSE, at=timezone.now()
        )


def _person_in(body: bytes) -> Person | None:
    """The first person whom a request names by number, document or voucher."""
    for key, field in _PERSON_KEYS.items():
        value = first_of(body, key)
        if value and (person := Person.objects.filter(**{field: value}).first()):
            return person
    return None
