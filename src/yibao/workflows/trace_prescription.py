"""Show a prescription from the visit to the receipt (处方全程追溯), the flows of information, money and goods side by side.

Source: Measures of Tianjin for Internet+ care, article 22: diagnosis, prescription, transaction and delivery are traceable end
to end, and the flows of information, money and goods monitorable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from yibao.domains.mobile_orders import queries as orders
from yibao.domains.mobile_orders.models import Order
from yibao.domains.prescriptions.models import Prescription
from yibao.domains.prescriptions.queries import Flow, Moment, timeline
from yibao.domains.prescriptions.signatures import quantity_text
from yibao.workflows.deliver_prescription import ARRIVED, ON_ITS_WAY, STATES


@dataclass(frozen=True, slots=True)
class Traced:
    """Something that happened: when, in which flow, in words, by whom; amounts in fen, trace codes of packs.

    `kind` tells what it was: a step of the prescription, or "order" and the kind in the timeline of an order.
    """

    at: datetime
    flow: Flow
    label: str
    institution: str = ""
    practitioner: str = ""
    note: str = ""
    amount_fen: int | None = None
    settlement_id: int | None = None
    order_id: int | None = None
    codes: list[str] = field(default_factory=list)
    kind: str = ""


def trace(prescription: Prescription, *, placed: Sequence[Order] | None = None) -> list[Traced]:
    """Everything that happened to a prescription and to the mobile payment orders that name it (`placed`, if they were read), in order."""
    if placed is None:
        placed = list(orders.of_prescription(prescription.trace_code))
    told = [_told(moment) for moment in timeline(prescription)]
    return sorted([*told, *_ordered(placed)], key=lambda moment: moment.at)


def _told(moment: Moment) -> Traced:
    """A moment of the prescription itself."""
    facts = moment.facts
    words = {
        "visit": _("Visit"),
        "handed_over": _("Handed over"),
        "given_back": _("Given back"),
        "settled": _("Settled"),
        "received": _("Received, says the patient"),
    }
    label = words.get(moment.what) or _delivery(facts) or str(facts.get("label", moment.what))
    notes = [facts.get(name) for name in ("opinion", "reason", "delv_entp_name", "delv_no", "status")]
    packs = facts.get("packs", [])
    said = [f"{pack['drug']} {quantity_text(pack['quantity_e4'])} {pack['unit']}" for pack in packs]
    paid = [facts.get(name) or 0 for name in ("fund_fen", "account_fen", "cash_fen")]
    return Traced(
        moment.at, moment.flow, label, moment.institution, moment.practitioner,
        " · ".join([*(str(note) for note in notes if note), *said]),
        amount_fen=sum(paid) if moment.what == "settled" else None, settlement_id=facts.get("settlement"),
        codes=[code for pack in packs for code in pack["codes"]], kind=moment.what,
    )  # fmt: skip


def _delivery(facts: Mapping[str, Any]) -> str:
    """How a delivery fares, in the reader's words where they are ours."""
    told = str(facts.get("delv_stas_name") or "")
    ours = {STATES[ON_ITS_WAY]: _("on its way"), STATES[ARRIVED]: _("delivered")}
    return ours.get(told, told)


def _ordered(placed: Sequence[Order]) -> list[Traced]:
    """What happened to the orders of mobile payment that name the prescription."""
    found = []
    for order in placed:
        for entry in orders.timeline(order):
            flow: Flow = "information" if entry.kind == "message" else "money"
            found.append(
                Traced(
                    entry.at, flow, str(entry.label), order.institution.name, "", _as_note(entry),
                    amount_fen=entry.amount_fen, settlement_id=entry.settlement_id, order_id=order.pk,
                    kind=f"order {entry.kind}",
                )
            )  # fmt: skip
    return found


def _as_note(entry: Any) -> str:
    """Number and remark of an entry."""
    return " · ".join(text for text in (entry.reference, entry.note) if text)
