"""`yibao supplement`: take in who holds which supplementary plan (惠民保)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from yibao.interfaces.commands.prepared import prepare
from yibao.interfaces.commands.refusals import clear_refusals

app = typer.Typer(help="Supplementary insurance held. / 惠民保等补充保险保单。", no_args_is_help=True)
console = Console(highlight=False)
ACTOR: Final = "yibao supplement"


@app.callback()
def _group() -> None:
    """Keep `import` a command of a group."""


@app.command(name="import")
def take_in(
    region: Annotated[str, typer.Argument(help="Pooling region, for instance 331100.")],
    path: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The insurer's list, .xlsx or .csv.")],
) -> None:
    """Take in an insurer's list of policies, whole or not at all; every wrong row is named.

    Columns: 证件号码 or 人员编号, 产品代码, 保单号, 生效日期, 终止日期 (the last day), 保费.

    Example: `yibao supplement import 331100 zhelibao-2026.xlsx`
    """
    with clear_refusals():
        prepare()
        from yibao.interfaces.office.plan_files import fault_sentences, plan_rows
        from yibao.workflows.take_in_plans import take_in_plans

        taken = take_in_plans(plan_rows(path.read_bytes()), region=region, at=datetime.now(UTC), actor=ACTOR)
        for line, sentence in fault_sentences(taken):
            console.print(f"第 {line} 行 line {line}: {sentence}")
    if taken.faults:
        console.print(f"未录入 nothing was entered: {len(taken.faults)} 行有误 wrong rows")
        raise typer.Exit(1)
    console.print(f"已录入 entered {taken.entered:,}")
