"""From the facts of settlements to the visits that a simulation settles anew: what stands, a row for each visit and year."""

from pathlib import Path
from typing import Any

from ibis import _

from yibao.warehouse.questions import Warehouse, open_warehouse


def holds_facts(folder: Path) -> bool:
    """Say whether a folder is a warehouse of settlements."""
    return any(folder.glob("settlements-*.parquet"))


def standing_settlements(warehouse: Warehouse) -> Any:
    """Settlements and reinstatements that no reversal took back."""
    settlements = warehouse.settlements
    turned = settlements.filter(_.reverses_id.notnull()).select(turned=_.reverses_id)
    return settlements.filter(_.kind != "reversal").anti_join(turned, _.id == turned.turned)


def visits(warehouse: Warehouse) -> Any:
    """The visits as `yibao.warehouse.visits.VISITS` has them, a person's together and in order of time.

    What a visit was settled for midway and at its end is added up. The balance is what the account held before the first
    settlement of the year.
    """
    rows = standing_settlements(warehouse)
    amounts = ("total_fen", "full_self_pay_fen", "over_ceiling_fen", "self_pay_first_fen", "in_scope_fen")
    keys = [
        "visit_id", "person_id", "benefit_year", "began_on", "scheme", "care", "level", "place", "status_group", "age",
        "institution_id",
    ]  # fmt: skip
    summed = rows.group_by(keys).aggregate(
        **{name: _whole(_[name].sum()) for name in amounts},
        account_used=_.uses_account.any(),
        first_id=_.id.min(),
    )
    before = rows.group_by(["person_id", "benefit_year"]).aggregate(
        account_balance_fen=(_.balance_after_fen + _.account_fen).argmin(_.id)
    )
    joined = summed.left_join(before, ["person_id", "benefit_year"])
    return joined.order_by(["person_id", "benefit_year", "began_on", "first_id"]).select(
        "person_id", "benefit_year", "began_on", "scheme", "care", "level", "place", "age", "institution_id",
        "account_used", "account_balance_fen", *amounts, status="status_group",
    )  # fmt: skip


def _whole(total: Any) -> Any:
    """A sum as a whole number of 64 bits: DuckDB's own kind of sum would be written to a file as a float."""
    return total.cast("decimal(38, 0)").cast("int64")


def write_visits_of(folder: Path, target: Path) -> Path:
    """Write the visits of a warehouse to a file that a simulation can read."""
    visits(open_warehouse(folder)).to_parquet(target)
    return target
