"""`yibao filings`: file for a person, decide on filings, list them (备案)."""

from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from yibao.interfaces.commands.prepared import prepare
from yibao.interfaces.commands.refusals import clear_refusals

app = typer.Typer(help="Filings on which benefits stand. / 备案：转诊、慢特病、定点、异地就医。", no_args_is_help=True)
_terminal = Console(highlight=False)
console = _terminal if _terminal.is_terminal else Console(highlight=False, width=200)
ACTOR: Final = "yibao filings"
Region = Annotated[str, typer.Argument(help="Pooling region of insurance, for instance 331100.")]
Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="From this day on.")]


@app.command()
def elsewhere(
    region: Region,
    person: Annotated[str, typer.Argument(help="Person or document number.")],
    destination: Annotated[str, typer.Argument(help="Division of care, for instance 310000.")],
    *,
    reason: Annotated[str, typer.Option(help="long_stay, temporary, referral or emergency.")],
    since: Day,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day; open without it.")] = None,
    scheme: Annotated[str | None, typer.Option(help="310 or 390; the one in force without it.")] = None,
) -> None:
    """File care in another region (异地就医备案); an emergency may be filed afterwards, with a day that is past.

    Example: `yibao filings elsewhere 331100 110000000001 310000 --reason long_stay --since 2026-01-01`
    """
    if reason not in {"long_stay", "temporary", "referral", "emergency"}:
        raise typer.BadParameter("--reason: long_stay, temporary, referral, emergency")
    with clear_refusals():
        prepare()
        from yibao.workflows.file_for_person import Filer, FilingWish, enter_filing, person_number_of

        number = enter_filing(
            FilingWish(
                kind="elsewhere", person_number=person_number_of(person), valid_from=since.date(),
                last_day=until.date() if until else None, scheme=scheme, destination=destination, reason=reason,
            ),
            Filer(ACTOR, datetime.now(UTC), region=region),
        )  # fmt: skip
    console.print(f"已备案 filed {number}")


@app.command()
def decide(
    region: Region,
    filing: Annotated[int, typer.Argument(help="Number of the filing.")],
    decision: Annotated[str, typer.Argument(help="approved, refused or withdrawn.")],
    *,
    on: Day,
    reason: Annotated[str, typer.Option(help="Needed to refuse and to withdraw.")] = "",
) -> None:
    """Approve, refuse or withdraw a filing of a region; a withdrawal holds from the day on.

    Example: `yibao filings decide 331100 17 withdrawn --on 2026-07-01 --reason 回原籍居住`
    """
    if decision not in {"approved", "refused", "withdrawn"}:
        raise typer.BadParameter("approved, refused, withdrawn")
    if decision != "approved" and not reason:
        raise typer.BadParameter("--reason 必须填写 is needed")
    with clear_refusals():
        prepare()
        from yibao.workflows.file_for_person import Filer, decide_filing

        decide_filing(
            filing_id=filing, region=region, decision=decision, on=on.date(), reason=reason,
            filer=Filer(ACTOR, datetime.now(UTC), region=region),
        )  # fmt: skip
    console.print(f"{filing}: {decision}")


@app.command(name="list")
def list_filings(
    region: Region,
    kind: Annotated[str | None, typer.Option(help="transfer, recognition, point or elsewhere.")] = None,
    standing: Annotated[str | None, typer.Option(help="pending, in_force, refused or withdrawn.")] = None,
    most: Annotated[int, typer.Option(min=1, max=1000, help="At most so many, newest first.")] = 50,
) -> None:
    """List a region's filings, newest first, with persons by their number.

    Example: `yibao filings list 331100 --kind elsewhere --standing pending`
    """
    with clear_refusals():
        prepare()
        from yibao.domains.filings.queries import filings_of_region

        table = Table(title=f"备案 filings {region}", title_justify="left")
        for heading in (
            "编号 no.",
            "种类 kind",
            "人员 person",
            "险种 scheme",
            "内容 subject",
            "期间 days",
            "状态 standing",
        ):
            table.add_column(heading, overflow="fold")
        found = filings_of_region(region=region, kinds=[kind] if kind else (), standings=[standing] if standing else ())
        for row in found[:most]:
            days = f"{row.valid_from} – {row.in_force_until or '…'}"
            table.add_row(str(row.pk), row.kind, row.person.number, row.scheme, row.subject, days, row.standing)
        console.print(table)
