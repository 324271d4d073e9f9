"""`yibao db`: the embedded database, migrations, backups."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from yibao.interfaces.commands.prepared import migrate as migrate_now
from yibao.interfaces.commands.prepared import prepare
from yibao.interfaces.server import database

app = typer.Typer(help="The database: start, stop, back up, restore. / 数据库。", no_args_is_help=True)
console = Console()
_OWNER_ONLY = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


@app.command()
def start() -> None:
    """Start the embedded PostgreSQL under YIBAO_HOME and bring its schema up to date.

    Example: `yibao db start`
    """
    prepare()
    migrate_now()
    console.print(f"运行中 running: {_shown_url()}", highlight=False)


@app.command()
def stop() -> None:
    """Stop the embedded PostgreSQL; a named server is left alone.

    Example: `yibao db stop`
    """
    if database.named_url():
        console.print("YIBAO_DATABASE_URL 指定的服务器不由 yibao 管理 a named server is not ours to stop")
        sys.exit(1)
    console.print("已停止 stopped" if database.stop() else "未运行 was not running")


@app.command()
def status() -> None:
    """Say which database is used, whether it answers, and whether its schema is current.

    Example: `yibao db status`
    """
    if database.named_url() is None and not database.is_running():
        console.print(f"未运行 not running: {database.cluster()}\n启动 start it with: yibao db start", highlight=False)
        sys.exit(1)
    prepare(start=False)
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), pg_size_pretty(pg_database_size(current_database()))")
        version, size = cursor.fetchone()
    console.print(
        f"运行中 running: {_shown_url()}\nPostgreSQL {version}, {size}, 待迁移 migrations waiting: {waiting}",
        highlight=False,
    )


@app.command()
def migrate() -> None:
    """Bring the schema and the reference data up to date.

    Example: `yibao db migrate`
    """
    prepare()
    migrate_now()
    from yibao.workflows.load_reference import load_reference

    load_reference(at=datetime.now(UTC))
    console.print("[green]已是最新 up to date[/green]")


@app.command(name="check-migrations")
def check_migrations() -> None:
    """Exit 1 when the models have changed without a migration.

    Example: `yibao db check-migrations`
    """
    prepare()
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=1)


@app.command()
def partitions() -> None:
    """Make the tables of the next months of messages, and list all months with their size on disk.

    `yibao serve` makes them too, by itself.

    Example: `yibao db partitions`
    """
    prepare()
    from yibao.domains.messages.months import kept_months, make_months

    made = make_months(at=datetime.now(UTC))
    for month in kept_months():
        word = "新建 made" if month.name in made else "" if month.stands else "归档中断 archiving was interrupted"
        console.print(f"{month.month} {month.table} {month.bytes_on_disk:,} bytes {word}".rstrip(), highlight=False)


@app.command(name="archive-messages")
def archive_messages(
    before: Annotated[str, typer.Option(help="The first month that stays, as 2024-01.", metavar="YYYY-MM")],
    out: Annotated[Path, typer.Option(help="The folder for the files; made when it is not there.")],
) -> None:
    """Move the messages and notes of reading of old months into files, one a month, and drop them from the database.

    Months that are younger than YIBAO_MESSAGE_MONTHS are refused. The numbers that were used stay used.

    Example: `yibao db archive-messages --before 2024-01 --out archive`
    """
    prepare()
    from django.conf import settings

    from yibao.interfaces.commands.refusals import clear_refusals
    from yibao.workflows.archive_messages import archive_messages as archive

    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", before):
        raise typer.BadParameter("YYYY-MM", param_hint="--before")
    with clear_refusals():
        for done in archive(
            before=before,
            folder=out,
            today=datetime.now().date(),  # noqa: DTZ005  # the operator's month
            kept_months_count=settings.MESSAGE_MONTHS,
        ):
            console.print(f"[green]{done.month.month} → {done.file}[/green] ({done.rows:,} rows)", highlight=False)


@app.command(name="drop-files")
def drop_files() -> None:
    """Drop the bytes of files (9101, 9102) that nobody can fetch any longer; who sent what and when stays.

    Example: `yibao db drop-files`
    """
    prepare()
    from yibao.domains import storage
    from yibao.domains.files.operations import drop_expired

    with storage.transaction() as raw:
        dropped = drop_expired(raw, at=datetime.now(UTC))
    console.print(f"已清理文件内容 contents dropped: {dropped}")


@app.command()
def backup(
    target: Annotated[
        Path | None, typer.Argument(help="File to write; default YIBAO_HOME/backups/<time>.dump.")
    ] = None,
) -> None:
    """Write the whole database to one compressed file.

    Example: `yibao db backup july.dump`
    """
    prepare()
    target = target or database.home() / "backups" / f"{datetime.now():%Y%m%d-%H%M%S}.dump"  # noqa: DTZ005  # a file name in local time
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(target.suffix + ".partial")
    with console.status("备份 backing up …"), os.fdopen(os.open(partial, _OWNER_ONLY, 0o600), "wb") as file:
        _run("pg_dump", "--format=custom", "--no-owner", "--dbname", database.url(), stdout=file)
    partial.rename(target)
    console.print(f"[green]已备份 backed up to {target}[/green] ({target.stat().st_size:,} bytes)", highlight=False)


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A file that `yibao db backup` wrote.", exists=True, dir_okay=False)],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before replacing what the database holds.")] = False,
) -> None:
    """Replace the database's contents by a backup, all of it or nothing.

    Example: `yibao db restore july.dump --yes`
    """
    prepare()
    if not yes:
        typer.confirm(f"将替换 {_shown_url()} 的全部内容 replace everything in it?", abort=True)
    with console.status("恢复 restoring …"):
        _run("pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--dbname", database.url(),
             str(source))  # fmt: skip
    console.print(f"[green]已恢复 restored from {source}[/green]", highlight=False)


def _run(program: str, *arguments: str, stdout: object = None) -> None:
    """Run one of PostgreSQL's programs; its own message is the error when it fails."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0]) // 10_000
    connection.close()
    done = subprocess.run(  # noqa: S603  # our own binary, arguments as a list
        [str(database.embedded_binaries(version) / program), *arguments],
        stdout=stdout,  # type: ignore[call-overload]
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        Console(stderr=True).print(f"[red]{program}: {done.stderr.decode(errors='replace').strip()}[/red]")
        sys.exit(1)


def _shown_url() -> str:
    """The database's address without its password."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    return make_conninfo("", **{k: v for k, v in conninfo_to_dict(database.url()).items() if k != "password"})
