"""`yibao simulate`: what a change of law does to everyone: funds, persons, shares, institutions."""

import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table as RichTable

from yibao.core.money import PPM, NotAnAmountError, divide_half_up, format_scaled, format_yuan, parse_scaled
from yibao.interfaces.commands.refusals import choose_or_refuse, clear_refusals, leave
from yibao.interfaces.server import database

if TYPE_CHECKING:
    from yibao.policies.law import Law
    from yibao.warehouse.result_tables import ResultTable, Simulation

EXAMPLES: Final = """\
Examples:

  yibao simulate --base 110000/390@2019-12-31 --reform 110000/390@2020-01-01 --on city:2026

  yibao simulate --base 110000/310@2026-11-01 --reform drafts/110000/310 --on .yibao/warehouse --out report.xlsx

  yibao simulate --base 110000/310 --reform drafts/110000/310 --day 2026-11-01 --on visits.parquet --out tables.parquet --keep draft-1
"""
CITY: Final = "city:"
_SHOWN_ROWS: Final = 20
_terminal = Console(highlight=False)
console = _terminal if _terminal.is_terminal else Console(highlight=False, width=180)


def simulate(  # noqa: PLR0917  # Typer's options come by name
    base: Annotated[
        str, typer.Option(help="The law in force: 110000/310@2026-11-01, 110000/310, or a scheme's folder.")
    ],
    reform: Annotated[str, typer.Option(help="The law it is held against, named in the same way.")],
    on: Annotated[
        str,
        typer.Option(help="Whose visits: city:SEED (made up), a warehouse folder, a Parquet file or a folder of them."),
    ],
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day of the law where no @day stands.")
    ] = None,
    visits: Annotated[int, typer.Option(min=1, help="How many visits a city:SEED makes.")] = 1_000_000,
    income: Annotated[
        str, typer.Option(help="Income of a year in yuan to which spending is held; the default is ours.")
    ] = "41314.00",
    catastrophic: Annotated[
        str, typer.Option(help="Own spending beyond this share of the income is catastrophic; the default is ours.")
    ] = "0.4",
    out: Annotated[
        list[Path] | None,
        typer.Option(help="Write the tables: report.xlsx, or a folder name.parquet; may be repeated."),
    ] = None,
    keep: Annotated[str | None, typer.Option(help="Keep the result under this name for the office's page.")] = None,
) -> None:
    """Settle everybody's visits under two laws and show what differs: by layer and fund, for whom, for which institutions.

    The visits are those of the base law's scheme; each person's year begins with nothing accumulated. Amounts stay whole
    fen throughout. Columns of a Parquet file: `yibao.warehouse.visits.VISITS`.
    """
    from yibao.workflows.simulate_reform import Question
    from yibao.workflows.simulate_reform import simulate as run

    for path in out or ():
        if path.suffix not in {".xlsx", ".parquet"}:
            leave(f"{path}: the name must end in .xlsx or .parquet")
    if keep is not None and not is_name(keep):
        leave(f"{keep}: a name is made of letters, digits, - and _")
    on_day = day.date() if day else None
    laws = choose_or_refuse(base, on_day), choose_or_refuse(reform, on_day)
    income_fen = _amount("--income", income, decimals=2, most=10**12)
    share_ppm = _amount("--catastrophic", catastrophic, decimals=6, most=100 * PPM)
    with clear_refusals(), tempfile.TemporaryDirectory(prefix="yibao-") as folder:
        files = _files(on, Path(folder), visits=visits, law=laws[0].law)
        question = Question(
            base=laws[0], reform=laws[1], files=files, workplace=Path(folder), income_fen=income_fen,
            catastrophic_share_ppm=share_ppm,
        )  # fmt: skip
        began = time.monotonic()
        simulation = _watched(files, lambda tell: run(question, tell=tell))
        seconds = time.monotonic() - began
    for table in simulation.tables:
        show(table)
    facts = simulation.facts
    console.print(
        f"{facts['base']} → {facts['reform']}: {int(facts['visits']):,} 次就诊 visits,"
        f" {int(facts['persons']):,} 人年 persons' years, {seconds:.1f} s"
    )
    _write(simulation, out or [], keep)


def is_name(text: str) -> bool:
    """Say whether a text may name a kept simulation."""
    return 0 < len(text) <= 60 and all(sign.isalnum() or sign in "-_" for sign in text)


def simulations_folder() -> Path:
    """Where kept simulations lie."""
    return database.home() / "simulations"


def _amount(option: str, text: str, *, decimals: int, most: int) -> int:
    """Read a number of the command line as whole units."""
    try:
        amount = parse_scaled(text, decimals=decimals)
    except NotAnAmountError:
        leave(f"{option} {text}: a number with at most {decimals} decimals was expected")
    if not 0 <= amount <= most:
        leave(f"{option} {text}: out of range")
    return amount


def _files(on: str, folder: Path, *, visits: int, law: "Law") -> list[Path]:
    """The files of visits that --on stands for; what is made or drawn out lies in `folder`."""
    from yibao.warehouse.visit_facts import holds_facts, write_visits_of
    from yibao.warehouse.visits import files_of

    if on.startswith(CITY):
        from yibao.city.bulk_visits import write_visits

        seed = on.removeprefix(CITY)
        if not seed.isdigit():
            leave(f"{on}: write city:SEED, as city:2026")
        made = folder / "city.parquet"
        with console.status(f"建虚拟城市 making a synthetic city (seed {seed})"):
            write_visits(made, seed=int(seed), visits=visits, scheme=law.scheme.scheme, region=law.scheme.region)
        return [made]
    place = Path(on)
    if place.is_dir() and holds_facts(place):
        with console.status("读取数据仓库 reading the warehouse"):
            return [write_visits_of(place, folder / "standing.parquet", region=law.scheme.region)]
    return files_of(place)


def _watched(files: list[Path], run: "Callable[[Callable[[int], None]], Simulation]") -> "Simulation":
    """Run with a bar that shows how many visits are done."""
    from yibao.interfaces.commands.waiting import progress_bar
    from yibao.warehouse.visits import count_visits

    with progress_bar() as bar:
        task = bar.add_task("模拟 simulating", total=count_visits(files))
        return run(lambda done: bar.advance(task, done))


def show(table: "ResultTable") -> None:
    """Print a table; of a long one the first rows."""
    shown = RichTable(title=f"{table.title.zh} {table.title.en}", title_justify="left", header_style="bold")
    for column in table.columns:
        justify: Any = "left" if column.unit == "text" else "right"
        shown.add_column(f"{column.heading.zh}\n{column.heading.en}", justify=justify, overflow="fold")
    for row in table.rows[:_SHOWN_ROWS]:
        shown.add_row(*(said(value, column.unit) for value, column in zip(row, table.columns, strict=True)))
    console.print(shown)
    if len(table.rows) > _SHOWN_ROWS:
        console.print(f"… {len(table.rows) - _SHOWN_ROWS:,} 行未显示 more rows: --out report.xlsx")


def said(value: str | int | None, unit: str) -> str:
    """Write one value in its unit."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if unit == "fen":
        return format_yuan(value)
    if unit == "ppm":
        return f"{format_scaled(divide_half_up(value, 100), decimals=2)}%"
    return f"{value:,}"


def _write(simulation: "Simulation", paths: list[Path], name: str | None) -> None:
    """Write what was asked for, and say where it lies."""
    from yibao.interfaces.office.simulation_workbook import write_workbook
    from yibao.warehouse.result_tables import keep, write_parquet

    for path in paths:
        if path.suffix == ".xlsx":
            write_workbook(simulation, path)
        else:
            write_parquet(simulation, path)
        console.print(f"[green]✓[/green] {path}")
    if name is not None:
        keep(simulation, simulations_folder() / f"{name}.json")
        console.print(f"[green]✓[/green] 经办页面 office page: /simulations/{name}")
