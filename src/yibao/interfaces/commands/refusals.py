"""A refusal at the command line: its sentence in Chinese and English, and exit code 1."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import yaml
from rich.console import Console

from yibao.core.errors import YibaoError

_DOORS = Path(__file__).parent.parent
_TABLES = ("commands", "gateway", "office")


@contextmanager
def clear_refusals() -> Iterator[None]:
    """Say an anticipated error in two languages on stderr and end with exit code 1."""
    try:
        yield
    except YibaoError as error:
        console = Console(stderr=True, highlight=False)
        for sentence in _sentences().get(error.code, {"": str(error)}).values():
            console.print(f"[red]{sentence.format_map(error.facts)}[/red]")
        sys.exit(1)


@cache
def _sentences() -> dict[str, dict[str, str]]:
    """The sentences of all doors by code: a command may meet the refusals of each."""
    tables = [yaml.safe_load((_DOORS / door / "texts.yaml").read_bytes()) for door in _TABLES]
    return {code: sentence for table in tables for code, sentence in table.items()}
