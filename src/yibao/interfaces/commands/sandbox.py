"""`yibao sandbox`: a small city with test persons, an access point for every scheme of signing, and the console to watch it."""

import contextlib
import json
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from django.conf import settings

from yibao.interfaces.commands.city import BEIJING, console
from yibao.interfaces.commands.ports import free_port
from yibao.interfaces.commands.prepared import prepare
from yibao.interfaces.commands.refusals import clear_refusals
from yibao.interfaces.commands.standing import (
    end_forgotten_server,
    lay_the_ground,
    pay_some_orders,
    running_database,
    served,
    stand_the_city,
    stand_the_sandbox,
)

if TYPE_CHECKING:
    from yibao.domains.sandbox.models import Fault

PEOPLE: Final = 2_000
EXAMPLES: Final = (
    "Examples: `yibao sandbox`, `yibao sandbox --fresh --region guangzhou`, "
    "`yibao sandbox fault --kind lost_after --infno 2207`, `yibao sandbox acceptance H11010590001`"
)
app = typer.Typer(
    help="A sandbox for the systems of hospitals and pharmacies. / 联调沙箱。",
    invoke_without_command=True,
    epilog=EXAMPLES,
)


@app.callback()
def start(
    context: typer.Context,
    fresh: Annotated[bool, typer.Option("--fresh", help="Drop the database and begin anew.")] = False,
    seed: Annotated[int, typer.Option(help="What the city grows from.")] = 2026,
    people: Annotated[int, typer.Option(min=200, help="Number of people beside the test persons.")] = PEOPLE,
    region: Annotated[
        str | None,
        typer.Option(help="beijing (default), tianjin, shanghai, lishui or guangzhou: whose law and divisions."),
    ] = None,
) -> None:
    """A sandbox for the systems of hospitals and pharmacies (联调沙箱): it starts, and serves until it is stopped.

    It starts the database, makes a small city with test persons, and opens an access point for every scheme of signing.

    The console at /sandbox/ shows the keys, every message as it arrives, faults on demand and acceptance reports. A
    second run goes on where the first ended.

    Examples: `yibao sandbox`, `yibao sandbox --fresh --region guangzhou`
    """
    if context.invoked_subcommand is not None:
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that what was started is stopped
    with clear_refusals(), running_database(stop=False):
        end_forgotten_server()
        port = free_port(settings.PORT)
        lay_the_ground(fresh=fresh)
        city = stand_the_city(seed=seed, people=people, region=region)
        stand_the_sandbox(city)
        with served(port, is_sandbox=True) as server:
            url = f"http://127.0.0.1:{port}"
            _admit(url)
            pay_some_orders(city, url)
            _say_where(url)
            with contextlib.suppress(KeyboardInterrupt):
                server.wait()


def _admit(url: str) -> None:
    """Bring the test person who lies in hospital there, through the gateway as a hospital does."""
    from yibao.city.founding import standing_city
    from yibao.city.sandbox_stay import admit

    city = standing_city()
    if city is not None:
        admit(city, url=url, at=datetime.now(BEIJING))


def _say_where(url: str) -> None:
    """Print the addresses and a first command that works."""
    from yibao.domains.messages.models import AccessPoint
    from yibao.domains.sandbox.queries import listed_persons
    from yibao.interfaces.console.home import first_command

    console.print(f"\n[bold]{url}/sandbox/[/bold]  控制台 console: 密钥、报文、测试人员、故障、验收")
    for point in AccessPoint.objects.filter(is_open=True):
        console.print(f"  {url}{point.path_prefix}  {point.name} ({point.scheme})")
    unsigned = AccessPoint.objects.filter(scheme="none", is_open=True).first()
    if unsigned is not None and listed_persons().exists():
        console.print("\n第一条报文 a first message:")
        print(first_command(unsigned, base=url))  # noqa: T201  # to be copied as it is
    console.print("\n按 Ctrl-C 结束 serving until Ctrl-C")


@app.command()
def fault(
    *,
    kind: Annotated[
        str,
        typer.Option(
            help="late, lost_after, lost_before, error_500, error_500_after, signature, damaged or busy.",
        ),
    ],
    access_point: Annotated[
        str, typer.Option(help="URL prefix of the access point; default the first without a scheme.")
    ] = "",
    institution: Annotated[str, typer.Option(help="Code of the institution; empty: all.")] = "",
    infno: Annotated[str, typer.Option(help="Transaction; empty: all.")] = "",
    seconds: Annotated[int, typer.Option(min=0, help="How late the answer comes; for late only.")] = 0,
    times: Annotated[int, typer.Option(min=0, help="How often it strikes; 0: always.")] = 1,
) -> None:
    """Order a fault for the messages of an access point of the running sandbox.

    Example: `yibao sandbox fault --kind late --seconds 40 --infno 2207 --times 3`
    """
    with clear_refusals():
        prepare()
        from yibao.domains.institutions.models import Institution
        from yibao.domains.messages.models import AccessPoint
        from yibao.domains.sandbox.operations import UnknownFaultPlaceError, order_fault

        points = AccessPoint.objects.filter(is_open=True)
        point = (points.filter(path_prefix=access_point) if access_point else points.filter(scheme="none")).first()
        house = Institution.objects.filter(code=institution).first() if institution else None
        if point is None or (institution and house is None):
            raise UnknownFaultPlaceError(access_point=access_point, institution=institution)
        ordered = order_fault(
            access_point=point,
            institution=house,
            infno=infno,
            kind=kind,
            seconds=seconds,
            times=times or None,
            actor="command line",
            at=datetime.now(BEIJING),
        )
    _show(ordered)


@app.command()
def faults() -> None:
    """List the faults that strike.

    Example: `yibao sandbox faults`
    """
    prepare()
    from yibao.domains.sandbox.models import Fault
    from yibao.domains.sandbox.queries import striking

    found = list(striking(Fault.objects.select_related("access_point", "institution").all()))
    for one in found:
        _show(one)
    if not found:
        console.print("没有生效的故障 no fault strikes")


@app.command()
def unfault(number: Annotated[int, typer.Argument(help="Number of the fault, as `faults` lists it.")]) -> None:
    """Call a fault off.

    Example: `yibao sandbox unfault 3`
    """
    with clear_refusals():
        prepare()
        from yibao.domains.sandbox.operations import end_fault

        end_fault(fault_id=number, actor="command line", at=datetime.now(BEIJING))
    console.print(f"[green]✓[/green] 已取消 called off: {number}")


@app.command()
def persons() -> None:
    """Print the test persons as JSON: numbers, vouchers, what to expect.

    Example: `yibao sandbox persons > persons.json`
    """
    prepare()
    from dataclasses import asdict

    from yibao.domains.sandbox.queries import listed_persons
    from yibao.interfaces.console.persons import person_rows

    print(json.dumps([asdict(row) for row in person_rows(listed_persons())], ensure_ascii=False, indent=2))  # noqa: T201  # data


@app.command()
def acceptance(
    institution: Annotated[str, typer.Argument(help="Code of the institution.")],
    kind: Annotated[str, typer.Option(help="pharmacy, clinic, hospital_1 or hospital_2; default what it is.")] = "",
    pdf: Annotated[Path | None, typer.Option(help="Write the report as PDF to this file.")] = None,
) -> None:
    """Judge what an institution's system has performed so far, and print the judgement as JSON.

    Ends with exit code 0 when it is passed, else 1.

    Example: `yibao sandbox acceptance H11010590001 --pdf report.pdf`
    """
    with clear_refusals():
        prepare()
        from yibao.interfaces.console.acceptance import judged_report

        content, printed = judged_report(institution_code=institution, kind=kind, is_printed=pdf is not None)
        if pdf is not None:
            pdf.write_bytes(printed)
    print(json.dumps(content, ensure_ascii=False, indent=2))  # noqa: T201  # data
    sys.exit(0 if content["judgement"]["is_passed"] else 1)


def _show(one: "Fault") -> None:
    """One line for a fault."""
    whom = one.institution.code if one.institution else "*"
    left = "∞" if one.times is None else f"{one.remaining}/{one.times}"
    late = f" {one.seconds} s" if one.seconds else ""
    console.print(f"{one.pk}  {one.kind}{late}  {one.access_point.path_prefix}  {whom}  {one.infno or '*'}  {left}")
