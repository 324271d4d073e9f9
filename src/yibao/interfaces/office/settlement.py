"""One settlement: the bill, why it came out so, its entries, its fee lines, its messages and what happened to it."""

from collections.abc import Sequence
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from yibao.core.identity import mask
from yibao.domains.emergencies.queries import decision_of_settlement
from yibao.domains.internet_care.queries import latest_check
from yibao.domains.ledger.models import Entry
from yibao.domains.ledger.queries import entries_of_cause
from yibao.domains.messages.kept_messages import kept_messages
from yibao.domains.messages.models import Message
from yibao.domains.settlement.models import Settlement
from yibao.domains.settlement.settled_lines import settled_lines, settlements_of_visit
from yibao.domains.settlement.visible_settlements import visible_settlements
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_read
from yibao.domains.staff.queries import Scope, latest_readings, scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.bill import bill_of
from yibao.interfaces.office.circumstance_words import circumstance_rows, facts_kept
from yibao.interfaces.office.masking import masked_message
from yibao.interfaces.office.rows import standing_of
from yibao.interfaces.office.sharing_words import shared_sentences
from yibao.interfaces.office.words import class_name, own_name, place_name, purpose_name, reader_language, scheme_name
from yibao.policies.internet_care import marked_types
from yibao.workflows.explain_settlement import explain_settlement

PURPOSE: Final = "settlement"
READINGS: Final = 20
_LARGEST: Final = 2**63 - 1
Role = StaffMember.Role


@require_safe
@staff_page(Role.AGENCY, Role.INSTITUTION, Role.AUDITOR)
def show(request: StaffRequest, settlement_id: int) -> HttpResponse:
    """Show a settlement within the member's scope, and note that the person's record was read."""
    scope = scope_of(request.staff_member)
    settlement = _find(scope, settlement_id)
    if settlement is None:
        return not_found(request)
    record_read(
        reader=request.staff_member,
        person_id=settlement.person_id,
        page=request.path,
        purpose=PURPOSE,
        at=timezone.now(),
    )
    entries = entries_of_cause(cause="settlement", cause_id=settlement.pk, region=scope.region)
    facts = facts_kept(settlement)
    standing, standing_name = standing_of(settlement)
    context = {
        "section": "settlements",
        "settlement": settlement,
        "standing": standing,
        "standing_name": standing_name,
        "document": mask(settlement.person.document_number),
        "scheme": scheme_name(settlement.enrolment.scheme),
        "place": place_name(facts.get("place", settlement.visit.place)),
        "circumstances": circumstance_rows(facts, policy_id=settlement.policy),
        "filings": facts.get("filings", []),
        "internet_check": latest_check(settlement.visit_id) if _is_online(settlement) else None,
        "bill": bill_of(settlement, {entry.fund_id: own_name(entry.fund) for entry in entries}),
        "explanation": explain_settlement(settlement, reader_language()),
        "shared": shared_sentences(settlement),
        "emergency": decision_of_settlement(_row_and_reversed(settlement)),
        "journals": _journals(entries),
        "lines": [(line, class_name(line.item_class)) for line in settled_lines(settlement)],
        "messages_kept": _messages(settlement),
        "rows_of_visit": settlements_of_visit(settlement),
        "readings": [
            (reading, purpose_name(reading.purpose))
            for reading in latest_readings(scope, person_id=settlement.person_id, limit=READINGS)
        ],
        "scope": scope,
    }
    return render(request, "office/settlement.html", context)


def _is_online(settlement: Settlement) -> bool:
    """Whether the visit is marked as one over the internet."""
    return settlement.visit.medical_type in marked_types()


def _find(scope: Scope, settlement_id: int) -> Settlement | None:
    if settlement_id > _LARGEST:
        return None
    related = (
        "person", "institution", "enrolment", "visit", "reversal", "circumstances", "reverses__circumstances",
        "reverses__reverses__circumstances",
    )  # fmt: skip
    return visible_settlements(scope).select_related(*related).filter(pk=settlement_id).first()


def _row_and_reversed(settlement: Settlement) -> list[int]:
    """The numbers of a settlement and of what it reverses, back to the first."""
    numbers, told = [settlement.pk], settlement
    while told.reverses is not None:
        told = told.reverses
        numbers.append(told.pk)
    return numbers


def _journals(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Entries by journal, each with the sums of its two sides."""
    journals: dict[int, list[Entry]] = {}
    for entry in entries:
        journals.setdefault(entry.journal_id, []).append(entry)
    return [
        {
            "journal": lines[0].journal,
            "digest": bytes(lines[0].journal.digest).hex(),
            "entries": [(entry, own_name(entry.account), own_name(entry.fund)) for entry in lines],
            "debit_fen": sum(entry.debit_fen for entry in lines),
            "credit_fen": sum(entry.credit_fen for entry in lines),
        }
        for lines in journals.values()
    ]


def _messages(settlement: Settlement) -> list[dict[str, Any]]:
    """The message that settled and, when there is one, the message that reversed, with persons masked."""
    msgids = {settlement.msgid}
    if hasattr(settlement, "reversal"):
        msgids.add(settlement.reversal.msgid)
    person = settlement.person
    hidden = (person.name, person.document_number, person.phone)
    kept = kept_messages(institution_id=settlement.institution_id, msgids=msgids)
    return [_message(message, hidden) for message in kept]


def _message(message: Message, hidden: Sequence[str]) -> dict[str, Any]:
    return {
        "message": message,
        "body": masked_message(bytes(message.body), hidden=hidden),
        "answer": masked_message(bytes(message.answer), hidden=hidden),
    }
