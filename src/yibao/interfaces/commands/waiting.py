"""How far long work has come, shown on a terminal and nowhere else."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Thing = TypeVar("Thing")


def watched(things: Iterable[Thing], *, what: str, total: int | None) -> Iterator[Thing]:
    """Hand things on and show on stderr how many have passed; without a terminal nothing is shown."""
    with progress_bar() as bar:
        task = bar.add_task(what, total=total)
        for thing in things:
            yield thing
            bar.advance(task)


def progress_bar() -> Progress:
    """A bar that disappears when the work is done."""
    console = Console(stderr=True, highlight=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
