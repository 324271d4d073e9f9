"""Refusals become sentences here, in the reader's language; every code that a visitor can meet has its line in texts.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from yibao.core.errors import YibaoError
from yibao.interfaces.portal.words import reads_english


class PortalSentence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the table: the sentence in Chinese and in English, with placeholders."""

    zh: str
    en: str


SENTENCES: Final[Mapping[str, PortalSentence]] = msgspec.yaml.decode(
    Path(__file__).with_suffix(".yaml").read_bytes(), type=dict[str, PortalSentence]
)
"""The table by code."""


def text_of(error: YibaoError) -> str:
    """The error as a sentence in the reader's language, filled with its facts."""
    sentence = SENTENCES[error.code]
    return (sentence.en if reads_english() else sentence.zh).format_map(error.facts)
