"""Refusals become sentences here, in the reader's language; every code that a visitor can meet has its line in texts.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from yibao.core.errors import SeveralReasonsError, YibaoError
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


def text_of_any(error: YibaoError) -> str:
    """The sentence of any refusal: where the table has none, that it was refused, with its code for whoever is asked.

    A refusal for several reasons names the article of each.
    """
    english = reads_english()
    if isinstance(error, SeveralReasonsError):
        articles = [str(facts.get("article_en" if english else "article", code)) for code, facts in error.reasons]
        told = {**error.facts, "reasons": (", " if english else "、").join(dict.fromkeys(articles))}
        sentence = SENTENCES[error.code]
        return (sentence.en if english else sentence.zh).format_map(told)
    if error.code in SENTENCES:
        return text_of(error)
    sentence = SENTENCES["portal.refused"]
    return (sentence.en if english else sentence.zh).format(code=error.code)
