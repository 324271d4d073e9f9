"""Entering movements, holding packs by their trace codes, selling them and taking them back; the database keeps balances."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime

import msgspec

from yibao.domains.storage import Raw, array_of, ask


@dataclass(frozen=True, slots=True)
class NewMovement:
    """A movement of goods; quantities count ten-thousandths, the price millionths of a yuan.

    `delta_e4` and `loose_e4` are what it does to packs and to loose units; of a stock-take the database works both out.
    """

    institution_id: int
    kind: str
    item_code: str
    own_code: str
    own_name: str
    batch_number: str
    quantity_e4: int
    delta_e4: int
    loose_e4: int
    is_split: bool
    occurred_at: datetime
    infno: str
    msgid: str
    operator: str
    entered_at: datetime
    change_kind: str = ""
    price_e6: int | None = None
    rx_flag: str = ""
    lot: str = ""
    made_on: date | None = None
    expires_on: date | None = None
    counterpart: str = ""
    person_id: int | None = None
    settlement_id: int | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    undoes_id: int | None = None


@dataclass(frozen=True, slots=True)
class HeldCode:
    """A pack whose row this transaction holds."""

    id: int
    code: str
    item_code: str


@dataclass(frozen=True, slots=True)
class NewTraceSale:
    """A pack, or units from it, sold; the quantity counts ten-thousandths."""

    code_id: int
    institution_id: int
    item_code: str
    person_id: int | None
    movement_id: int | None
    settlement_id: int | None
    line_number: str
    is_split: bool
    quantity_e4: int
    is_repeat: bool
    suspicions: tuple[str, ...]
    infno: str
    msgid: str
    sold_at: datetime


def enter_movements(raw: Raw, *, movements: Sequence[NewMovement]) -> list[int]:
    """Enter movements, batches in one fixed order so that nobody waits in a circle; their numbers as they came."""
    numbers = ask(raw, "SELECT nextval('stock_movement_id_seq') FROM generate_series(1, %s::bigint)", (len(movements),))
    ids = [int(row[0]) for row in numbers.fetchall()]
    rows = [{**asdict(movement), "id": number} for number, movement in zip(ids, movements, strict=True)]
    ask(
        raw,
        "INSERT INTO stock_movement (id, institution_id, kind, item_code, own_code, own_name, batch_number, quantity_e4,"
        " delta_e4, loose_e4, is_split, change_kind, price_e6, rx_flag, lot, made_on, expires_on, occurred_at,"
        " counterpart, person_id, settlement_id, details, undoes_id, infno, msgid, operator, entered_at)"
        " SELECT id, institution_id, kind, item_code, own_code, own_name, batch_number, quantity_e4, delta_e4, loose_e4,"
        " is_split, change_kind, price_e6, rx_flag, lot, made_on, expires_on, occurred_at, counterpart, person_id,"
        " settlement_id, details, undoes_id, infno, msgid, operator, entered_at"
        " FROM jsonb_populate_recordset(NULL::stock_movement, %s::jsonb) ORDER BY item_code, batch_number, id",
        (msgspec.json.encode(rows).decode(),),
    )
    return ids


def hold_codes(raw: Raw, *, codes: Mapping[str, str]) -> dict[str, HeldCode]:
    """Make packs known (trace code → item code) and hold their rows until the transaction ends, in one fixed order."""
    rows = [{"code": code, "item_code": item_code} for code, item_code in codes.items()]
    ask(
        raw,
        "INSERT INTO stock_tracecode (code, item_code) SELECT code, item_code"
        " FROM jsonb_populate_recordset(NULL::stock_tracecode, %s::jsonb) ORDER BY code ON CONFLICT (code) DO NOTHING",
        (msgspec.json.encode(rows).decode(),),
    )
    held = ask(
        raw,
        "SELECT id, code, item_code FROM stock_tracecode WHERE code IN (SELECT jsonb_array_elements_text(%s::jsonb))"
        " ORDER BY code FOR UPDATE",
        (msgspec.json.encode(list(codes)).decode(),),
    )
    return {row[1]: HeldCode(*row) for row in held.fetchall()}


def enter_codes(raw: Raw, *, pairs: Sequence[tuple[int, int]]) -> None:
    """Say which packs (by the row of their code) a movement other than a sale names."""
    ask(
        raw,
        "INSERT INTO stock_traceentry (code_id, movement_id) SELECT * FROM unnest(%s::bigint[], %s::bigint[])",
        (array_of(code for code, _ in pairs), array_of(movement for _, movement in pairs)),
    )


def enter_trace_sales(raw: Raw, *, sales: Sequence[NewTraceSale]) -> None:
    """Enter sales by trace code; a second standing sale of a whole pack that is no marked repeat fails the transaction."""
    rows = [{**asdict(sale), "returned_e4": 0, "suspicions": sale.suspicions} for sale in sales]
    ask(
        raw,
        "INSERT INTO stock_tracesale (code_id, institution_id, item_code, person_id, movement_id, settlement_id,"
        " line_number, is_split, quantity_e4, returned_e4, is_repeat, suspicions, infno, msgid, sold_at)"
        " SELECT code_id, institution_id, item_code, person_id, movement_id, settlement_id, line_number, is_split,"
        " quantity_e4, returned_e4, is_repeat, suspicions, infno, msgid, sold_at"
        " FROM jsonb_populate_recordset(NULL::stock_tracesale, %s::jsonb)",
        (msgspec.json.encode(rows).decode(),),
    )


def give_back(raw: Raw, *, sale_id: int, quantity_e4: int) -> None:
    """Count what is given back of a sale."""
    ask(
        raw,
        "UPDATE stock_tracesale SET returned_e4 = returned_e4 + %s WHERE id = %s",
        (quantity_e4, sale_id),
    )
