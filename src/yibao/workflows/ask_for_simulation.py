"""Ask for a simulation (申请模拟): put the reform together, check it as law, and let it wait to be carried out."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from yibao.domains.simulations.models import SimulationRequest
from yibao.domains.simulations.operations import ask_for_simulation
from yibao.domains.staff.models import StaffMember
from yibao.policies.drafts import Number, changed_files, files_of, write_files
from yibao.policies.references import Chosen, choose

Source = SimulationRequest.Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an analyst says: two laws with their days, numbers and files that the reform has otherwise, whose visits, limits."""

    title: str
    base: Chosen
    reform: Chosen
    changes: Mapping[str, str]
    uploads: Mapping[str, str]
    source: Source
    first_year: int
    last_year: int
    seed: int | None
    visits: int | None
    income_fen: int
    catastrophic_share_ppm: int


def ask(asked: Asked, numbers: Sequence[Number], *, member: StaffMember, at: datetime) -> SimulationRequest:
    """Check the reform and keep what is asked for.

    `numbers` are those of the reform's law, of which `changes` names some by key. Of a draft all files are kept.
    :raises PolicyError: the reform cannot be law; nothing was kept.
    :raises NoPolicyError: the draft is not in force on its day.
    :raises NotAnAnalystError, TooManyWaitingError: nothing was kept.
    """
    files: dict[str, str] = {}
    if asked.changes or asked.uploads:
        scheme = asked.reform.law.scheme
        files = changed_files(files_of(scheme.region, scheme.scheme), numbers, asked.changes) | dict(asked.uploads)
        with tempfile.TemporaryDirectory(prefix="yibao-") as folder:
            draft_in(Path(folder), files, asked.reform.law.name, asked.reform.on)
    request = SimulationRequest(
        region_id=member.region_id,
        title=asked.title,
        base=_reference(asked.base),
        reform=_reference(asked.reform),
        files=files,
        changes=_told(numbers, asked.changes),
        source=asked.source,
        first_year=asked.first_year,
        last_year=asked.last_year,
        seed=asked.seed,
        visits=asked.visits,
        income_fen=asked.income_fen,
        catastrophic_share_ppm=asked.catastrophic_share_ppm,
        requested_by=member,
        requested_at=at,
    )
    return ask_for_simulation(request)


def laws_of(request: SimulationRequest, folder: Path) -> tuple[Chosen, Chosen]:
    """The two laws that were asked for; a draft is written below `folder` and read from there.

    :raises PolicyError, NoPolicyError: what was law when it was asked for is no longer at hand.
    """
    if not request.files:
        return choose(request.base), choose(request.reform)
    name, _at, day = request.reform.partition("@")
    return choose(request.base), draft_in(folder, request.files, name, date.fromisoformat(day))


def draft_in(folder: Path, files: Mapping[str, str], name: str, on: date) -> Chosen:
    """Write a draft below a folder as <region>/<scheme> and read its law of a day.

    :raises PolicyError, NoPolicyError: it cannot be law, or not on this day.
    """
    return choose(str(write_files(files, folder / name)), on)


def _reference(chosen: Chosen) -> str:
    """A law with its day, as it is named from outside."""
    return f"{chosen.law.name}@{chosen.on.isoformat()}"


def _told(numbers: Sequence[Number], changes: Mapping[str, str]) -> list[dict[str, Any]]:
    """What was changed, for whoever reads the result."""
    known = {number.key: number for number in numbers}
    return [
        {"key": key, "clause": known[key].placed.value.clause, "file": known[key].file, "line": known[key].line, "old": known[key].text, "new": new}
        for key, new in changes.items()
    ]  # fmt: skip
