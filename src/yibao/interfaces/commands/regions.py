"""`yibao regions`: clearing between pooling regions (异地就医清算)."""

import sys
from datetime import datetime
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from yibao.interfaces.commands.prepared import prepare
from yibao.interfaces.commands.refusals import clear_refusals, leave, told

app = typer.Typer(help="Clearing between pooling regions. / 异地就医清算。", no_args_is_help=True)
_terminal = Console(highlight=False)
console = _terminal if _terminal.is_terminal else Console(highlight=False, width=200)
_STANDINGS: Final = {
    "drawn": "已生成 drawn up",
    "issued": "待确认 issued",
    "confirmed": "待拨付 confirmed",
    "paid": "待到账 paid",
    "received": "已到账 received",
}
_LEVELS: Final = {"none": "未预付 none", "fine": "正常 fine", "warning": "黄色预警 warning", "alarm": "红色预警 alarm"}


@app.command(name="close-month")
def close_month(
    month: Annotated[datetime, typer.Option(formats=["%Y-%m"], help="Month that is over, like 2026-10.")],
    by: Annotated[str, typer.Option(help="User name of an agency officer of the place of care.")],
) -> None:
    """Draw up what the officer's region claims for a month from every region whose insured were treated there.

    Another officer issues each statement in the office. A second run adds nothing.

    Example: `yibao regions close-month --month 2026-10 --by wang`
    """
    with clear_refusals():
        prepare()
        from yibao.core.money import format_yuan
        from yibao.interfaces.commands.city import BEIJING
        from yibao.workflows.clear_regions import draw_all

        drawn, left_out = draw_all(month=month.date(), member=_member(by), at=datetime.now(BEIJING))
        for statement in drawn:
            console.print(
                f"[green]✓[/green] {statement.pk}: {statement.care_region_id} ← {statement.enrolment_region_id}"
                f" {statement.month:%Y-%m}, {statement.lines:,} 笔 lines, {format_yuan(statement.amount_fen)} 元 yuan"
            )
        for _region, error in left_out:
            console.print("  " + " ".join(told(error)))


@app.command(name="list")
def list_statements(
    region: Annotated[str | None, typer.Option(help="Pooling region, on either side; all without it.")] = None,
) -> None:
    """List the clearing statements, and what is prepaid and owed between the regions.

    Examples: `yibao regions list`, `yibao regions list --region 310000`
    """
    with clear_refusals():
        prepare()
        from yibao.core.money import format_yuan
        from yibao.domains.interregional.queries import due_of, standing_of, statements
        from yibao.interfaces.commands.city import BEIJING
        from yibao.workflows.prepay_regions import prepaid_states

        table = _table(
            "清算单 clearing statements",
            (
                "编号 no.",
                "月份 month",
                "就医地 care",
                "参保地 enrolment",
                "笔数 lines",
                "金额 amount (元)",
                "状态 standing",
                "期限 due",
            ),
        )
        for row in statements(region=region):
            table.add_row(
                str(row.pk), f"{row.month:%Y-%m}", row.care_region_id, row.enrolment_region_id, f"{row.lines:,}",
                format_yuan(row.amount_fen), _STANDINGS[standing_of(row)], str(due_of(row) or ""),
            )  # fmt: skip
        console.print(table)
        table = _table(
            "预付金 prepaid funds",
            (
                "就医地 care",
                "参保地 enrolment",
                "险种 scheme",
                "现有 held (元)",
                "待清算 unpaid (元)",
                "使用率 used",
                "预警 level",
                "应有 should hold (元)",
            ),
        )
        for state in prepaid_states(today=datetime.now(BEIJING).date()):
            if region in {None, state.care_region, state.enrolment_region}:
                table.add_row(
                    state.care_region, state.enrolment_region, state.scheme, format_yuan(state.held_fen),
                    format_yuan(state.unpaid_fen), f"{state.use_ppm / 10_000:.0f} %", _LEVELS[state.level],
                    format_yuan(state.should_hold_fen),
                )  # fmt: skip
        console.print(table)


@app.command()
def verify() -> None:
    """Compare what the two ledgers of every pair of regions say they owe each other; exit code 1 when they differ.

    Example: `yibao regions verify`
    """
    with clear_refusals():
        prepare()
        from yibao.core.money import format_yuan
        from yibao.domains.interregional.queries import pair_balances

        pairs = pair_balances()
        table = _table(
            "两地账核对 both ledgers",
            (
                "就医地 care",
                "参保地 enrolment",
                "应收 claimed (元)",
                "应付 owed (元)",
                "所持预付 held (元)",
                "已预付 prepaid (元)",
                "",
            ),
        )
        for pair in pairs:
            table.add_row(
                pair.care_region, pair.enrolment_region, format_yuan(pair.claimed_fen), format_yuan(pair.owed_fen),
                format_yuan(pair.prepaid_held_fen), format_yuan(pair.prepaid_fen), "✓" if pair.agrees else "✗",
            )  # fmt: skip
        console.print(table)
    sys.exit(0 if all(pair.agrees for pair in pairs) else 1)


def _table(title: str, headings: tuple[str, ...]) -> Table:
    """An empty table."""
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _member(name: str) -> Any:
    """The member of staff behind a user name."""
    from yibao.domains.staff.models import StaffMember

    member = StaffMember.objects.select_related("user").filter(user__username=name, user__is_active=True).first()
    if member is None:
        leave(f"{name}: no such member of staff; see `yibao staff appoint`")
    return member
