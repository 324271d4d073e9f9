"""Refusals of the API as sentences, by the code of the error; the language is the one that the request asks for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from yibao.core.errors import YibaoError

Language = Literal["zh", "en"]


class ApiSentence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the table: the sentence in Chinese and in English, with placeholders."""

    zh: str
    en: str


SENTENCES: Final[Mapping[str, ApiSentence]] = msgspec.yaml.decode(
    Path(__file__).with_suffix(".yaml").read_bytes(), type=dict[str, ApiSentence]
)
"""The table by code."""


def text_of(error: YibaoError, language: Language) -> str:
    """The error as a sentence, filled with its facts."""
    sentence = SENTENCES[error.code]
    return (sentence.en if language == "en" else sentence.zh).format_map(error.facts)
