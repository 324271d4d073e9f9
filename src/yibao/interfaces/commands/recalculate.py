"""`yibao recalculate`: law that takes effect in the past: list the differences, have them approved, correct them."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from yibao.core.money import format_yuan
from yibao.interfaces.commands.prepared import prepare
from yibao.interfaces.commands.refusals import clear_refusals, leave

app = typer.Typer(help="Recalculate what was settled under law that changed since. / 追溯重算。", no_args_is_help=True)
_terminal = Console(highlight=False)
console = _terminal if _terminal.is_terminal else Console(highlight=False, width=160)
_DAY = ["%Y-%m-%d"]


@app.command()
def propose(  # noqa: PLR0917  # Typer's options come by name
    policy: Annotated[str, typer.Argument(help="Region and scheme, as 110000/310.")],
    since: Annotated[datetime, typer.Option("--from", formats=_DAY, help="First day of benefit that is recalculated.")],
    document: Annotated[str, typer.Option(help="The document by which the law changed, with its number.")],
    reason: Annotated[str, typer.Option(help="Why, in a sentence for the officer who approves.")],
    by: Annotated[str, typer.Option(help="User name of the agency officer who asks.")],
    until: Annotated[datetime | None, typer.Option(formats=_DAY, help="First day that is not recalculated.")] = None,
    person: Annotated[str | None, typer.Option(help="Number of one person alone; everybody without it.")] = None,
) -> None:
    """List what the law now in force would have made otherwise; nothing is corrected. Another officer approves.

    Example: `yibao recalculate propose 110000/310 --from 2026-01-01 --document 京医保发〔2026〕9号 --reason "起付线追溯下调" --by wang`
    """
    from yibao.domains.corrections.operations import ask_for_run
    from yibao.domains.people.models import Person
    from yibao.domains.reference.models import Division
    from yibao.interfaces.commands.city import BEIJING

    with clear_refusals():
        prepare()
        region, _, scheme = policy.partition("/")
        division = Division.objects.filter(code=region, pooling_region=region).first()
        if division is None or not scheme.isdigit():
            leave(f"{policy}: no such pooling region and scheme, as 110000/310")
        if until is not None and until <= since:
            leave("--until must lie after --from")
        whose = Person.objects.filter(number=person).first() if person else None
        if person and whose is None:
            leave(f"{person}: nobody has this number")
        run = ask_for_run(
            region=division, scheme=scheme, benefit_from=since.date(), benefit_until=until.date() if until else None,
            document=document, reason=reason, member=_member(by), at=datetime.now(BEIJING),
            person_id=whose.pk if whose else None,
        )  # fmt: skip
        _compute(run.pk)


@app.command(name="continue")
def go_on(number: Annotated[int, typer.Argument(help="Number of the recalculation.")]) -> None:
    """Go on with a list whose computing was interrupted; a finished one stays as it is.

    Example: `yibao recalculate continue 3`
    """
    with clear_refusals():
        prepare()
        _compute(_run(number).pk)


@app.command()
def show(number: Annotated[int, typer.Argument(help="Number of the recalculation.")]) -> None:
    """Show a recalculation: sums, institutions, and how far it has come.

    Example: `yibao recalculate show 3`
    """
    with clear_refusals():
        prepare()
        _show(_run(number))


@app.command()
def approve(
    number: Annotated[int, typer.Argument(help="Number of the recalculation.")],
    by: Annotated[str, typer.Option(help="User name of the officer; another one than who asked.")],
    note: Annotated[str, typer.Option(help="A note to the decision.")] = "",
) -> None:
    """Approve a recalculation and correct everybody; approving again only goes on with what is left.

    Example: `yibao recalculate approve 3 --by li`
    """
    with clear_refusals():
        prepare()
        _decide(number, by=by, is_approved=True, note=note)
        _correct(number)


@app.command()
def refuse(
    number: Annotated[int, typer.Argument(help="Number of the recalculation.")],
    by: Annotated[str, typer.Option(help="User name of the officer; another one than who asked.")],
    note: Annotated[str, typer.Option(help="Why it is refused.")],
) -> None:
    """Refuse a recalculation; everything stays as it was settled.

    Example: `yibao recalculate refuse 3 --by li --note "文件未生效"`
    """
    with clear_refusals():
        prepare()
        _decide(number, by=by, is_approved=False, note=note)
        _show(_run(number))


@app.command()
def correct(number: Annotated[int, typer.Argument(help="Number of the recalculation.")]) -> None:
    """Correct everybody of an approved recalculation who is not corrected yet; may be repeated, and goes on after a crash.

    Example: `yibao recalculate correct 3`
    """
    with clear_refusals():
        prepare()
        _correct(number)


def _member(name: str) -> Any:
    """The member of staff behind a user name."""
    from yibao.domains.staff.models import StaffMember

    member = StaffMember.objects.select_related("user").filter(user__username=name, user__is_active=True).first()
    if member is None:
        leave(f"{name}: no such member of staff; see `yibao staff appoint`")
    return member


def _run(number: int) -> Any:
    """The recalculation of a number."""
    from yibao.domains.corrections.models import RecalculationRun

    run = RecalculationRun.objects.select_related("region").filter(pk=number).first()
    if run is None:
        leave(f"{number}: no such recalculation")
    return run


def _compute(number: int) -> None:
    """Compute the list with a bar and show it."""
    from yibao.interfaces.commands.city import BEIJING
    from yibao.interfaces.commands.waiting import progress_bar
    from yibao.workflows.recalculate_settlements import compute

    with progress_bar() as bar:
        task = bar.add_task("重算 recalculating", total=None)
        run = compute(number, at=datetime.now(BEIJING), tell=lambda persons: bar.advance(task, persons))
    _show(run)


def _decide(number: int, *, by: str, is_approved: bool, note: str) -> None:
    """Enter the decision."""
    from yibao.domains.corrections.operations import decide
    from yibao.interfaces.commands.city import BEIJING

    decide(run=_run(number), is_approved=is_approved, member=_member(by), at=datetime.now(BEIJING), note=note)


def _correct(number: int) -> None:
    """Correct with a bar and show what came of it."""
    from yibao.domains.corrections.queries import persons_to_correct
    from yibao.interfaces.commands.city import BEIJING
    from yibao.interfaces.commands.waiting import progress_bar
    from yibao.workflows.recalculate_settlements import correct as run_corrections

    run = _run(number)
    with progress_bar() as bar:
        task = bar.add_task("更正 correcting", total=len(persons_to_correct(run)))
        done = run_corrections(number, at=datetime.now(BEIJING), tell=lambda persons: bar.advance(task, persons))
    console.print(f"[green]✓[/green] {done:,} 人已更正 persons corrected")
    _show(run)


def _show(run: Any) -> None:
    """Print sums and institutions."""
    from yibao.domains.corrections.queries import by_institution, sums_of

    sums = sums_of(run)
    console.print(
        f"追溯重算 recalculation {run.pk}: {run.region_id}/{run.scheme} {run.benefit_from} – {run.benefit_until or '…'};"
        f" {run.document}; {'已算完 computed' if run.is_computed else '未算完 not finished'}"
    )
    console.print(
        f"{sums.settlements:,} 笔结算 settlements, {sums.persons:,} 人 persons; 基金 funds {format_yuan(sums.fund_fen)},"
        f" 账户 accounts {format_yuan(sums.account_fen)}, 现金 cash {format_yuan(sums.cash_fen)};"
        f" {sums.corrected:,} 已更正 corrected, {sums.set_aside:,} 人搁置 set aside"
    )
    table = Table(title="按机构 by institution (元 yuan)", title_justify="left")
    for place, heading in enumerate(("机构 institution", "笔数 settlements", "基金 funds", "现金 cash")):
        table.add_column(heading, justify="right" if place else "left")
    for row in by_institution(run):
        table.add_row(
            f"{row.code} {row.name}", f"{row.settlements:,}", format_yuan(row.fund_fen), format_yuan(row.cash_fen)
        )
    console.print(table)
