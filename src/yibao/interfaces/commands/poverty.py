"""`yibao poverty`: the watch against poverty caused by illness (因病致贫返贫监测)."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from yibao.interfaces.commands.prepared import prepare
from yibao.interfaces.commands.refusals import clear_refusals

app = typer.Typer(help="Watch who may become poor by illness. / 因病致贫返贫监测。", no_args_is_help=True)
console = Console()


@app.command()
def watch(
    region: Annotated[
        str | None, typer.Option(help="Pooling region; all that have a law of the watch without it.")
    ] = None,
    year: Annotated[
        int | None, typer.Option(min=2000, max=2999, help="Benefit year; this year and the last without it.")
    ] = None,
) -> None:
    """List everyone who crossed a threshold of yearly out-of-pocket cost and is not listed yet; meant to run daily.

    A second run lists nobody twice. The lists stand in the office under "Poverty watch".

    Examples: `yibao poverty watch`, `yibao poverty watch --region 110000 --year 2026`
    """
    with clear_refusals():
        prepare()
        show_watch(region=region, year=year)


@app.command()
def law(
    region: Annotated[str, typer.Argument(help="Pooling region, for instance 110000.")],
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day whose law is shown; today without it.")
    ] = None,
) -> None:
    """Show a region's thresholds as they hold on a day, with their sources and trust marks.

    Example: `yibao poverty law 110000 --on 2026-11-01`
    """
    from yibao.core.money import format_yuan
    from yibao.interfaces.commands.city import BEIJING
    from yibao.policies.poverty_watch import load_watch

    with clear_refusals():
        watched = load_watch(region, (on or datetime.now(BEIJING)).date())
    table = Table(title=f"{watched.title.zh} / {watched.title.en}", show_lines=True)
    for heading in ("threshold", "signal", "group", "limit (yuan)", "figures"):
        table.add_column(heading, overflow="fold")
    for limit in watched.limits:
        figures = "\n".join(
            f"{figure.clause}: {figure.value} {figure.unit} ({figure.trust}) {figure.note}" for figure in limit.figures
        )
        group = watched.groups[limit.group]
        table.add_row(
            f"{limit.title.zh}\n{limit.title.en}",
            limit.signal,
            f"{group.zh}\n{group.en}",
            format_yuan(limit.limit_fen),
            figures,
        )
    console.print(table)


def show_watch(*, region: str | None = None, year: int | None = None) -> int:
    """Run the watch and print what it came to; gives the number of persons newly listed."""
    from yibao.interfaces.commands.city import BEIJING
    from yibao.policies.poverty_watch import watched_regions
    from yibao.workflows.watch_poverty import watch_poverty

    now = datetime.now(BEIJING)
    newly = 0
    for each in (region,) if region else watched_regions():
        for benefit_year in (year,) if year else (now.year - 1, now.year):
            run = watch_poverty(region=each, year=benefit_year, at=now)
            newly += len(run.listed)
            if run.burdened:
                console.print(
                    f"[green]✓[/green] 因病致贫监测 poverty watch {each} {benefit_year}: 达到最低标准 over the lowest limit"
                    f" {run.burdened}, 新列入 newly listed {len(run.listed)}",
                    highlight=False,
                )
    console.print(f"[green]✓[/green] 因病致贫监测 poverty watch: 新列入 newly listed {newly}", highlight=False)
    return newly
