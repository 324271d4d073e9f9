"""Facts as Parquet files: one part for every range of settlement numbers, written whole and then put in place."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

RANGE: Final = 50_000
"""Settlement numbers in one part. A number may be committed after higher ones, so the last two parts are always
written anew; nothing stays in flight for as long as a whole part takes to fill."""

_TEXT = pa.dictionary(pa.int32(), pa.string())
_FEN: Final = (
    "total_fen", "full_self_pay_fen", "over_ceiling_fen", "self_pay_first_fen", "in_scope_fen", "deductible_fen",
    "fund_fen", "person_fen", "account_fen", "cash_fen", "hospital_fen",
)  # fmt: skip
SETTLEMENTS: Final = pa.schema([
    ("id", pa.int64()), ("kind", _TEXT), ("settled_at", pa.timestamp("us", tz="UTC")), ("benefit_year", pa.int16()),
    ("visit_id", pa.int64()), ("person_id", pa.int64()), ("institution_id", pa.int64()), ("level", _TEXT),
    ("care", _TEXT), ("medical_type", _TEXT), ("began_on", pa.date32()), ("days", pa.int32()), ("scheme", _TEXT),
    ("status_group", _TEXT), ("sex", _TEXT), ("age", pa.int16()), *((name, pa.int64()) for name in _FEN),
    ("place", _TEXT), ("reverses_id", pa.int64()), ("uses_account", pa.bool_()), ("balance_after_fen", pa.int64()), ("region", _TEXT),
])  # fmt: skip
FUND_AMOUNTS: Final = pa.schema([
    ("settlement_id", pa.int64()), ("fund", _TEXT), ("amount_fen", pa.int64()), ("scheme", _TEXT), ("care", _TEXT),
    ("began_on", pa.date32()),
])  # fmt: skip
EARNED: Final = pa.schema([("person_id", pa.int64()), ("benefit_year", pa.int16()), ("earned_raise_fen", pa.int64())])
"""What a person's years had earned for a year's cap (参保激励), before its ceiling."""
EARNED_FILE: Final = "earned.parquet"
COLUMNS: Final = (*SETTLEMENTS.names, "fund_codes", "fund_amounts_fen")
"""What a row of facts holds, in this order."""


def parts_to_write(folder: Path, *, highest_id: int) -> list[int]:
    """Which parts are missing or may still grow, given the highest settlement number."""
    last = max(0, highest_id - 1) // RANGE
    return [part for part in range(last + 1) if part >= last - 1 or not _file(folder, "settlements", part).exists()]


def bounds(part: int) -> tuple[int, int]:
    """The settlement numbers of a part: above the first, up to the second."""
    return part * RANGE, (part + 1) * RANGE


def write_part(folder: Path, part: int, rows: Iterable[Sequence[Any]]) -> int:
    """Write one part of settlements and of fund amounts; rows hold COLUMNS. Returns the number of settlements."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    amounts = [
        {
            "settlement_id": row["id"],
            "fund": fund,
            "amount_fen": amount_fen,
            "scheme": row["scheme"],
            "care": row["care"],
            "began_on": row["began_on"],
        }
        for row in kept
        for fund, amount_fen in zip(row["fund_codes"], row["fund_amounts_fen"], strict=True)
    ]
    _put(_file(folder, "fund_amounts", part), pa.Table.from_pylist(amounts, schema=FUND_AMOUNTS))
    _put(_file(folder, "settlements", part), pa.Table.from_pylist(kept, schema=SETTLEMENTS))
    return len(kept)


def write_earned(folder: Path, rows: Iterable[tuple[int, int, int]]) -> None:
    """Write what was earned, a row (person, benefit year, fen) each, in place of what stood there."""
    table = pa.Table.from_pylist([dict(zip(EARNED.names, row, strict=True)) for row in rows], schema=EARNED)
    _put(folder / EARNED_FILE, table)


def forget_other_history(folder: Path, *, origin: str) -> None:
    """Remove parts that were written from another database, or with other columns: `origin` tells histories apart."""
    marker = folder / "origin.json"
    written = {"origin": origin, "columns": list(COLUMNS)}
    if marker.exists() and json.loads(marker.read_text()) == written:
        return
    for path in folder.glob("*.parquet"):
        path.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps(written))


def _file(folder: Path, name: str, part: int) -> Path:
    """Where a part of a table lies."""
    return folder / f"{name}-{part:06d}.parquet"


def _put(path: Path, table: pa.Table) -> None:
    """Write beside the place and move there, so that a reader sees the old or the new."""
    beside = path.with_suffix(".writing")
    pq.write_table(table, beside, compression="zstd")
    beside.replace(path)
