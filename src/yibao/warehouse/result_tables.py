"""Tables of results: what stands in each column and in which unit, so that every door shows the same figures in its own way."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

Unit = Literal["text", "count", "fen", "ppm"]
Value = str | int | None


@dataclass(frozen=True, slots=True)
class Words:
    """The same words in Chinese and English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in files, its heading, its unit (amounts in fen, shares in ppm)."""

    name: str
    heading: Words
    unit: Unit


@dataclass(frozen=True, slots=True)
class ResultTable:
    """A table with its key (the name of its file), title, columns and rows."""

    key: str
    title: Words
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a simulation found: what was asked, as name and text, and the tables."""

    facts: Mapping[str, str]
    tables: tuple[ResultTable, ...]

    def table(self, key: str) -> ResultTable:
        """One table."""
        return next(table for table in self.tables if table.key == key)


def write_parquet(simulation: Simulation, folder: Path) -> None:
    """Write each table as <key>.parquet, amounts in fen and shares in ppm, and the facts as facts.json."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in simulation.tables:
        kinds = [(c.name, pa.string() if c.unit == "text" else pa.int64()) for c in table.columns]
        columns = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
        arrays = [pa.array(list(values), kind) for values, (_, kind) in zip(columns, kinds, strict=True)]
        pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(kinds)), folder / f"{table.key}.parquet")
    (folder / "facts.json").write_text(json.dumps(dict(simulation.facts), ensure_ascii=False, indent=2) + "\n")


def keep(simulation: Simulation, path: Path) -> None:
    """Keep a simulation as one JSON file, written whole and then put in place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".writing")
    beside.write_text(json.dumps(plain(simulation), ensure_ascii=False), encoding="utf-8")
    beside.replace(path)


def read_kept(path: Path) -> Simulation:
    """Read a simulation that `keep` wrote."""
    return from_plain(json.loads(path.read_text(encoding="utf-8")))


def from_plain(content: Mapping[str, Any]) -> Simulation:
    """Read a simulation from what `plain` gave."""
    return Simulation(content["facts"], tuple(_table(each) for each in content["tables"]))


def plain(simulation: Simulation) -> dict[str, Any]:
    """A simulation as plain values, which JSON keeps."""
    return {
        "facts": dict(simulation.facts),
        "tables": [
            {
                "key": table.key,
                "title": _words(table.title),
                "columns": [{"name": c.name, "heading": _words(c.heading), "unit": c.unit} for c in table.columns],
                "rows": [list(row) for row in table.rows],
            }
            for table in simulation.tables
        ],
    }


def _words(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _table(content: Mapping[str, Any]) -> ResultTable:
    columns: Sequence[Mapping[str, Any]] = content["columns"]
    return ResultTable(
        content["key"],
        Words(**content["title"]),
        tuple(Column(c["name"], Words(**c["heading"]), c["unit"]) for c in columns),
        tuple(tuple(row) for row in content["rows"]),
    )
