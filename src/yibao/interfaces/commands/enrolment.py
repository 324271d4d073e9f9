"""`yibao enrolment`: assess a month, enter payments and repairs, find double enrolments."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from yibao.interfaces.commands.prepared import prepare
from yibao.interfaces.commands.refusals import clear_refusals
from yibao.interfaces.commands.transfers import app as transfers

app = typer.Typer(help="Contributions and enrolments. / 参保缴费与关系转移。", no_args_is_help=True)
app.add_typer(transfers, name="transfer")
console = Console()
ACTOR = "yibao enrolment"
Region = Annotated[str, typer.Argument(help="Pooling region, for instance 110000.")]
Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day on which it was paid.")]
Scheme = Annotated[str, typer.Option(help="310 employees, 390 residents.")]


@app.command()
def assess(
    region: Region,
    month: Annotated[datetime, typer.Argument(formats=["%Y-%m"], help="The month, as 2026-03.")],
    scheme: Annotated[str | None, typer.Option(help="310 or 390; all schemes of the region without it.")] = None,
) -> None:
    """Assess what everybody insured in a region owes for a month (or the year that holds it, where a year is paid at once).

    A second run adds nothing, and a broken run goes on where it stopped; meant to run monthly.

    Examples: `yibao enrolment assess 110000 2026-03`, `yibao enrolment assess 110000 2027-01 --scheme 390`
    """
    from yibao.core.money import format_yuan

    with clear_refusals():
        prepare()
        from yibao.workflows.assess_month import assess_month

        with Progress(transient=True) as progress:
            task = progress.add_task("核定 assessing", total=None)
            tally = assess_month(
                region=region, month=month.date(), at=datetime.now(UTC), scheme=scheme,
                progress=lambda persons: progress.advance(task, persons),
            )  # fmt: skip
    table = Table("险种 scheme", "人数 persons", "应缴 owed (yuan)", "已划账户 credited (yuan)")
    for code in sorted(tally.persons):
        table.add_row(code, f"{tally.persons[code]:,}", format_yuan(tally.due_fen[code]), format_yuan(tally.credited_fen[code]))  # fmt: skip
    console.print(table)
    for (code, group), persons in sorted(tally.outside_the_law.items()):
        console.print(f"[yellow]{code} {group}: 政策未规定 not in the law, {persons}[/yellow]", highlight=False)


@app.command()
def pay(
    region: Region,
    number: Annotated[str, typer.Argument(help="Number of the payment voucher; entered once.")],
    amount: Annotated[str, typer.Argument(help="What came in, in yuan.")],
    *,
    on: Day,
    employer: Annotated[str | None, typer.Option(help="The paying employer's code.")] = None,
    person: Annotated[str | None, typer.Option(help="The paying person's number.")] = None,
    scheme: Scheme = "310",
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only periods that begin before this day.")
    ] = None,
) -> None:
    """Enter money that came in for all that an employer or a person owes: credits the accounts and posts the income.

    Examples: `yibao enrolment pay 110000 20260315-01 118300.00 --on 2026-03-15 --employer 11010100001`,
    `yibao enrolment pay 110000 T77 400.00 --on 2026-11-05 --person 110000000001 --scheme 390`
    """
    with clear_refusals():
        prepare()
        from yibao.workflows.record_payment import record_payment

        receipt = record_payment(
            _incoming(region, number, amount, on, scheme, employer=employer, person=person, until=until)
        )
    console.print(f"已入账 entered {receipt.number}, {receipt.contributions.count()} 笔 contributions", highlight=False)


@app.command(name="pay-late-fees")
def pay_late_fees(
    region: Region,
    number: Annotated[str, typer.Argument(help="Number of the payment voucher; entered once.")],
    amount: Annotated[str, typer.Argument(help="What came in, in yuan.")],
    *,
    on: Day,
    employer: Annotated[str, typer.Option(help="The paying employer's code.")],
    scheme: Scheme = "310",
) -> None:
    """Enter money that came in for all late fees (滞纳金) that an employer owes.

    Example: `yibao enrolment pay-late-fees 110000 LF1 591.50 --on 2026-05-12 --employer 11010100001`
    """
    with clear_refusals():
        prepare()
        from yibao.workflows import pay_late_fees as fees

        receipt = fees.pay_late_fees(
            _incoming(region, number, amount, on, scheme, employer=employer, person=None, until=None)
        )
    console.print(
        f"已入账 entered {receipt.number}, {receipt.late_fee_payments.count()} 笔滞纳金 late fees", highlight=False
    )


@app.command()
def arrears(
    region: Region,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day; today without it.")] = None,
) -> None:
    """Suspend the benefits of whoever has an unpaid period of an employer, from the day that the region's rule says.

    Meant to run daily; a second run adds nothing, and a payment of all that is owed lifts the suspension.

    Example: `yibao enrolment arrears 110000`
    """
    with clear_refusals():
        prepare()
        from yibao.interfaces.commands.city import BEIJING
        from yibao.workflows.arrears import suspend_arrears

        day = on.date() if on else datetime.now(BEIJING).date()
        found = suspend_arrears(region=region, on=day, actor=ACTOR)
    console.print(
        f"欠费 in arrears {found.in_arrears:,} 人 persons, 新暂停 newly suspended {found.suspended:,}", highlight=False
    )


@app.command()
def reverse(
    number: Annotated[str, typer.Argument(help="Number of the payment voucher.")],
    on: Day,
) -> None:
    """Take a payment back: contributions, accounts and income in red; what it paid is owed again.

    Example: `yibao enrolment reverse 20260315-01 --on 2026-03-20`
    """
    with clear_refusals():
        prepare()
        from yibao.workflows.record_payment import reverse_receipt

        reverse_receipt(number=number, on=on.date(), at=datetime.now(UTC), actor=ACTOR)
    console.print(f"已冲正 taken back {number}", highlight=False)


@app.command()
def repair(
    region: Region,
    person: Annotated[str, typer.Argument(help="The person's number.")],
    *,
    on: Day,
    scheme: Scheme = "310",
    periods: Annotated[
        int | None, typer.Option(min=1, help="The latest so many missed periods; all without it.")
    ] = None,
    number: Annotated[
        str | None, typer.Option(help="Voucher number: pay now. Without it only the price is told.")
    ] = None,
    amount: Annotated[str | None, typer.Option(help="What came in, in yuan; goes with --number.")] = None,
) -> None:
    """Tell what repairing a person's gap costs, or pay for it.

    Examples: `yibao enrolment repair 110000 110000000001 --on 2026-07-20`,
    `yibao enrolment repair 110000 110000000001 --on 2026-07-20 --number R1 --amount 2214.24`
    """
    from yibao.core.money import format_yuan

    if (number is None) != (amount is None):
        raise typer.BadParameter("--number 与 --amount 须同时给出 go together")
    with clear_refusals():
        prepare()
        from yibao.workflows.repair_gap import price_repair, repair_gap

        if number is None or amount is None:
            price = price_repair(region=region, scheme=scheme, person_number=person, on=on.date(), periods=periods)
            for start in price.periods:
                console.print(f"{start}", highlight=False)
            console.print(f"应补缴 to pay: {format_yuan(price.due_fen)} 元 yuan", highlight=False)
            return
        receipt = repair_gap(_incoming(region, number, amount, on, scheme, person=person), periods=periods)
    console.print(f"已补缴 repaired {receipt.number}, {receipt.contributions.count()} 期 periods", highlight=False)


@app.command()
def double(
    region: Region,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day to look at; today without it.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write a CSV instead of a table.")] = None,
) -> None:
    """List who is insured twice or more on a day, and which enrolment the rules keep; names nobody, decides nothing.

    Decisions are entered in the office under "Double enrolment".

    Examples: `yibao enrolment double 110000`, `yibao enrolment double 110000 --on 2026-09-01 --out doubles.csv`
    """
    from yibao.interfaces.commands.city import BEIJING

    with clear_refusals():
        prepare()
        from yibao.workflows.detect_double_enrolment import detect_double_enrolment

        found = detect_double_enrolment(region=region, on=(on or datetime.now(BEIJING)).date())
    heads = ["person", "enrolment", "scheme", "region", "from", "months", "kept", "clause"]
    rows = [
        [double.person.number, each.key, each.scheme, each.region, str(each.began), str(each.months),
         "yes" if each.key == double.keep else "" if double.keep else "?", double.clause or ""]
        for double in found
        for each in double.held
    ]  # fmt: skip
    if out is not None:
        with out.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([heads, *rows])
        console.print(f"{len(found)} 人 persons → {out}", highlight=False)
        return
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    console.print(table if rows else "没有重复参保 nobody is insured twice")


def _incoming(
    region: str, number: str, amount: str, on: datetime, scheme: str, *, employer: str | None = None,
    person: str | None = None, until: datetime | None = None,
) -> Any:  # fmt: skip
    """A payment as the workflows take it; exactly one payer."""
    from yibao.core.money import parse_scaled
    from yibao.workflows.record_payment import Incoming

    if (employer is None) == (person is None):
        raise typer.BadParameter("--employer 与 --person 二选一 give exactly one of them")
    before: date | None = until.date() if until else None
    return Incoming(
        number=number, region=region, scheme=scheme, amount_fen=parse_scaled(amount, decimals=2), paid_on=on.date(),
        at=datetime.now(UTC), actor=ACTOR, employer_code=employer, person_number=person, until=before,
    )  # fmt: skip
