"""Errors become sentences here, in the reader's language; every code of the office has its line in texts.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from yibao.core.errors import YibaoError
from yibao.interfaces.office.words import own_words
from yibao.workflows.states_in_words import in_words


class OfficeSentence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the table: the sentence in Chinese and in English, with placeholders."""

    zh: str
    en: str


SENTENCES: Final[Mapping[str, OfficeSentence]] = msgspec.yaml.decode(
    Path(__file__).with_suffix(".yaml").read_bytes(), type=dict[str, OfficeSentence]
)
"""The table by code."""


def text_of(error: YibaoError) -> str:
    """The error as a sentence in the reader's language, filled with its facts."""
    sentence = SENTENCES[error.code]
    template = own_words(sentence)
    return template.format_map(in_words(error.code, error.facts))
