"""`yibao reconcile`: an institution's file of its settlements against what stands here (对账)."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from yibao.interfaces.commands.prepared import prepare
from yibao.interfaces.commands.refusals import clear_refusals, leave

if TYPE_CHECKING:
    from yibao.workflows.reconcile import DetailsCompared

ROWS_SHOWN: Final = 20
_DAY: Final = ["%Y-%m-%d"]
EXAMPLES: Final = (
    "yibao reconcile october.zip --institution H11010100001 --from 2026-10-01 --until 2026-10-31\n\n"
    "yibao reconcile today.csv --institution P11010100001 --from 2026-11-22 --until 2026-11-22 --clearing-type 41"
)


def reconcile(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="The file: text with tabs, CSV, Excel, or a ZIP with one."),
    ],
    institution: Annotated[str, typer.Option(help="Code of the institution, for instance H11010100001.")],
    first: Annotated[datetime, typer.Option("--from", formats=_DAY, help="First day of settling.")],
    last: Annotated[datetime, typer.Option("--until", formats=_DAY, help="Last day of settling, included.")],
    clearing_type: Annotated[str, typer.Option(help="11 outpatient, 21 inpatient, 41 pharmacy; all without it.")] = "",
) -> None:
    """Hold an institution's file against the settlements here: each difference with its cause and what mends it.

    Columns without a heading: setl_id, mdtrt_id, psn_no, medfee_sumamt, fund_pay_sumamt, acct_pay, refd_setl_flag. The run is kept and
    stands in the office under "Reconciliation". Exit code 1 when anything differs.
    """
    with clear_refusals():
        prepare()
        made = _compare(file, institution, first.date(), last.date(), clearing_type)
    if made.differences:
        _show(made)
        raise typer.Exit(1)
    Console().print(
        f"[green]✓[/green] 对平 equal: {made.compared.rows:,} 行 rows (对账 reconciliation {made.run_id})",
        highlight=False,
    )


def _compare(file: Path, code: str, first: date, last: date, clearing_type: str) -> "DetailsCompared":
    """Compare the file as the command line's own."""
    from yibao.domains.institutions.queries import institution_with_code
    from yibao.domains.reconciliation.operations import Asker
    from yibao.domains.reconciliation.totals import Period
    from yibao.workflows.reconcile import ClaimFile, reconcile_file

    found = institution_with_code(code)
    if found is None:
        leave(f"没有编码为 {code} 的机构 / there is no institution {code}")
    period = Period(
        institution_id=found.pk,
        region=found.division.pooling_region,
        first_day=first,
        last_day=last,
        clearing_type=clearing_type,
    )
    asker = Asker(source="command", at=datetime.now(UTC), operator="command")
    return reconcile_file(period, asker, ClaimFile(code=code, name=file.name[:200], content=file.read_bytes()))


def _show(made: "DetailsCompared") -> None:
    """Print the first differences, with what mends them in both languages."""
    from yibao.core.money import format_yuan
    from yibao.domains.reconciliation.kept_differences import stream_differences
    from yibao.domains.reconciliation.mending import mending_of

    def yuan(fen: int | None) -> str:
        return "–" if fen is None else format_yuan(fen)

    table = Table(title=f"对账 reconciliation {made.run_id}: {made.differences:,} 差异 differences", show_lines=True)
    for heading in ("行 line", "原因 cause", "结算 settlement", "机构 there", "中心 here", "如何处理 what to do"):
        table.add_column(heading, overflow="fold")
    for shown, difference in enumerate(stream_differences(made.run_id)):
        if shown == ROWS_SHOWN:
            break
        mending = mending_of(difference)
        table.add_row(
            str(difference.line or ""),
            difference.cause,
            difference.setl_id,
            yuan(difference.claimed_total_fen),
            yuan(difference.found_total_fen),
            f"{mending.infno} {mending.zh}\n{mending.en}".strip(),
        )
    Console().print(table)
    if made.differences > ROWS_SHOWN:
        Console().print(
            f"其余 {made.differences - ROWS_SHOWN:,} 条见网页 / the others stand in the office: /reconciliation/{made.run_id}",
            highlight=False,
        )
