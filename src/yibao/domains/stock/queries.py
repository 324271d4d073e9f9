"""What is known of goods and packs: standing sales of a code, contents of packs, movements to delete or to show."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import msgspec

from yibao.domains.reference.models import Setting
from yibao.domains.stock.models import Movement
from yibao.domains.storage import Raw, array_of, ask

REPEATS = "stock.repeated_trace_code"
"""The setting that says what becomes of a pack sold again: refuse or flag, by institution, by region, by default."""


@dataclass(frozen=True, slots=True)
class StandingSale:
    """A sale of which something is not given back; `is_undone` when its settlement was reversed or its record deleted."""

    id: int
    code_id: int
    institution_id: int
    settlement_id: int | None
    is_split: bool
    left_e4: int
    sold_at: datetime
    is_undone: bool


def standing_sales(raw: Raw, *, code_ids: Collection[int]) -> list[StandingSale]:
    """What was sold of these packs and not given back, oldest first."""
    found = ask(
        raw,
        "SELECT s.id, s.code_id, s.institution_id, s.settlement_id, s.is_split, s.quantity_e4 - s.returned_e4, s.sold_at,"
        " EXISTS (SELECT FROM settlement_settlement r WHERE r.reverses_id = s.settlement_id"
        "   AND NOT EXISTS (SELECT FROM settlement_settlement a WHERE a.reverses_id = r.id))"
        " OR EXISTS (SELECT FROM stock_movement d WHERE d.undoes_id = s.movement_id)"
        " FROM stock_tracesale s WHERE s.code_id = ANY(%s::bigint[]) AND s.returned_e4 < s.quantity_e4 ORDER BY s.id",
        (array_of(code_ids),),
    )
    return [StandingSale(*row) for row in found.fetchall()]


def contents_of(raw: Raw, *, item_codes: Collection[str]) -> dict[str, int]:
    """How many units a pack of these items holds, as far as it is known."""
    found = ask(
        raw,
        "SELECT i.code, c.units FROM stock_packcontent c JOIN catalogue_item i ON i.id = c.item_id"
        " WHERE i.code IN (SELECT jsonb_array_elements_text(%s::jsonb))",
        (msgspec.json.encode(sorted(item_codes)).decode(),),
    )
    return dict(found.fetchall())


def items_bought_by_code(raw: Raw, *, institution_id: int, item_codes: Collection[str]) -> set[str]:
    """Of these items, those whose packs this institution has reported by trace code when they came."""
    found = ask(
        raw,
        "SELECT DISTINCT m.item_code FROM stock_movement m JOIN stock_traceentry e ON e.movement_id = m.id"
        " WHERE m.institution_id = %s AND m.item_code IN (SELECT jsonb_array_elements_text(%s::jsonb))",
        (institution_id, msgspec.json.encode(sorted(item_codes)).decode()),
    )
    return {row[0] for row in found.fetchall()}


def codes_bought(raw: Raw, *, institution_id: int, code_ids: Collection[int]) -> set[int]:
    """Of these packs, those that this institution has reported when they came."""
    found = ask(
        raw,
        "SELECT DISTINCT e.code_id FROM stock_traceentry e JOIN stock_movement m ON m.id = e.movement_id"
        " WHERE m.institution_id = %s AND e.code_id = ANY(%s::bigint[])",
        (institution_id, array_of(code_ids)),
    )
    return {row[0] for row in found.fetchall()}


def lets_repeats_through(*, institution: str, region: str) -> bool:
    """Whether a pack sold again is let through with a mark; refused unless the setting says "flag" (our default)."""
    found = Setting.objects.filter(key=REPEATS).values_list("value", flat=True).first()
    chosen = found if isinstance(found, dict) else {}
    return chosen.get(institution, chosen.get(region, chosen.get("default"))) == "flag"


def records_to_delete(raw: Raw, *, institution_id: int, batch_number: str, kinds: Collection[str]) -> list[Movement]:
    """The movements of a batch and of these kinds that no deletion has undone, oldest first, held against other deletions."""
    ask(
        raw,
        "SELECT 1 FROM stock_movement WHERE institution_id = %s AND batch_number = %s ORDER BY id FOR UPDATE",
        (institution_id, batch_number),
    ).fetchall()
    return list(
        Movement.objects.filter(
            institution_id=institution_id, batch_number=batch_number, kind__in=kinds, deletion=None
        ).order_by("pk")
    )
