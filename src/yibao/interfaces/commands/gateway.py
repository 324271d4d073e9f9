"""`yibao gateway`: what the door answers, and its description for tools."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from yibao.interfaces.commands.prepared import prepare

app = typer.Typer(
    help="The institution interface: transactions, OpenAPI. / 机构接口:交易清单、接口描述。", no_args_is_help=True
)


@app.command()
def transactions(
    kind: Annotated[
        str | None, typer.Option(help="Only what the acceptance of pharmacy, clinic, hospital_1 or hospital_2 needs.")
    ] = None,
) -> None:
    """List the transactions that are answered here.

    Example: `yibao gateway transactions --kind pharmacy`
    """
    prepare(start=False)
    from yibao.interfaces.gateway import service  # noqa: F401  # registers the handlers
    from yibao.interfaces.gateway.catalogue import TRANSACTIONS
    from yibao.interfaces.gateway.context import HANDLERS

    table = Table("编号 number", "名称 name", "English")
    for infno in sorted(HANDLERS):
        transaction = TRANSACTIONS[infno]
        if kind is None or kind in transaction.needed_by:
            table.add_row(infno, transaction.zh, transaction.en)
    if kind is not None and not table.row_count:
        raise typer.BadParameter("pharmacy, clinic, hospital_1, hospital_2", param_hint="--kind")
    Console().print(table)


@app.command()
def openapi(
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("yibao-gateway-openapi.json"),
    server: Annotated[
        str, typer.Option(help="Prefix of an access point that appends numbers to its address.")
    ] = "/fsi",
) -> None:
    """Write the OpenAPI document of the interface.

    Example: `yibao gateway openapi --out gateway.json`
    """
    prepare(start=False)
    from yibao.interfaces.gateway import service  # noqa: F401  # registers the handlers
    from yibao.interfaces.gateway.openapi import openapi as document

    written = json.dumps(document(version=version("yibao"), server=server), ensure_ascii=False, indent=1)
    out.write_text(written + "\n", encoding="utf-8")
    Console().print(f"{out}", highlight=False)
