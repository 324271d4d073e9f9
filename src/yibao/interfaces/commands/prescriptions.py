"""`yibao prescriptions`: keys of practitioners, notifications of hospitals, what is over."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from yibao.interfaces.commands.prepared import prepare
from yibao.interfaces.commands.refusals import clear_refusals

app = typer.Typer(help="Electronic prescriptions. / 电子处方。", no_args_is_help=True)
console = Console(highlight=False)


@app.command()
def key(
    practitioner: Annotated[str, typer.Argument(help="National code of the physician or pharmacist.")],
    public_key: Annotated[
        str | None, typer.Option(help="Their SM2 public key; without it a pair is made and kept here.")
    ] = None,
    certificate_number: Annotated[str, typer.Option(help="Serial of the certificate.")] = "",
    certificate_name: Annotated[str, typer.Option(help="Name of the certificate.")] = "",
) -> None:
    """Keep a practitioner's key for signatures, from now on.

    Examples: `yibao prescriptions key D110101000001`, `yibao prescriptions key Y110101000001 --public-key 04AB…`
    """
    with clear_refusals():
        prepare()
        from yibao.workflows.keep_signing_key import keep_signing_key

        kept = keep_signing_key(
            practitioner_code=practitioner,
            public_key=public_key,
            certificate_number=certificate_number,
            certificate_name=certificate_name,
            at=datetime.now(UTC),
        )
        console.print(f"[green]✓[/green] {practitioner} public_key={kept.public_key}")


@app.command()
def end_key(public_key: Annotated[str, typer.Argument(help="The public key, as it was shown.")]) -> None:
    """Let a practitioner's key end now; what was signed with it before stays signed.

    Example: `yibao prescriptions end-key 04AB…`
    """
    with clear_refusals():
        prepare()
        from yibao.workflows.keep_signing_key import end_signing_key

        end_signing_key(public_key=public_key, at=datetime.now(UTC))
        console.print("[green]✓[/green]")


@app.command()
def expire() -> None:
    """End prescriptions whose validity is over; `yibao serve` does so by itself.

    Example: `yibao prescriptions expire`
    """
    with clear_refusals():
        prepare()
        from yibao.workflows.end_prescription import expire_prescriptions

        console.print(f"已过期 expired: {expire_prescriptions(at=datetime.now(UTC)):,}")


@app.command()
def notify() -> None:
    """Post the notifications (7108, 7109) that wait to hospitals with an address; `yibao serve` does so by itself.

    Example: `yibao prescriptions notify`
    """
    with clear_refusals():
        prepare()
        from yibao.interfaces.gateway.telling_hospitals import tell_hospitals

        console.print(f"已送达 taken: {tell_hospitals(at=datetime.now(UTC)):,}")
