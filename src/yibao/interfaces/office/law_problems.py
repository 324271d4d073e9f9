"""What is wrong with a draft of a law, in the reader's words: file, line, reason, detail."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from yibao.interfaces.office.texts import OfficeSentence
from yibao.interfaces.office.words import own_words
from yibao.policies.errors import Problem

PROBLEMS: Final[Mapping[str, OfficeSentence]] = msgspec.yaml.decode(
    Path(__file__).with_suffix(".yaml").read_bytes(), type=dict[str, OfficeSentence]
)
"""What each kind of problem means."""


def sentence_of(problem: Problem, *, with_place: bool = True) -> str:
    """A problem as a sentence; without its place where the reader stands before it."""
    said = PROBLEMS[problem.kind]
    reason = f"{own_words(said)} ({problem.detail})"
    return f"{problem.file}:{problem.line}: {reason}" if with_place else reason
