"""Questions to the facts as Ibis expressions: DuckDB answers them here, a cluster could answer the same ones.

Counts are net: a reversal takes away what it reverses. Amounts of answers are in fen, shares between 0 and 1.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ibis
from ibis import _

AGE_BANDS: Final = (18, 35, 50, 60, 70, 80)


@dataclass(frozen=True, slots=True)
class Warehouse:
    """The two tables of facts, see `facts.SETTLEMENTS` and `facts.FUND_AMOUNTS`."""

    settlements: Any
    fund_amounts: Any


def open_warehouse(folder: Path) -> Warehouse:
    """Open the facts in a folder with DuckDB in this process."""
    engine = ibis.duckdb.connect()
    return Warehouse(
        settlements=engine.read_parquet(str(folder / "settlements-*.parquet"), table_name="settlements"),
        fund_amounts=engine.read_parquet(str(folder / "fund_amounts-*.parquet"), table_name="fund_amounts"),
    )


def rows(expression: Any) -> list[dict[str, Any]]:
    """The answer to a question, a mapping for each row."""
    answer: list[dict[str, Any]] = expression.to_pyarrow().to_pylist()
    return answer


def _signed(settlements: Any) -> Any:
    """The settlements with a column `sign`: -1 for reversals, 1 for the others."""
    return settlements.mutate(sign=(_.kind == "reversal").ifelse(-1, 1))


def _sums() -> dict[str, Any]:
    """Net number of settlements and sums of who paid, as named columns."""
    return {
        "settlements": _.sign.sum(),
        "total_fen": _.total_fen.sum(),
        "fund_fen": _.fund_fen.sum(),
        "account_fen": _.account_fen.sum(),
        "cash_fen": _.cash_fen.sum(),
        "hospital_fen": _.hospital_fen.sum(),
        "in_catalogue_fen": (_.total_fen - _.full_self_pay_fen).sum(),
    }


def by_scheme_and_care(warehouse: Warehouse) -> Any:
    """How many settlements, at what mean cost, paid by whom, for each scheme and kind of care (medical category)."""
    grouped = _signed(warehouse.settlements).group_by(["scheme", "care", "medical_type"]).aggregate(**_sums())
    return (
        grouped.filter(_.settlements > 0)
        .mutate(mean_fen=_.total_fen / _.settlements)
        .order_by(["scheme", "care", "medical_type"])
    )


def fund_payments_by_month(warehouse: Warehouse) -> Any:
    """What each fund paid for care of each month."""
    months = warehouse.fund_amounts.mutate(month=_.began_on.strftime("%Y-%m"))
    return months.group_by(["fund", "month"]).aggregate(amount_fen=_.amount_fen.sum()).order_by(["fund", "month"])


def out_of_pocket_by_age(warehouse: Warehouse) -> Any:
    """The person's own share (account and cash, 个人负担) by age band and scheme; `age_from` names the band."""
    bands = ibis.cases(*[(_.age >= edge, edge) for edge in reversed(AGE_BANDS)], else_=0)
    banded = _signed(warehouse.settlements).mutate(age_from=bands)
    grouped = banded.group_by(["scheme", "age_from"]).aggregate(**_sums())
    return (
        grouped.filter(_.total_fen > 0)
        .mutate(
            own_share=(_.account_fen + _.cash_fen) / _.total_fen.cast("float64"),
            cash_share=_.cash_fen / _.total_fen.cast("float64"),
        )
        .order_by(["scheme", "age_from"])
    )


def admissions_by_level(warehouse: Warehouse) -> Any:
    """Admissions, mean cost, mean stay and the funds' share of in-catalogue cost, by scheme and level of hospital."""
    stays = _signed(warehouse.settlements).filter(_.care == "inpatient")
    grouped = stays.group_by(["scheme", "level"]).aggregate(**_sums(), days=(_.days * _.sign).sum())
    return (
        grouped.filter(_.settlements > 0)
        .mutate(
            mean_fen=_.total_fen / _.settlements,
            mean_days=_.days / _.settlements,
            fund_share=_.fund_fen / _.in_catalogue_fen.cast("float64"),
        )
        .order_by(["scheme", "level"])
    )


def admissions(warehouse: Warehouse) -> Any:
    """Admissions, mean stay and the funds' share of in-catalogue cost, by scheme."""
    stays = _signed(warehouse.settlements).filter(_.care == "inpatient")
    grouped = stays.group_by("scheme").aggregate(**_sums(), days=(_.days * _.sign).sum())
    return (
        grouped.filter(_.settlements > 0)
        .mutate(mean_days=_.days / _.settlements, fund_share=_.fund_fen / _.in_catalogue_fen.cast("float64"))
        .order_by("scheme")
    )
