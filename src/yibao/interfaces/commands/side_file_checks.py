"""What `yibao policy check` says about the files beside the schemes' folders, in the words it has for policy files."""

from collections.abc import Mapping
from pathlib import Path

import typer

from yibao.policies.side_files import problems_of_side_file, side_files


def side_files_are_sound(folder: Path | None, reasons: Mapping[str, str]) -> bool:
    """Check the side files of every region; with a scheme's folder those of its region only.

    Prints a line for each file, or one for each problem on stderr.
    """
    sound = True
    for path in side_files(None if folder is None else folder.resolve().parent):
        problems = problems_of_side_file(path)
        for problem in problems:
            sound = False
            typer.echo(f"{problem.file}:{problem.line}: {reasons[problem.kind]}: {problem.detail}", err=True)
        if not problems:
            typer.echo(f"{path.parent.name}/{path.name}: sound")
    return sound
