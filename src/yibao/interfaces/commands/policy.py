"""`yibao policy`: check the law's files, show the law of a day with its sources, print the files' schema."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from yibao.interfaces.commands.refusals import REASONS, choose_or_refuse

app = typer.Typer(help="Law as data: check, show and describe policy files.", no_args_is_help=True)

LANGUAGES: Final[dict[str, tuple[Literal["zh", "en"], ...]]] = {"zh": ("zh",), "en": ("en",), "both": ("zh", "en")}


@app.command(epilog="Example: yibao policy check    or: yibao policy check drafts/110000/310")
def check(
    folder: Annotated[Path | None, typer.Argument(help="One scheme's folder; all shipped policies without it.")] = None,
) -> None:
    """Read every policy file, and those beside the schemes' folders, and say what cannot be law: file, line, reason."""
    from yibao.interfaces.commands.side_file_checks import side_files_are_sound
    from yibao.policies import PolicyError, compile_folder, schemes
    from yibao.policies.library import ROOT

    folders = [folder.resolve()] if folder else [ROOT / region / scheme for region, scheme in schemes()]
    broken = False
    for each in folders:
        try:
            stretches = compile_folder(each)
        except PolicyError as error:
            broken = True
            for problem in error.problems:
                where = f"{problem.file}:{problem.line}"
                typer.echo(f"{where}: {REASONS[problem.kind]}: {problem.detail}", err=True)
        else:
            typer.echo(f"{each.parent.name}/{each.name}: sound, {len(stretches)} stretches of time")
    if not side_files_are_sound(folder, REASONS) or broken:
        raise typer.Exit(1)


@app.command(epilog="Example: yibao policy show 110000 310 --on 2026-11-01")
def show(
    region: Annotated[str, typer.Argument(help="Division code of the pooling region, as 110000.")],
    scheme: Annotated[str, typer.Argument(help="Insurance type: 310 employees, 390 residents; or internet_care.")],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day whose law is shown.")],
) -> None:
    """Show the law of a day: every value with unit, source, article, link and how far it is to be trusted."""
    from yibao.interfaces.commands.rulebook_table import RULEBOOK, rulebook_table
    from yibao.policies import NoPolicyError, PolicyError, law_of, load

    try:
        if scheme == RULEBOOK:
            Console().print(rulebook_table(region, on.date()))
            return
        policy = load(region, scheme, on.date())
    except NoPolicyError:
        typer.echo(f"There is no policy {region}/{scheme} in force on {on.date()}; see `yibao policy check`.", err=True)
        raise typer.Exit(1) from None
    except PolicyError as error:
        typer.echo("\n".join(str(problem) for problem in error.problems), err=True)
        raise typer.Exit(1) from None
    Console().print(_table(law_of(policy), policy.policy_id, on.date()))


@app.command(
    epilog="Examples:\n\n  yibao policy diff 110000/310@2022-12-31 110000/310@2023-01-01\n\n"
    "  yibao policy diff 110000/310 drafts/110000/310 --on 2026-11-01\n\n"
    "  yibao policy diff 110000/390 120000/390 --on 2026-11-01 --json"
)
def diff(
    before: Annotated[str, typer.Argument(help="Region/scheme@day as 110000/310@2025-01-01, or a scheme's folder.")],
    after: Annotated[str, typer.Argument(help="What it is held against, named in the same way.")],
    on: Annotated[
        list[datetime] | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="The day of the law where no @day stands; twice: the second for AFTER."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Plain values instead of sentences.")] = False,
    language: Annotated[str, typer.Option(help="zh, en or both.")] = "both",
) -> None:
    """Say in words what differs between two laws: rates, deductibles, limits, layers, for whom, by which clauses."""
    from yibao.policies.comparison import compare
    from yibao.policies.difference_sentences import plain, sentences_of

    if language not in LANGUAGES:
        _refuse(f"{language}: --language is zh, en or both")
    days = [each.date() for each in on or ()]
    comparison = compare(
        choose_or_refuse(before, days[0] if days else None), choose_or_refuse(after, days[-1] if days else None)
    )
    if as_json:
        typer.echo(json.dumps(plain(comparison), ensure_ascii=False, indent=2))
        return
    typer.echo(f"{comparison.before.policy.policy_id} → {comparison.after.policy.policy_id}")
    for each in LANGUAGES[language]:
        typer.echo("\n" + "\n".join(sentences_of(comparison, each)))


def _refuse(reason: str) -> NoReturn:
    """Say why and end."""
    typer.echo(reason, err=True)
    raise typer.Exit(1)


@app.command(epilog="Example: yibao policy schema > policy.schema.json")
def schema() -> None:
    """Print the JSON schema of policy files, for editors and other programs."""
    from yibao.policies.language import json_schema

    typer.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


def _table(law: Any, policy_id: str, day: date) -> Table:
    """Lay out the values that hold on a day; `law` is a `yibao.policies.law.Law`."""
    title = f"{law.scheme.title.zh} / {law.scheme.title.en}  {policy_id}"
    table = Table(title=title, show_lines=True)
    for heading in ("layer", "what", "for", "value", "in force", "source", "trust"):
        table.add_column(heading, overflow="fold")
    for row in _rows(law, day):
        table.add_row(*row)
    return table


def _rows(law: Any, day: date) -> Iterator[tuple[str, ...]]:
    """Write what holds on a day: layers with their values and adjustments, statistics, account, then `_words`."""
    for placed in law.layers:
        if day in placed.period:
            title = f"{placed.layer.title.zh}\n{placed.layer.title.en}"
            said = [(role, value) for role, values in placed.values.items() for value in values]
            said += [(f"adjusts {value.value.of}", value) for value in placed.adjustments]
            yield from ((title, role, *_cells(law, value)) for role, value in said if day in value.period)
    for name, values in law.statistics.items():
        title = f"{law.scheme.statistics[name].zh}\n{name}"
        yield from ((title, "statistic", *_cells(law, value)) for value in values if day in value.period)
    for value in law.account:
        if day in value.period:
            yield "个人账户\npersonal account", "may pay", *_cells(law, value)
    yield from _words(law, day)


def _words(law: Any, day: date) -> Iterator[tuple[str, ...]]:
    """Write what holds without an amount: care that no fund pays, care like other care, what an emergency may suspend."""
    for entry, period in law.not_paid:
        if day in period:
            yield ", ".join(entry.care), "no fund pays", "", "", str(period), entry.note, entry.trust
    for care, said in law.scheme.cares.items():
        if said.like is not None and day in law.cares[care]:
            yield care, f"like {said.like}", "", "", str(law.cares[care]), said.note, said.trust
    for name, overlay in law.emergencies.items():
        if day in overlay.period:
            for entry in overlay.emergency.suspends:
                title, diseases = f"{overlay.emergency.title.zh}\n{name}", ", ".join(overlay.emergency.diseases)
                yield title, f"suspends {entry.what}", diseases, "", str(overlay.period), entry.note, entry.trust


def _cells(law: Any, placed: Any) -> tuple[str, str, str, str, str]:
    """Write one value: slice, value with unit, days, source and note, trust."""
    value, clause = placed.value, law.clauses[placed.value.clause]
    slices = "\n".join(f"{dimension}: {', '.join(codes)}" for dimension, codes in value.where.items())
    cuts = getattr(value, "edges", None)
    edges = f"bands {', '.join('…' if edge is None else str(edge) for edge in cuts)}\n" if cuts else ""
    parts = (clause.document, clause.article, clause.link, clause.note)
    source = "\n".join(part for part in parts if part)
    return slices, f"{edges}{_tree(value.value)}\n({value.unit})", str(placed.period), source, clause.trust


def _tree(content: Any, indent: str = "") -> str:
    """Write a nested table of a policy value as indented lines."""
    if isinstance(content, dict):
        lines = []
        for key, inner in content.items():
            nested = isinstance(inner, dict)
            lines.append(f"{indent}{key}:" + ("\n" + _tree(inner, indent + "  ") if nested else f" {_tree(inner)}"))
        return "\n".join(lines)
    if isinstance(content, list):
        return ", ".join(str(item) for item in content)
    return str(content)
