"""The files that stand beside the schemes' folders of a region: which there are, and what reads and checks each.

A new kind of file is one line in `READERS`; one that nobody reads is itself something wrong.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from yibao.policies.account_sharing import SHARING_FILE, sharing_law
from yibao.policies.agreement_library import FILE as AGREEMENTS_FILE
from yibao.policies.agreement_library import check_agreements
from yibao.policies.agreement_texts import TEMPLATES_FILE, read_templates
from yibao.policies.contribution_terms import check_contributions
from yibao.policies.contributions import CONTRIBUTIONS_FILE
from yibao.policies.double_enrolment import double_rules
from yibao.policies.errors import PolicyError, Problem
from yibao.policies.internet_care import CONTINUED_FILE, INTERNET_FILE, check_rulebook
from yibao.policies.interregional import interregional_law
from yibao.policies.library import ROOT
from yibao.policies.maternity import MATERNITY_FILE, maternity_file
from yibao.policies.notes import NOTES_FILE, read_notes
from yibao.policies.poverty_watch import FILE as WATCH_FILE
from yibao.policies.poverty_watch import check_watch
from yibao.policies.procedure import procedure_law

READERS: Final[Mapping[str, Callable[[Path], object]]] = {
    SHARING_FILE: sharing_law.__wrapped__,
    AGREEMENTS_FILE: lambda path: check_agreements(path.parent.name, path.parent.parent),
    TEMPLATES_FILE: read_templates,
    CONTRIBUTIONS_FILE: check_contributions,
    "double_enrolment.yaml": lambda path: double_rules.__wrapped__(path.parent.parent),
    INTERNET_FILE: check_rulebook,
    CONTINUED_FILE: check_rulebook,
    "interregional.yaml": interregional_law.__wrapped__,
    MATERNITY_FILE: lambda path: maternity_file.__wrapped__(path.parent.name, path.parent.parent),
    NOTES_FILE: read_notes,
    WATCH_FILE: lambda path: check_watch(path.parent.name, path.parent.parent),
    "procedure.yaml": procedure_law.__wrapped__,
}
"""What reads a file of this name, past any memory of an earlier reading, and raises `PolicyError` when it cannot be law."""


def side_files(folder: Path | None = None, root: Path = ROOT) -> Iterator[Path]:
    """The side files of one region's folder, or of every region that is shipped, by region and name."""
    yield from sorted(root.glob("*/*.yaml") if folder is None else folder.glob("*.yaml"))


def problems_of_side_file(path: Path) -> tuple[Problem, ...]:
    """Everything wrong with one file, with file, line and reason; nothing when it is law."""
    reader = READERS.get(path.name)
    if reader is None:
        known = ", ".join(sorted(READERS))
        return (Problem(f"{path.parent.name}/{path.name}", 1, "unknown_file", f"known are {known}"),)
    try:
        reader(path)
    except PolicyError as error:
        return error.problems
    return ()
