"""`yibao benefits`: run cases from a file through the benefit kernel."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from yibao.interfaces.commands.refusals import choose_or_refuse

app = typer.Typer(help="Who pays what for a visit: run cases through the benefit kernel.", no_args_is_help=True)

EXAMPLES: Final = """\
Examples:

  yibao benefits settle --policy 110000/310@2026-11-01 --cases cases.json --out results.json

  yibao benefits settle --policy drafts/110000/310 --cases cases.csv --out results.parquet

cases.json:

  [{"care": "inpatient", "level": "tertiary", "status": "active", "age": 40, "ordinal": 1, "place": "local",
    "total_fen": 2000000, "full_self_pay_fen": 100000, "over_ceiling_fen": 0, "self_pay_first_fen": 100000,
    "in_scope_fen": 1800000, "account_balance_fen": 0, "account_used": false, "accumulators": {}}]
"""
_REASONS: Final[Mapping[str, str]] = {
    "benefits.broken_identity": "total_fen: the total is not the sum of its four parts, or an amount is out of range",
    "benefits.unknown_circumstance": "the policy knows no such care, level, status, place, age, ordinal or other "
    "circumstance",
    "benefits.unknown_component": "the policy declares no such part of the bill or balance of the account",
    "benefits.unknown_accumulator": "accumulators: not declared by the policy, or negative",
}


@app.callback()
def benefits() -> None:
    """Who pays what for a visit: run cases through the benefit kernel."""


@app.command(epilog=EXAMPLES)
def settle(
    policy: Annotated[
        str, typer.Option(help="The law: 110000/310@2026-11-01, 110000/310 with --on, or a scheme's folder.")
    ],
    cases: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Cases: .json, .csv or .parquet.")],
    out: Annotated[Path, typer.Option(dir_okay=False, help="Results: .json (explained), .csv or .parquet.")],
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day whose law settles, where no @day stands.")
    ] = None,
) -> None:
    """Settle every case of a file by the law of a day and write the results.

    A case has the fields of `yibao.engines.benefits.BenefitCase`, amounts in fen (分); in CSV and Parquet the
    accumulators, extras and further balances are columns of JSON text. Cases stand alone: none changes the accumulators of another. A row that
    cannot be settled is refused with file, line, field and reason, and then nothing is written.
    """
    from yibao.core.errors import YibaoError
    from yibao.engines import benefits as engine
    from yibao.interfaces.commands.case_files import SUFFIXES, count_cases, read_cases, results_file
    from yibao.interfaces.commands.waiting import watched

    for path in (cases, out):
        if path.suffix not in SUFFIXES:
            _refuse(f"{path}: the name must end in {', '.join(SUFFIXES)}")
    law = choose_or_refuse(policy, on.date() if on else None).policy
    settled = 0
    try:
        with results_file(out, law) as write:
            for placed in watched(read_cases(cases), what="结算 settling", total=count_cases(cases)):
                try:
                    write(engine.settle(law, placed.case))
                except YibaoError as error:
                    _refuse(f"{cases}: {placed.place}: {_reason(error, law, placed.case)}")
                settled += 1
    except YibaoError as error:
        facts = error.facts
        place = f"{facts['place']}: {facts['field']}: " if "place" in facts else ""
        _refuse(f"{facts['file']}: {place}{facts['reason']}")
    typer.echo(f"{settled} cases settled by {law.policy_id}, written to {out}")


def _reason(error: Any, law: Any, case: Any) -> str:
    """Say why a case cannot be settled, and which field it is where one alone is to blame."""
    if error.code == "benefits.unknown_circumstance":
        for field, known in law.index.items():
            value = getattr(case, field, None)
            if isinstance(value, str) and value not in known:
                return f"{field}: {value} is not among {', '.join(known)}"
    return f"{_REASONS[error.code]} ({error})"


def _refuse(message: str) -> NoReturn:
    """Say what is wrong and leave; nothing has been written."""
    typer.echo(message, err=True)
    raise typer.Exit(1)
