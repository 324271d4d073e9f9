"""`yibao demo`: everything from an empty folder to a running platform with a played city."""

import contextlib
import signal
import sys
from typing import Annotated, Final

import typer
from django.conf import settings

from yibao.interfaces.commands.city import console, play_visits, show_mismatches, show_tables, warehouse_folder
from yibao.interfaces.commands.ports import free_port
from yibao.interfaces.commands.poverty import show_watch
from yibao.interfaces.commands.refusals import clear_refusals
from yibao.interfaces.commands.standing import (
    circulate_some_prescriptions,
    end_forgotten_server,
    lay_the_ground,
    pay_some_orders,
    running_database,
    see_some_online,
    served,
    stand_the_city,
    stand_the_sandbox,
)

PEOPLE: Final = 20_000
VISITS: Final = 2_400
QUICK_PEOPLE: Final = 1_500
QUICK_VISITS: Final = 120
CLIENTS: Final = 8


def demo(
    quick: Annotated[bool, typer.Option("--quick", help="A small city; report and exit.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Drop the database and begin anew.")] = False,
    seed: Annotated[int, typer.Option(help="What the city grows from.")] = 2026,
    region: Annotated[
        str | None,
        typer.Option(help="beijing (default), tianjin, shanghai, lishui or guangzhou: whose law and divisions."),
    ] = None,
    *,
    neighbour: Annotated[
        str | None,
        typer.Option(help="A second region, with hospitals of its own; default shanghai (beijing beside shanghai)."),
    ] = None,
    visits: Annotated[int | None, typer.Option(min=1, help="How many visits to play; default 2400, quick 120.")] = None,
) -> None:
    """Start the database, make a city, serve, play its visits through the gateway, report, and keep serving.

    A second run plays further visits of the same city. `--quick` ends with exit code 0 after the report, or 1 when an
    answer of the gateway was wrong.

    Examples: `yibao demo`, `yibao demo --fresh --region tianjin`, `yibao demo --quick`
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that what was started is stopped
    with clear_refusals(), running_database(stop=quick):
        end_forgotten_server()
        port = free_port(0 if quick else settings.PORT)
        lay_the_ground(fresh=fresh)
        people = QUICK_PEOPLE if quick else PEOPLE
        city = stand_the_city(seed=seed, people=people, region=region, neighbour=neighbour)
        if not quick:
            stand_the_sandbox(city)
        with served(port, is_sandbox=not quick) as server:
            url = f"http://127.0.0.1:{port}"
            tally = play_visits(visits=visits or (QUICK_VISITS if quick else VISITS), clients=CLIENTS, url=url)
            if not quick:
                pay_some_orders(city, url)
                see_some_online(city, url)
            circulate_some_prescriptions(city, url)
            _report()
            show_watch()
            show_mismatches(tally)
            if not quick:
                console.print(f"\n[bold]{url}/portal/[/bold]  参保人待遇测算 what would I pay")
                console.print(f"[bold]{url}/sandbox/[/bold]  联调沙箱 the sandbox of institutions' systems")
                console.print(f"[bold]{url}/[/bold]  服务中,按 Ctrl-C 结束 serving until Ctrl-C")
                with contextlib.suppress(KeyboardInterrupt):
                    server.wait()
    sys.exit(1 if tally.counts["mismatches"] else 0)


def _report() -> None:
    """The report of the city."""
    from yibao.city.report import make_report

    with console.status("汇总 asking the warehouse"):
        tables = make_report(warehouse_folder())
    show_tables(tables)
