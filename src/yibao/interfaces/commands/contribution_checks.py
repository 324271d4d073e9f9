"""What `yibao policy check` says about the law of contributions and of shared accounts, in the words it has for policy files."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import typer

from yibao.policies import PolicyError, Problem
from yibao.policies.account_sharing import sharing_files, sharing_law
from yibao.policies.contribution_terms import check_contributions, contribution_regions
from yibao.policies.contributions import CONTRIBUTIONS_FILE
from yibao.policies.double_enrolment import DOUBLE_FILE, double_rules
from yibao.policies.library import ROOT


def contributions_are_sound(folder: Path | None, reasons: Mapping[str, str]) -> bool:
    """Check every region's contributions and the rules on double enrolment; with a scheme's folder only its region's.

    Prints a line for each file, or one for each problem on stderr.
    """
    sound = True
    for name, problems in _checked(folder):
        for problem in problems:
            sound = False
            typer.echo(f"{problem.file}:{problem.line}: {reasons[problem.kind]}: {problem.detail}", err=True)
        if not problems:
            typer.echo(f"{name}: sound")
    return sound


def _checked(folder: Path | None) -> Iterator[tuple[str, tuple[Problem, ...]]]:
    """Each file's name and its problems."""
    regions = [folder.resolve().parent] if folder else [ROOT / region for region in contribution_regions()]
    for path in (region / CONTRIBUTIONS_FILE for region in regions):
        if path.is_file():
            yield f"{path.parent.name}/{path.name}", _problems(check_contributions, path)
    if folder is None:
        yield DOUBLE_FILE, _problems(double_rules, ROOT)
        for path in sharing_files():
            yield f"{path.parent.name}/{path.name}", _problems(sharing_law, path)


def _problems(check: Callable[[Path], object], path: Path) -> tuple[Problem, ...]:
    """What a check finds wrong."""
    try:
        check(path)
    except PolicyError as error:
        return error.problems
    return ()
