"""How a law is named from outside: 110000/310@2025-01-01, 110000/310 with a day, or the folder of a draft."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.engines.benefits import CompiledPolicy
from yibao.policies.errors import NoPolicyError
from yibao.policies.law import SCHEME_FILE, Law
from yibao.policies.library import compile_folder, law_of, load


class UnreadableReferenceError(YibaoError):
    """The text names neither region/scheme with a day nor a folder with a scheme file."""

    code: ClassVar[str] = "policies.unreadable_reference"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The law of one day: its tables, its files as they were read, and the day."""

    policy: CompiledPolicy
    law: Law
    on: date


def choose(reference: str, on: date | None = None) -> Chosen:
    """Find the law that a reference names; the day behind @ goes before `on`.

    A folder (<region>/<scheme> with scheme.yaml) without a day stands for its latest law.
    :raises UnreadableReferenceError: it is no reference, or region and scheme come without a day.
    :raises NoPolicyError: there is no such scheme, or it is not in force on that day.
    :raises PolicyError: its files cannot be law.
    """
    place, at, day = reference.partition("@")
    try:
        on = date.fromisoformat(day) if at else on
    except ValueError:
        raise UnreadableReferenceError(reference=reference) from None
    folder = Path(place)
    if (folder / SCHEME_FILE).is_file():
        return _of_folder(folder.resolve(), on)
    region, _, scheme = place.partition("/")
    if not (len(region) == 6 and region.isdigit() and scheme.isdigit()) or on is None:
        raise UnreadableReferenceError(reference=reference)
    policy = load(region, scheme, on)
    return Chosen(policy, law_of(policy), on)


def _of_folder(folder: Path, on: date | None) -> Chosen:
    """Compile a folder and take the law of a day, or the latest."""
    stretches = compile_folder(folder)
    for stretch, policy in reversed(stretches):
        if on is None or on in stretch:
            return Chosen(policy, law_of(policy), on or stretch.start)
    assert on is not None
    raise NoPolicyError(region=folder.parent.name, scheme=folder.name, on=on.isoformat())
