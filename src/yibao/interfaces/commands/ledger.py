"""`yibao ledger`: seal what was posted, verify the chain."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from yibao.interfaces.commands.prepared import prepare

app = typer.Typer(help="The funds' ledger: verify its chain. / 基金账:校验链。", no_args_is_help=True)


@app.command()
def verify() -> None:
    """Compute every digest and link anew; exit 1 and name each place when anything was changed.

    Example: `yibao ledger verify`
    """
    prepare()
    from yibao.domains import storage
    from yibao.domains.ledger.queries import verify as verify_ledger

    found = verify_ledger(storage.driver())
    console = Console()
    console.print(
        f"凭证 journals {found.journals}, 链节 seals {found.seals}, 未封 unsealed {found.unsealed}", highlight=False
    )
    if not found.damages:
        console.print("[green]账目完整 the ledger is whole[/green]")
        return
    for damage in found.damages:
        console.print(f"[red]{damage.kind} {damage.record}[/red]", highlight=False)
    sys.exit(1)


@app.command()
def seal(
    everything: Annotated[bool, typer.Option("--all", help="Go on until nothing is unsealed.")] = False,
) -> None:
    """Seal what was posted since the last link; `yibao serve` does so every second.

    Example: `yibao ledger seal --all`
    """
    prepare()
    from yibao.domains import storage
    from yibao.domains.ledger.operations import seal as seal_ledger

    total = 0
    while True:
        with storage.transaction() as raw:
            sealed = seal_ledger(raw, at=datetime.now(UTC), everything=everything)
        total += sealed
        if not everything or not sealed:
            break
    Console().print(f"封存 sealed {total}", highlight=False)
