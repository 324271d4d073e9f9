"""`yibao orders`: mobile payment orders that wait, notices to institutions, faults of the test channel."""

from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from yibao.interfaces.commands.prepared import prepare
from yibao.interfaces.commands.refusals import clear_refusals

app = typer.Typer(help="Mobile payment orders. / 移动支付订单。", no_args_is_help=True)
console = Console(highlight=False)
ACTOR: Final = "yibao orders"


@app.command()
def resume() -> None:
    """Ask payment channels about every order that waits, close payments that took too long; `yibao serve` does so by itself.

    Example: `yibao orders resume`
    """
    with clear_refusals():
        prepare()
        from yibao.workflows.resume_mobile_orders import resume_orders

        console.print(f"已推进 moved on: {resume_orders(at=datetime.now(UTC)):,}")


@app.command()
def notify() -> None:
    """Post the notices (6302) that wait to institutions with an address; `yibao serve` does so by itself.

    Example: `yibao orders notify`
    """
    with clear_refusals():
        prepare()
        from yibao.interfaces.gateway.notifying import tell_institutions

        console.print(f"已送达 heard: {tell_institutions(at=datetime.now(UTC)):,}")


@app.command()
def fault(
    kind: Annotated[str, typer.Argument(help="decline, late, lost_before, lost_after, pending, repeat or paid_late.")],
    operation: Annotated[str, typer.Option(help="payment or refund; both without it.")] = "",
    institution: Annotated[str | None, typer.Option(help="Code of one institution; all without it.")] = None,
    seconds: Annotated[int, typer.Option(help="How long, of late, pending and paid_late.")] = 0,
    times: Annotated[int, typer.Option(help="How often; 0 for always.")] = 1,
) -> None:
    """Order a fault of the test channel, in a sandbox.

    Examples: `yibao orders fault decline`, `yibao orders fault pending --seconds 60 --operation payment --times 3`
    """
    with clear_refusals():
        prepare()
        from yibao.domains.institutions.queries import institution_with_code
        from yibao.domains.mobile_orders.rehearsing import order_channel_fault

        found = institution_with_code(institution) if institution else None
        if institution and found is None:
            raise typer.BadParameter(institution, param_hint="--institution")
        ordered = order_channel_fault(
            institution=found, operation=operation, kind=kind, seconds=seconds, times=times or None, actor=ACTOR,
            at=datetime.now(UTC),
        )  # fmt: skip
        console.print(f"已安排 ordered: {ordered.pk}")


@app.command()
def faults(
    end: Annotated[int | None, typer.Option(help="Call the fault of this number off.")] = None,
) -> None:
    """List the faults of the test channel that still strike, or call one off.

    Examples: `yibao orders faults`, `yibao orders faults --end 3`
    """
    with clear_refusals():
        prepare()
        from yibao.domains.mobile_orders.models import ChannelFault
        from yibao.domains.mobile_orders.rehearsing import end_channel_fault, striking_channel_faults

        if end is not None:
            end_channel_fault(fault_id=end, actor=ACTOR, at=datetime.now(UTC))
        table = Table("编号 no.", "故障 kind", "业务 operation", "机构 institution", "秒 seconds", "剩余 still to come")
        for row in striking_channel_faults(ChannelFault.objects.select_related("institution")):
            code = row.institution.code if row.institution else "*"
            left = "∞" if row.remaining is None else str(row.remaining)
            table.add_row(str(row.pk), row.kind, row.operation or "*", code, str(row.seconds), left)
        console.print(table)
