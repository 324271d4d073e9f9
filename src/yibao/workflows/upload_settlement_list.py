"""Take in a settlement list (4101, 4101A): check it against the national checks and our own settlement, keep it, say what it is.

A list with errors is kept too, with its findings by field (3607, 4104); it cannot be submitted (4102) before a corrected
version is sent. A list of somebody else's settlement, or of one that was reversed, is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from yibao.core.errors import YibaoError
from yibao.domains.people.queries import LockedPerson
from yibao.domains.settlement.models import Settlement
from yibao.domains.settlement.queries import standing_settlement
from yibao.domains.settlement_lists.checking import ERROR, findings_of
from yibao.domains.settlement_lists.operations import keep_list, step_list
from yibao.domains.settlement_lists.queries import hold_settlement, known_diseases, latest_of_settlement
from yibao.domains.settlement_lists.sent_lists import SentList, SettledFacts
from yibao.domains.storage import Raw
from yibao.workflows.exactly_once import Outcome, Request, Step
from yibao.workflows.reverse_settlement import AlreadyReversedError, UnknownSettlementError
from yibao.workflows.settlement_list_parts import list_of

_ACCOUNT_FUNDS = ("310200", "310201")
_HOSPITAL_FUNDS = ("999996", "999997")


class ListSubmittedError(YibaoError):
    """The list of this settlement is submitted; it must be taken back before a corrected one is sent (清单已提交)."""

    code: ClassVar[str] = "settlement_lists.submitted"


@dataclass(frozen=True, slots=True)
class ListWish:
    """A list as it was sent and read, by node; one that says so itself (stas_type 1) is submitted when it has no error."""

    institution_id: int
    settlement_id: int
    visit_id: int | None
    person_number: str | None
    head: Mapping[str, Any]
    nodes: Mapping[str, Sequence[Mapping[str, Any]]]
    at: datetime


def list_step(wish: ListWish, request: Request) -> Step[None, int]:
    """The change that keeps a list and gives its number, for `exactly_once.perform`.

    :raises UnknownSettlementError, AlreadyReversedError, ListSubmittedError: nothing changed.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[int]:
        settlement = _settlement(wish)
        hold_settlement(raw, settlement_id=settlement.pk)
        before = latest_of_settlement(settlement_id=settlement.pk, institution_id=wish.institution_id)
        if before is not None and before.state == "1":
            raise ListSubmittedError(settlement_id=settlement.pk)
        facts = _facts(raw, settlement, wish)
        sent = SentList(_completed(wish.head, facts), wish.nodes, facts)
        version = before.version + 1 if before else 1
        findings = findings_of(sent)
        number = keep_list(raw, list_of(sent, settlement, findings, version=version, request=request, at=wish.at))
        if wish.head.get("stas_type") == "1" and not any(finding.level == ERROR for finding in findings):
            step_list(raw, list_id=number, state="1", msgid=request.msgid, operator=request.operator, at=wish.at)
        return Outcome(number, number)

    return Step(lambda _raw: None, act)


def _settlement(wish: ListWish) -> Settlement:
    """The settlement the list is about, when it is this institution's, of this visit and person, and stands."""
    found = standing_settlement(settlement_id=wish.settlement_id)
    if found is None:
        raise UnknownSettlementError(settlement_id=wish.settlement_id)
    first, latest = found
    is_meant = (
        first.institution_id == wish.institution_id
        and first.kind == Settlement.Kind.SETTLEMENT
        and wish.visit_id in (None, first.visit_id)
        and wish.person_number in (None, first.person.number)
    )
    if not is_meant:
        raise UnknownSettlementError(settlement_id=wish.settlement_id)
    if latest.kind == Settlement.Kind.REVERSAL:
        raise AlreadyReversedError(settlement_id=wish.settlement_id)
    return first


def _facts(raw: Raw, settlement: Settlement, wish: ListWish) -> SettledFacts:
    """What this platform knows of the settlement."""
    person, visit = settlement.person, settlement.visit
    funds = dict(zip(settlement.fund_codes, settlement.fund_amounts_fen, strict=True))
    codes = {
        "diagnosis": [row["diag_code"] for row in wish.nodes.get("diseinfo", ())],
        "operation": [row["oprn_oprt_code"] for row in wish.nodes.get("oprninfo", ())],
    }
    known = {
        kind: known_diseases(raw, kind=kind, codes=msgspec.json.encode([code for code in named if code]).decode())
        for kind, named in codes.items()
    }
    return SettledFacts(
        total_fen=settlement.total_fen,
        account_fen=settlement.account_fen,
        cash_fen=settlement.cash_fen,
        person_fen=settlement.person_fen,
        funds={code: fen for code, fen in funds.items() if fen and code not in (*_ACCOUNT_FUNDS, *_HOSPITAL_FUNDS)},
        registered={
            "psn_name": person.name, "certno": person.document_number, "gend": person.sex, "brdy": person.birth_date,
        },
        visited={"adm_time": visit.began_at, "dscg_time": visit.ended_at},
        care=visit.care,
        medical_type=visit.medical_type,
        known={kind: found for kind, found in known.items() if found is not None},
    )  # fmt: skip


def _completed(head: Mapping[str, Any], facts: SettledFacts) -> dict[str, Any]:
    """The head with what version A leaves to the platform: sex and birth as registered, admission as visited."""
    completed = dict(head)
    for name in ("gend", "brdy"):
        completed[name] = head.get(name) if head.get(name) is not None else facts.registered[name]
    for name, moment in facts.visited.items():
        if facts.care == "inpatient" and completed.get(name) is None and name not in head:
            completed[name] = moment
    return completed
