"""A refusal at the command line: its sentence in Chinese and English, and exit code 1."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import typer
from rich.console import Console

from yibao.core.errors import YibaoError
from yibao.core.yaml_text import load_yaml

if TYPE_CHECKING:
    from yibao.policies.references import Chosen

REASONS: Final[Mapping[str, str]] = {
    "bands": "rates do not fit the bands",
    "base": "the layer's base is not clear",
    "contradiction": "two statements contradict each other",
    "counted_twice": "two layers of one visit would count the same cost",
    "edges": "the bands' edges are not in order",
    "empty_period": "the period ends before it begins",
    "gap": "nothing is said for some days or circumstances",
    "missing_cell": "the table has no entry for some circumstances",
    "missing_file": "a file is missing",
    "never_holds": "the value can never hold",
    "never_written": "the accumulator is read and nobody adds to it",
    "no_layer": "a kind of care has neither a layer nor a word that no fund pays",
    "no_source": "a source is missing",
    "no_value": "the value cannot be read",
    "no_yaml": "this is no YAML of the kind used here",
    "none_first": "the first entry must be none",
    "not_a_table": "a table was expected",
    "not_in_the_language": "this is not in the policy language",
    "not_rising": "the groups do not rise",
    "overlap": "two values hold at once",
    "repeated_clause": "the clause id is used twice",
    "repeated_key": "the key stands twice",
    "repeated_layer": "the layer's key is used twice",
    "repeated_order": "two layers have the same place in the order",
    "unknown_accumulator": "the accumulator is not declared",
    "unknown_code": "the code is not declared",
    "unknown_file": "no law is read from a file of this name",
    "unknown_fund": "the fund is not declared",
    "unknown_key": "the key is not in the policy language",
    "unknown_layer": "there is no such layer here",
    "unknown_source": "the source is not declared",
    "unused_accumulator": "no layer uses the accumulator",
    "wrong_accumulator": "the accumulator counts something else",
    "wrong_folder": "region and scheme are not those of the folder",
    "wrong_unit": "the unit does not fit",
}
"""What is wrong with a policy file, by the kind of the problem."""
_DOORS = Path(__file__).parent.parent
_TABLES = ("commands", "gateway", "office", "console")


@contextmanager
def clear_refusals() -> Iterator[None]:
    """Say an anticipated error in two languages on stderr and end with exit code 1."""
    try:
        yield
    except YibaoError as error:
        console = Console(stderr=True, highlight=False)
        for sentence in told(error):
            console.print(f"[red]{sentence}[/red]")
        sys.exit(1)


def told(error: YibaoError) -> list[str]:
    """The sentences of a refusal, in Chinese and English."""
    return [text.format_map(error.facts) for text in _sentences().get(error.code, {"": str(error)}).values()]


@cache
def _sentences() -> dict[str, dict[str, str]]:
    """The sentences of all doors by code: a command may meet the refusals of each."""
    tables = [load_yaml((_DOORS / door / "texts.yaml").read_bytes()) for door in _TABLES]
    return {code: sentence for table in tables for code, sentence in table.items()}


def choose_or_refuse(reference: str, on: date | None = None) -> "Chosen":
    """Find the law that a reference names, or say why there is none and end with exit code 1."""
    from yibao.policies import NoPolicyError, PolicyError
    from yibao.policies.references import UnreadableReferenceError, choose

    try:
        return choose(reference, on)
    except UnreadableReferenceError:
        leave(f"{reference}: name a law as 110000/310@2025-01-01, as 110000/310 with --on, or by its folder")
    except NoPolicyError as error:
        leave(f"{reference}: no such policy is in force on {error.facts['on']}; see `yibao policy check`")
    except PolicyError as error:
        leave("\n".join(f"{each.file}:{each.line}: {REASONS[each.kind]}: {each.detail}" for each in error.problems))


def leave(reason: str) -> NoReturn:
    """Say why and end with exit code 1."""
    typer.echo(reason, err=True)
    raise typer.Exit(1)
