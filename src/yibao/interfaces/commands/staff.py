"""`yibao staff`: accounts of the office."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from yibao.interfaces.commands.prepared import prepare

app = typer.Typer(help="Accounts of the office. / 经办账号。", no_args_is_help=True)
console = Console()


@app.command()
def appoint(
    name: Annotated[str, typer.Argument(help="The user name; an account of that name gets the new role.")],
    role: Annotated[str, typer.Option(help="system, agency, institution, auditor or analyst.")],
    region: Annotated[str, typer.Option(help="Pooling region, for instance 110000.")] = "110000",
    institution: Annotated[str | None, typer.Option(help="Code of the institution; for role institution only.")] = None,
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when not given.")
    ] = "",
) -> None:
    """Make an account of the office, or give one another role and password.

    Examples: `yibao staff appoint wang --role agency`,
    `yibao staff appoint li --role institution --institution H11010100001`
    """
    prepare()
    from django.contrib.auth.models import User
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.db import transaction

    from yibao.domains.institutions.queries import institution_with_code
    from yibao.domains.reference.models import Division
    from yibao.domains.staff.models import StaffMember
    from yibao.domains.staff.operations import appoint as appoint_member

    place = Division.objects.filter(code=region, pooling_region=region).first()
    works_at = institution_with_code(institution) if institution else None
    if role not in StaffMember.Role.values:
        _refuse(f"角色 role: {', '.join(StaffMember.Role.values)}")
    if place is None:
        _refuse(
            f"统筹区 {region} 不存在 no such pooling region; yibao db migrate 载入参考数据 loads the reference data"
        )
    if institution and works_at is None:
        _refuse(f"定点医药机构 {institution} 不存在 no such institution")
    assert place is not None
    with transaction.atomic():
        user, _ = User.objects.get_or_create(username=name)
        try:
            validate_password(password, user)
        except ValidationError as weak:
            _refuse(" ".join(weak.messages))
        user.set_password(password)
        user.save(update_fields=["password"])
        appoint_member(user=user, role=role, region=place, institution=works_at)
    console.print(f"[green]✓[/green] {name}: {role} {region} {institution or ''}", highlight=False)


def _refuse(reason: str) -> None:
    """Say why and end; an open transaction is undone."""
    Console(stderr=True).print(f"[red]{reason}[/red]", highlight=False)
    sys.exit(1)
