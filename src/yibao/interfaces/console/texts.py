"""Errors become sentences here, in the reader's language; every code of the console has its line in texts.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from django.utils.translation import get_language

from yibao.core.errors import YibaoError


class ConsoleSentence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the table: the sentence in Chinese and in English, with placeholders."""

    zh: str
    en: str


SENTENCES: Final[Mapping[str, ConsoleSentence]] = msgspec.yaml.decode(
    Path(__file__).with_suffix(".yaml").read_bytes(), type=dict[str, ConsoleSentence]
)
"""The table by code."""


def is_english() -> bool:
    """Whether the reader asked for English; otherwise it is Chinese."""
    return (get_language() or "").startswith("en")


def text_of(error: YibaoError) -> str:
    """The error as a sentence in the reader's language, filled with its facts."""
    sentence = SENTENCES[error.code]
    return (sentence.en if is_english() else sentence.zh).format_map(error.facts)
