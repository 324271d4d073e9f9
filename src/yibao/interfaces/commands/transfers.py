"""`yibao enrolment transfer`: move insured relations between pooling regions, step by step."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from yibao.interfaces.commands.prepared import prepare
from yibao.interfaces.commands.refusals import clear_refusals

app = typer.Typer(help="Transfer a relation between regions. / 关系转移接续。", no_args_is_help=True)
console = Console()
ACTOR = "yibao enrolment transfer"
Number = Annotated[int, typer.Argument(help="Number of the transfer, as `apply` told it.")]
Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day of the step.")]


@app.command()
def apply(
    person: Annotated[str, typer.Argument(help="The person's number.")],
    from_region: Annotated[str, typer.Argument(help="Region that is left.")],
    to_region: Annotated[str, typer.Argument(help="Region that takes over.")],
    on: Day,
    scheme: Annotated[str, typer.Option(help="310 employees, 390 residents.")] = "310",
) -> None:
    """Apply for a transfer; tells its number and by when either side has to act.

    Example: `yibao enrolment transfer apply 110000000001 110000 120000 --on 2026-04-01`
    """
    with clear_refusals():
        prepare()
        from yibao.workflows.transfer_enrolment import apply_transfer

        made = apply_transfer(
            person_number=person, scheme=scheme, from_region=from_region, to_region=to_region, on=on.date(), actor=ACTOR
        )
    console.print(
        f"转移 transfer {made.pk}: 转出 out by {made.out_due_on}, 转入 in by {made.in_due_on}", highlight=False
    )


@app.command()
def out(transfer: Number, on: Day) -> None:
    """Let a relation go: ends the enrolment, tells the months, sends the account's balance away.

    Example: `yibao enrolment transfer out 17 --on 2026-04-10`
    """
    from yibao.core.money import format_yuan

    with clear_refusals():
        prepare()
        from yibao.workflows.transfer_enrolment import transfer_out

        step = transfer_out(transfer_id=transfer, on=on.date(), at=datetime.now(UTC), actor=ACTOR)
    console.print(f"已转出 out: {step.months} 个月 months, {format_yuan(step.balance_fen)} 元 yuan", highlight=False)


@app.command(name="in")
def take_in(
    transfer: Number,
    *,
    on: Day,
    division: Annotated[str, typer.Option(help="Division of enrolment in the new region.")],
    person_type: Annotated[str, typer.Option(help="National kind of person (人员类别), as 1101.")] = "1101",
    status_group: Annotated[str, typer.Option(help="Status group of the region's law, as active.")] = "active",
    employer: Annotated[str | None, typer.Option(help="Code of the new employer.")] = None,
    months: Annotated[int, typer.Option(min=0, help="Months on the paper, from a region not kept here.")] = 0,
    balance: Annotated[str, typer.Option(help="Balance on the paper in yuan, from a region not kept here.")] = "0",
) -> None:
    """Take a relation in: enrols, recognises the months, credits the balance.

    Example: `yibao enrolment transfer in 17 --on 2026-04-16 --division 120101`
    """
    from yibao.core.money import format_yuan, parse_scaled

    with clear_refusals():
        prepare()
        from yibao.workflows.transfer_enrolment import Arrival, transfer_in

        arrival = Arrival(
            division=division, person_type=person_type, status_group=status_group, employer_code=employer, months=months,
            balance_fen=parse_scaled(balance, decimals=2),
        )  # fmt: skip
        step = transfer_in(transfer_id=transfer, arrival=arrival, on=on.date(), at=datetime.now(UTC), actor=ACTOR)
    console.print(f"已转入 in: {step.months} 个月 months, {format_yuan(step.balance_fen)} 元 yuan", highlight=False)


@app.command()
def refuse(
    transfer: Number, on: Day, reason: Annotated[str, typer.Option(help="Why, in words for the person.")]
) -> None:
    """Refuse a transfer before either side has acted.

    Example: `yibao enrolment transfer refuse 17 --on 2026-04-02 --reason 资料不符`
    """
    with clear_refusals():
        prepare()
        from yibao.workflows.transfer_enrolment import refuse_transfer

        refuse_transfer(transfer_id=transfer, reason=reason, on=on.date(), at=datetime.now(UTC), actor=ACTOR)
    console.print(f"已退回 refused {transfer}", highlight=False)
