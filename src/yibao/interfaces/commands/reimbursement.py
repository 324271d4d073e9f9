"""`yibao reimbursement`: what waits for a decision, and what is overdue."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from yibao.interfaces.commands.prepared import prepare

app = typer.Typer(help="Reimbursement by hand: deadlines. / 手工(零星)报销:办理期限。", no_args_is_help=True)
_REGION = Annotated[str, typer.Option(help="Pooling region, for instance 110000.")]
_KIND = Annotated[str, typer.Option(help="by_hand (reimbursements) or maternity (claims).")]


@app.command(name="list")
def list_running(region: _REGION = "110000", kind: _KIND = "by_hand") -> None:
    """List the applications that are not ended, the most urgent first; persons are masked.

    Example: `yibao reimbursement list --region 110000`
    """
    _show(region, kind, only_late=False)


@app.command()
def overdue(region: _REGION = "110000", kind: _KIND = "by_hand") -> None:
    """List the applications past their deadline, the longest overdue first; exit 1 when there are any.

    Example: `yibao reimbursement overdue --kind maternity`
    """
    if _show(region, kind, only_late=True):
        sys.exit(1)


def _show(region: str, kind: str, *, only_late: bool) -> int:
    """Print a table; how many rows it has."""
    prepare()
    from django.utils.timezone import localdate

    from yibao.core.identity import mask
    from yibao.domains.claims.models import Application
    from yibao.domains.claims.queries import clock_of, overdue, running

    if kind not in Application.Kind.values:
        Console(stderr=True).print(f"[red]{', '.join(Application.Kind.values)}[/red]", highlight=False)
        sys.exit(2)
    today = localdate(datetime.now(UTC))
    found = running(Application.objects.filter(region_id=region, kind=kind).select_related("person"))
    shown = overdue(found, today=today) if only_late else list(found)
    table = Table("编号 number", "证件 document", "收件 received", "状态 state", "期限 due", "剩余工作日 days left")
    for application in shown:
        clock = clock_of(application, today=today)
        due = clock.due_on.isoformat() if clock.due_on else "未知 unknown" if clock.is_unknown else "停止 stopped"
        left = "[red]超期 overdue[/red]" if clock.late else str(clock.left or "")
        received = localdate(application.received_at).isoformat()
        table.add_row(
            str(application.pk), mask(application.person.document_number), received, application.state, due, left
        )
    Console().print(table)
    return len(shown)
