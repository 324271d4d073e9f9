"""What the notes of policy files say in the other language: a file beside the schemes of each region."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta

from yibao.policies.documents import read_document
from yibao.policies.errors import PolicyError
from yibao.policies.language import Strict, Text, parse
from yibao.policies.library import ROOT
from yibao.policies.sentence_words import Language

NOTES_FILE: Final = "notes.yaml"


class NotesFile(Strict, frozen=True, kw_only=True):
    """Notes in both languages, each once."""

    notes: Annotated[list[Text], Meta(min_length=1)]


def read_notes(path: Path) -> tuple[Text, ...]:
    """The notes of one file, checked.

    :raises PolicyError: it is no such file, or says one note twice, in either language.
    """
    document = read_document(path, f"{path.parent.name}/{path.name}")
    notes, seen, problems = parse(document, NotesFile).notes, set(), []
    for place, note in enumerate(notes):
        for key, said in (("en", note.en), ("zh", note.zh)):
            if (key, said) in seen:
                problems.append(document.problem("repeated_key", said, "notes", place, key))
            seen.add((key, said))
    if problems:
        raise PolicyError(tuple(problems))
    return tuple(notes)


def note_in(note: str, language: Language) -> str:
    """A note in this language; as it stands in its file where nobody has said it in the other one.

    :raises PolicyError: a file of notes cannot be read.
    """
    said = _by_words().get(note)
    return note if said is None else said.zh if language == "zh" else said.en


@cache
def _by_words() -> Mapping[str, Text]:
    """All notes by their words in either language."""
    notes = [note for path in sorted(ROOT.glob(f"*/{NOTES_FILE}")) for note in read_notes(path)]
    return {words: note for note in notes for words in (note.en, note.zh)}
