"""`yibao benefits`: run cases from a file through the benefit kernel."""

import csv
import dataclasses
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

app = typer.Typer(help="Who pays what for a visit: run cases through the benefit kernel.", no_args_is_help=True)

SUFFIXES = (".json", ".csv", ".parquet")
EXAMPLE = "Example: yibao benefits settle --policy 110000/310 --on 2026-11-01 --cases cases.json --out results.json"

REFUSALS = {
    "benefits.broken_identity": "the total is not the sum of its four parts, or an amount is out of range",
    "benefits.unknown_component": "the policy declares no such part of the bill or balance of the account",
    "benefits.unknown_circumstance": "the policy knows no such care, level, status, place, age, ordinal or other circumstance",
    "benefits.unknown_accumulator": "the accumulator is not declared by the policy, or negative",
}


@app.callback()
def benefits() -> None:
    """Who pays what for a visit: run cases through the benefit kernel."""


@app.command(epilog=EXAMPLE)
def settle(
    policy: Annotated[str, typer.Option(help="Region and scheme, as 110000/310.")],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day whose law settles the cases.")],
    cases: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Cases: .json, .csv or .parquet.")],
    out: Annotated[Path, typer.Option(dir_okay=False, help="Results: .json (explained), .csv or .parquet.")],
) -> None:
    """Settle every case of a file by the law of a day and write the results.

    A case has the fields of `yibao.engines.benefits.BenefitCase`, amounts in fen (分); in CSV and Parquet the
    accumulators, extras and further balances are columns of JSON text. Cases stand alone: none changes the
    accumulators of another.
    """
    from yibao.core.errors import YibaoError
    from yibao.engines import benefits as engine
    from yibao.policies import load

    for path in (cases, out):
        if path.suffix not in SUFFIXES:
            _refuse(f"{path}: the name must end in {', '.join(SUFFIXES)}")
    region, _, scheme = policy.partition("/")
    try:
        law = load(region, scheme, on.date())
    except YibaoError as error:
        _refuse(f"{policy}: no sound policy is in force on {on.date()} ({error})")
    results = []
    for number, case in enumerate(_read(cases), start=1):
        try:
            results.append(engine.settle(law, case))
        except YibaoError as error:
            _refuse(f"{cases}: case {number}: {REFUSALS[error.code]} ({error})")
    _write(out, law, results)
    typer.echo(f"{len(results)} cases settled by {law.policy_id}, written to {out}")


def _refuse(message: str) -> NoReturn:
    """Say what is wrong and leave; nothing has been written."""
    typer.echo(message, err=True)
    raise typer.Exit(1)


def _read(path: Path) -> Iterator[Any]:
    """Read cases; a case that is none is refused with its place in the file."""
    import msgspec

    from yibao.engines.benefits import BenefitCase

    names = {field.name for field in dataclasses.fields(BenefitCase)}
    for number, row in enumerate(_rows(path), start=1):
        try:
            if not isinstance(row, dict):
                _refuse(f"{path}: case {number}: an object with named fields was expected")
            for column in ("accumulators", "extras", "further_balances"):
                if isinstance(row.get(column), str):
                    row[column] = json.loads(row[column] or ("[]" if column == "further_balances" else "{}"))
            unknown = set(row) - names
            if unknown:
                _refuse(f"{path}: case {number}: unknown field {', '.join(sorted(map(str, unknown)))}")
            yield msgspec.convert(row, BenefitCase, strict=path.suffix != ".csv")
        except (msgspec.ValidationError, json.JSONDecodeError) as error:
            _refuse(f"{path}: case {number}: {error}")


def _rows(path: Path) -> list[Any]:
    """Read the rows of a file by the ending of its name."""
    if path.suffix == ".json":
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            _refuse(f"{path}: no JSON: {error}")
        if not isinstance(rows, list):
            _refuse(f"{path}: a list of cases was expected")
        return rows
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return list(csv.DictReader(lines))
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return list(parquet.read_table(path).to_pylist())
    except pa.ArrowInvalid as error:
        _refuse(f"{path}: no Parquet file: {error}")


def _write(path: Path, law: Any, results: list[Any]) -> None:
    """Write results by the ending of the name: JSON with steps and explanations, tables with one column an amount."""
    if path.suffix == ".json":
        content = [_explained(law, result) for result in results]
        path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        return
    rows = [_flat(law, result) for result in results]
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, list(rows[0]) if rows else ["policy_id"])
            writer.writeheader()
            writer.writerows(rows)
        return
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.Table.from_pylist(rows), path)


def _amounts(result: Any) -> dict[str, int]:
    """Give the amounts of a result by name, in fen."""
    names = ("deductible_fen", "fund_fen", "person_fen", "account_fen", "cash_fen", "hospital_fen")
    return {name: getattr(result, name) for name in names}


def _explained(law: Any, result: Any) -> dict[str, Any]:
    """Write a result with its trace and its sentences."""
    from yibao.policies import explain, steps_to_plain

    steps = steps_to_plain(result.steps)
    return {
        "policy_id": result.policy_id,
        "funds": dict(result.funds),
        **_amounts(result),
        "accumulator_changes": dict(result.accumulator_changes),
        "steps": steps,
        "explanation": {"zh": explain(law, steps, "zh"), "en": explain(law, steps, "en")},
    }


def _flat(law: Any, result: Any) -> dict[str, Any]:
    """Write a result as one row: every fund of the policy has a column."""
    paid = dict(result.funds)
    return {
        "policy_id": result.policy_id,
        **_amounts(result),
        **{f"fund_{code}_fen": paid.get(code, 0) for code in law.funds},
        "accumulator_changes": json.dumps(dict(result.accumulator_changes)),
    }
