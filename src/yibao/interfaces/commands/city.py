"""`yibao city`: make the synthetic city, play its visits through a gateway, report what came of it."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Final
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table as RichTable

from yibao.core.errors import YibaoError
from yibao.interfaces.commands.prepared import migrate, prepare
from yibao.interfaces.commands.refusals import clear_refusals
from yibao.interfaces.server import database

if TYPE_CHECKING:
    from yibao.city.make import City
    from yibao.city.report import Table
    from yibao.city.tally import Tally

app = typer.Typer(help="The synthetic city: make it, play it, report on it. / 虚拟城市。", no_args_is_help=True)
_terminal = Console(highlight=False)
console = _terminal if _terminal.is_terminal else Console(highlight=False, width=120)
BEIJING: Final = ZoneInfo("Asia/Shanghai")


class PlayedOutError(YibaoError):
    """Everyone's year has been played."""

    code: ClassVar[str] = "city.played_out"


def gateway_url() -> str:
    """Where the local server listens."""
    from django.conf import settings

    return f"http://{settings.ADDRESS}:{settings.PORT}"


def warehouse_folder() -> Path:
    """Where the facts lie."""
    return database.home() / "warehouse"


@app.command()
def make(
    seed: Annotated[int, typer.Option(help="What the city grows from; the same seed makes the same city.")] = 2026,
    people: Annotated[int, typer.Option(min=200, help="Number of people.")] = 20_000,
    region: Annotated[
        str, typer.Option(help="Pooling region: beijing, tianjin, shanghai, lishui or guangzhou.")
    ] = "beijing",
    neighbour: Annotated[
        str | None, typer.Option(help="A second region whose hospitals treat some of the city's people.")
    ] = None,
) -> None:
    """Make a city and found it in the database: people, institutions, catalogue, enrolments, accounts.

    Examples: `yibao city make --seed 7 --people 5000`, `yibao city make --region 天津 --neighbour beijing`
    """
    with clear_refusals():
        prepare()
        migrate()
        found(seed=seed, people=people, region=region, neighbour=neighbour)


def found(*, seed: int, people: int, region: str, neighbour: str | None = None) -> "City":
    """Load the reference data, found a city and show how it goes."""
    from yibao.city.founding import found_city
    from yibao.workflows.load_reference import load_reference

    now = datetime.now(BEIJING)
    with console.status("建城 founding") as status:
        load_reference(at=now)
        city = found_city(
            seed=seed,
            size=people,
            at=now,
            tell=lambda what: status.update(f"建城 founding: {what}"),
            region=region,
            neighbour=neighbour,
        )
    console.print(
        f"[green]✓[/green] 城市 city: {city.region.name} {city.region.key}, {city.population.size:,} 人 people, {len(city.providers)} 家机构 institutions,"
        f" {len(city.goods)} 个目录项目 items (seed {seed})"
    )
    return city


@app.command()
def play(
    visits: Annotated[int, typer.Option(min=1, help="Play whole years of people until this many visits.")] = 1000,
    clients: Annotated[int, typer.Option(min=1, max=256, help="Connections at once.")] = 8,
    url: Annotated[str | None, typer.Option(help="The gateway; default the local server.")] = None,
) -> None:
    """Play further visits of the city through a running gateway and check every answer.

    Example: `yibao serve &`, then `yibao city play --visits 500 --clients 16`
    """
    with clear_refusals():
        prepare()
        tally = play_visits(visits=visits, clients=clients, url=url or gateway_url())
    show_mismatches(tally)
    console.print(
        f"[green]✓[/green] {tally.counts['settled']:,} 笔结算 settled, {tally.settled_per_second:,.0f}/s,"
        f" p99 {tally.milliseconds(0.99):.0f} ms"
    )
    sys.exit(1 if tally.counts["mismatches"] else 0)


def play_visits(*, visits: int, clients: int, url: str) -> "Tally":
    """Reserve the next years, play them with a progress bar, keep the tally.

    :raises NoCityError: there is no city.
    :raises PlayedOutError: nobody's year is left.
    :raises GatewayAwayError: nothing answers.
    """
    from yibao.city.founding import NoCityError, standing_city
    from yibao.city.plan import Plan
    from yibao.city.player import play as play_batch
    from yibao.city.player import take
    from yibao.city.progress import next_place, reserve
    from yibao.city.report import keep_tally
    from yibao.city.wire import reach

    city = standing_city()
    if city is None:
        raise NoCityError
    reach(url)
    with console.status("排定就诊 planning visits"):
        batch = take(Plan(city), start=next_place(), visits=visits)
    if not batch.visits:
        raise PlayedOutError
    reserve(end=batch.end)
    columns = (
        TextColumn("就诊 visits"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("剩余 left"),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=not console.is_terminal) as progress:
        task = progress.add_task("visits", total=batch.visits)
        tally = play_batch(city, batch, url=url, clients=clients, tell=lambda done: progress.advance(task, done))
    keep_tally(tally)
    return tally


def show_mismatches(tally: "Tally") -> None:
    """Say loudly what did not agree."""
    if tally.counts["mismatches"]:
        loud = Console(stderr=True, highlight=False)
        loud.print(f"[bold white on red] {tally.counts['mismatches']} 处不符 MISMATCHES [/]")
        for sentence in tally.mismatches:
            loud.print(f"[red]✗ {sentence}[/red]", markup=True)


@app.command()
def report() -> None:
    """Show what the played city came to: achieved and published figures, payers, funds, the gateway's tallies.

    Example: `yibao city report`
    """
    with clear_refusals():
        prepare()
        from yibao.city.report import make_report

        with console.status("汇总 asking the warehouse"):
            tables = make_report(warehouse_folder())
    show_tables(tables)


def show_tables(tables: "Sequence[Table]") -> None:
    """Print the tables of a report."""
    for table in tables:
        shown = RichTable(title=table.title, title_justify="left", header_style="bold")
        for place, column in enumerate(table.columns):
            shown.add_column(column, justify="right" if place else "left", overflow="fold")
        for row in table.rows:
            shown.add_row(*row)
        console.print(shown)
