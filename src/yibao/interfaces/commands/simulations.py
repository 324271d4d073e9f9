"""`yibao simulations`: carry out what analysts asked for on the office's page, and see what waits."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from yibao.interfaces.commands.prepared import prepare
from yibao.interfaces.commands.refusals import clear_refusals
from yibao.interfaces.server import database

app = typer.Typer(
    help="Simulations that analysts asked for on the office's page. / 页面申请的政策模拟。", no_args_is_help=True
)
console = Console(highlight=False)


@app.command(epilog="Example: yibao simulations work --nice 10")
def work(
    nice: Annotated[int, typer.Option(min=0, max=19, help="How far this stands back behind other work.")] = 0,
) -> None:
    """Carry out everything that waits, the oldest first, one at a time in each region, and end.

    `yibao serve` does this by itself. Several may run at once, on several machines: nothing is carried out twice at a time,
    and what a worker left behind is taken up again.
    """
    os.nice(nice)
    with clear_refusals():
        prepare()
        from django.utils import timezone

        from yibao.workflows.carry_out_simulations import carry_out_waiting

        taken = carry_out_waiting(warehouse=database.home() / "warehouse", make_city=made_city, now=timezone.now)
    console.print(f"模拟 simulations: {taken}")


@app.command(name="list", epilog="Example: yibao simulations list --region 110000")
def show(region: Annotated[str | None, typer.Option(help="Pooling region, as 110000; all without it.")] = None) -> None:
    """List the simulations that were asked for, the newest first, with how far each is."""
    with clear_refusals():
        prepare()
        from yibao.domains.simulations.models import SimulationRequest

        found = SimulationRequest.objects.select_related("run").defer("files")
        rows = list(found.filter(region_id=region) if region else found)
    table = Table()
    for heading in (
        "模拟 simulation",
        "地区 region",
        "名称 title",
        "现行 base",
        "方案 reform",
        "状态 state",
        "次数 visits",
    ):
        table.add_column(heading, overflow="fold")
    for row in rows:
        progress = f"{row.run.visits_done:,}/{row.run.visits_total:,}"
        table.add_row(str(row.pk), row.region_id, row.title, row.base, row.reform, row.run.state, progress)
    console.print(table)


def made_city(path: Path, *, seed: int, visits: int, year: int, scheme: str, region: str) -> int:
    """Write the visits of a made city."""
    from yibao.city.bulk_visits import write_visits

    return write_visits(path, seed=seed, visits=visits, year=year, scheme=scheme, region=region)
