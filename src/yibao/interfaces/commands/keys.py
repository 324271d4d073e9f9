"""`yibao keys`: the keys of institutions: list, add, rotate, retire, seal anew. A secret is shown once, when it is made."""

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from yibao.interfaces.commands.prepared import prepare

if TYPE_CHECKING:
    from yibao.domains.messages.keys import Material
    from yibao.domains.messages.models import AccessPoint, Credential

app = typer.Typer(help="Keys of institutions at the gateway. / 机构接入密钥。", no_args_is_help=True)
_terminal = Console()
console = _terminal if _terminal.is_terminal else Console(highlight=False, width=200)
FromFile = Annotated[
    str | None,
    typer.Option(
        "--from-file",
        help='Read the parts from a JSON file (- for standard input) instead of making them, e.g. {"secret": "…"}.',
    ),
]
PublicKey = Annotated[
    str | None, typer.Option(help="SM2 public key of the institution; without it a pair is made for it.")
]


@app.command()
def master() -> None:
    """Print a new master key, to be put before the present one in YIBAO_MASTER_KEY.

    Example: `yibao keys master`
    """
    from yibao.domains.messages.vault import new_master_key

    sys.stdout.write(new_master_key() + "\n")


@app.command(name="list")
def show(
    access_point: Annotated[str | None, typer.Option(help="Only those of this URL prefix.")] = None,
    institution: Annotated[str | None, typer.Option(help="Only those of this institution.")] = None,
    ended: Annotated[bool, typer.Option(help="Those that ended too.")] = False,
) -> None:
    """List keys with their parts, never with a secret.

    Example: `yibao keys list --institution H11010100001`
    """
    prepare()
    from yibao.domains.messages.keys import keys_listed, material_of

    table = Table(
        "编号 id", "接入点 access point", "机构 institution", "名称 name", "内容 parts", "起 from", "止 until"
    )
    for key in keys_listed(path_prefix=access_point, institution=institution, at=None if ended else datetime.now(UTC)):
        table.add_row(
            str(key.pk),
            f"{key.access_point.path_prefix} ({key.access_point.scheme})",
            key.institution.code,
            key.access_key,
            ", ".join(material_of(key).parts) or "—",
            _moment(key.valid_from),
            _moment(key.valid_until),
        )
    console.print(table)


@app.command()
def add(
    institution: Annotated[str, typer.Argument(help="Code of the institution.")],
    access_point: Annotated[str, typer.Option(help="URL prefix of the access point.")],
    name: Annotated[
        str | None, typer.Option(help="Name of the key (access key, paasid, client id, appId); default: the code.")
    ] = None,
    from_file: FromFile = None,
    public_key: PublicKey = None,
) -> None:
    """Give an institution a key at an access point, as its scheme of signing needs it, and show it once.

    Examples: `yibao keys add H11010100001 --access-point /CSB`,
    `yibao keys add H11010100001 --access-point /jl --name client-of-jilin1 --public-key 04AB…`
    """
    prepare()
    from yibao.domains.institutions.queries import institution_with_code
    from yibao.domains.messages.keys import KeyRow, add_key
    from yibao.domains.messages.models import AccessPoint

    point = AccessPoint.objects.filter(path_prefix=access_point).first()
    holder = institution_with_code(institution)
    if point is None:
        _refuse(f"没有前缀为 {access_point} 的接入点 there is no access point with this prefix")
    if holder is None:
        _refuse(f"定点医药机构 {institution} 不存在 no such institution")
    assert point is not None
    assert holder is not None
    material, made = _material(point, from_file=from_file, public_key=public_key)
    access_key = "" if not material.parts else (institution if name is None else name)
    key = add_key(KeyRow(point.pk, holder.pk, access_key, material))
    _show_once(key, material, made)


@app.command()
def rotate(
    number: Annotated[int, typer.Argument(help="Number of the key, from `yibao keys list`.")],
    overlap_days: Annotated[int, typer.Option(min=0, help="Days for which the old key goes on.")] = 7,
    from_file: FromFile = None,
    public_key: PublicKey = None,
) -> None:
    """Put a new key beside an old one: both are accepted for some days, then the new one alone.

    Example: `yibao keys rotate 12 --overlap-days 14`
    """
    prepare()
    from yibao.domains.messages.keys import key_with_id, rotate_key

    old = key_with_id(number)
    material, made = _material(old.access_point, from_file=from_file, public_key=public_key)
    now = datetime.now(UTC)
    new = rotate_key(credential_id=number, material=material, at=now, overlap_until=now + timedelta(days=overlap_days))
    _show_once(new, material, made)


@app.command()
def retire(number: Annotated[int, typer.Argument(help="Number of the key, from `yibao keys list`.")]) -> None:
    """End a key now; the gateway refuses it within three seconds.

    Example: `yibao keys retire 12`
    """
    prepare()
    from yibao.domains.messages.keys import retire_key

    retire_key(credential_id=number, at=datetime.now(UTC))
    console.print(f"[green]✓[/green] {number} 已停用 ended", highlight=False)


@app.command()
def rewrap() -> None:
    """Seal all keys under the newest master key; afterwards the older ones may be taken out of YIBAO_MASTER_KEY.

    Example: `YIBAO_MASTER_KEY="$NEW,$OLD" yibao keys rewrap`
    """
    prepare()
    from yibao.domains.agreements.signing import seal_anew as seal_agreement_keys_anew
    from yibao.domains.messages.keys import seal_anew
    from yibao.domains.prescriptions.signatures import seal_anew as seal_signers_anew
    from yibao.domains.vouchers.keys import seal_anew as seal_codes_anew

    count = seal_anew() + seal_codes_anew() + seal_signers_anew() + seal_agreement_keys_anew()
    console.print(f"[green]✓[/green] {count} 个密钥已重新封存 keys sealed anew", highlight=False)


@app.command()
def vouchers(
    retire: Annotated[
        int | None, typer.Option(help="End the key of this number: its codes are forged from then on.")
    ] = None,
) -> None:
    """Make a new key for the codes of electronic vouchers, or end one; every process knows within five seconds.

    Examples: `yibao keys vouchers`, `yibao keys vouchers --retire 1`
    """
    prepare()
    from yibao.domains.vouchers.keys import make_key, retire_key

    now = datetime.now(UTC)
    if retire is not None:
        retire_key(number=retire, at=now)
        console.print(f"[green]✓[/green] {retire} 已停用 ended", highlight=False)
        return
    console.print(f"[green]✓[/green] 凭证密钥编号 key of voucher codes {make_key(at=now).pk}", highlight=False)


def _material(
    point: "AccessPoint", *, from_file: str | None, public_key: str | None
) -> "tuple[Material, dict[str, str]]":
    """The parts of a key as its scheme needs them: read, or made; and what of them its holder must be told."""
    from yibao.interfaces.gateway.schemes import SCHEMES
    from yibao.interfaces.gateway.schemes.making import made_material, read_material

    scheme = SCHEMES[point.scheme]
    if from_file is None:
        return made_material(scheme, public_key=public_key)
    text = sys.stdin.buffer.read() if from_file == "-" else open(from_file, "rb").read()  # noqa: PTH123, SIM115
    return read_material(scheme, text), {}


def _show_once(key: "Credential", material: "Material", made: dict[str, str]) -> None:
    """Print what the institution needs to sign; it can never be shown again."""
    console.print(f"[green]✓[/green] 密钥编号 key {key.pk}, 名称 name: {key.access_key or '—'}", highlight=False)
    if made:
        console.print("以下内容只显示这一次 what follows is shown this once:", highlight=False)
    for name, value in made.items():
        sys.stdout.write(f"{name}={value}\n")
    if not material.parts:
        console.print("本方案不需要密钥 this scheme needs no secret", highlight=False)


def _moment(value: Any) -> str:
    """A moment as a cell shows it."""
    return value.astimezone().strftime("%Y-%m-%d %H:%M") if value else "—"


def _refuse(reason: str) -> None:
    """Say why and end."""
    Console(stderr=True).print(f"[red]{reason}[/red]", highlight=False)
    sys.exit(1)
