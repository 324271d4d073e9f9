"""`yibao emergencies`: decisions in a major epidemic (重大疫情医疗保障)."""

from datetime import datetime
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from yibao.interfaces.commands.prepared import prepare
from yibao.interfaces.commands.refusals import clear_refusals

app = typer.Typer(help="Decisions in a major epidemic. / 重大疫情医疗保障决定。", no_args_is_help=True)
_terminal = Console(highlight=False)
console = _terminal if _terminal.is_terminal else Console(highlight=False, width=200)
_STANDINGS: Final = {
    "proposed": "待审批 proposed",
    "refused": "未批准 refused",
    "coming": "未开始 coming",
    "in_force": "生效 in force",
    "ended": "已终止 over",
}


@app.callback()
def _group() -> None:
    """Keep `list` a command of a group."""


@app.command(name="list")
def list_decisions(
    region: Annotated[str | None, typer.Option(help="Pooling region; all without it.")] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Where decisions stand on this day; today without it.")
    ] = None,
) -> None:
    """List decisions with their days, documents, officers, and what was settled and prepaid under each.

    Examples: `yibao emergencies list`, `yibao emergencies list --region 110000 --on 2023-01-15`
    """
    from yibao.core.money import format_yuan
    from yibao.domains.emergencies.queries import balances_of, decisions, last_day_of, standing_of
    from yibao.interfaces.commands.city import BEIJING

    with clear_refusals():
        prepare()
        day = (on or datetime.now(BEIJING)).date()
        table = Table(title=f"重大疫情医疗保障决定 emergency decisions, {day}", title_justify="left")
        for heading in (
            "编号 no.", "统筹区 region", "政策 law", "文件 document", "期间 days", "状态 standing", "提出 proposed",
            "审批 decided", "结算 settled", "预付余额 prepaid balance (元)",
        ):  # fmt: skip
            table.add_column(heading, overflow="fold")
        for row in decisions(region=region):
            approved_by = str(row.approval.decided_by.user) if hasattr(row, "approval") else ""
            table.add_row(
                str(row.pk), row.region_id, row.emergency, row.document,
                f"{row.valid_from} – {last_day_of(row) or '…'}", _STANDINGS[standing_of(row, day)],
                str(row.proposed_by.user), approved_by, f"{row.settlements.count():,}",
                format_yuan(sum(each.balance_fen for each in balances_of(row))),
            )  # fmt: skip
        console.print(table)
