"""From the facts of settlements to the visits that a simulation settles anew: what stands, a row for each visit and year."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
from ibis import _

from yibao.warehouse.facts import EARNED_FILE
from yibao.warehouse.questions import Warehouse, open_warehouse


def holds_facts(folder: Path) -> bool:
    """Say whether a folder is a warehouse of settlements."""
    return any(folder.glob("settlements-*.parquet"))


def standing_settlements(warehouse: Warehouse) -> Any:
    """Settlements and reinstatements that no reversal took back."""
    settlements = warehouse.settlements
    turned = settlements.filter(_.reverses_id.notnull()).select(turned=_.reverses_id)
    return settlements.filter(_.kind != "reversal").anti_join(turned, _.id == turned.turned)


def visits(warehouse: Warehouse, earned: Any | None = None) -> Any:
    """The visits as `yibao.warehouse.visits.VISITS` has them, a person's together and in order of time.

    What a visit was settled for midway and at its end is added up. The balance is what the account held before the first
    settlement of the year. `earned` tells what a person's years had earned for a year, where they had earned anything.
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
    raised = ibis.literal(0, "int64")
    if earned is not None:
        joined = joined.left_join(earned, ["person_id", "benefit_year"], rname="{name}_earned")
        raised = _.earned_raise_fen.fill_null(0)
    return joined.order_by(["person_id", "benefit_year", "began_on", "first_id"]).select(
        "person_id", "benefit_year", "began_on", "scheme", "care", "level", "place", "age", "institution_id",
        "account_used", "account_balance_fen", *amounts, status="status_group",
        earned_raise_fen=raised,
    )  # fmt: skip


def _whole(total: Any) -> Any:
    """A sum as a whole number of 64 bits: DuckDB's own kind of sum would be written to a file as a float."""
    return total.cast("decimal(38, 0)").cast("int64")


def write_visits_of(
    folder: Path, target: Path, *, region: str | None = None, years: Collection[int] | None = None
) -> Path:
    """Write the visits of a warehouse to a file that a simulation can read: of one region's insured and of some years, or all."""
    warehouse = open_warehouse(folder)
    rows = warehouse.settlements
    if region is not None:
        rows = rows.filter(_.region == region)
    if years is not None:
        rows = rows.filter(_.benefit_year.isin(list(years)))
    file = folder / EARNED_FILE
    engine = warehouse.settlements.get_backend()
    earned = engine.read_parquet(str(file), table_name="earned") if file.is_file() else None
    visits(replace(warehouse, settlements=rows), earned).to_parquet(target)
    return target
