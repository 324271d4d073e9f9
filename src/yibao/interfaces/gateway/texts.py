"""Errors become sentences here, in the reader's language; every code has its line in texts.yaml."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec
from django.utils.translation import override

from yibao.core.errors import SeveralReasonsError, YibaoError
from yibao.interfaces.gateway.codec import FieldFault, FieldsRefusedError
from yibao.workflows.states_in_words import STANDING, in_words

Language = Literal["zh", "en"]

_LOG: Final = logging.getLogger(__name__)


class Sentence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the table: the sentence in Chinese and in English, with placeholders."""

    zh: str
    en: str


SENTENCES: Final[Mapping[str, Sentence]] = msgspec.yaml.decode(
    Path(__file__).with_suffix(".yaml").read_bytes(), type=dict[str, Sentence]
)
"""The table by code."""


class Strictness:
    """Whether a missing line or fact is raised (tests) or answered with the generic sentence (production)."""

    raises = False


class MissingTextError(LookupError):
    """An error has no line in texts.yaml, or lacks a fact that its line shows: a mistake in our code."""


def text_of(error: YibaoError, language: Language = "zh") -> str:
    """The sentence for an error; several refused fields, and several reasons, are joined by a semicolon.

    :raises MissingTextError: there is none, and `Strictness.raises` is set.
    """
    if isinstance(error, FieldsRefusedError):
        return ("；" if language == "zh" else "; ").join(text_of_fault(fault, language) for fault in error.faults)
    if isinstance(error, SeveralReasonsError):
        said = (_sentence(code, facts, language) for code, facts in error.reasons)
        return _sentence(
            error.code, {**error.facts, "reasons": ("；" if language == "zh" else "; ").join(said)}, language
        )
    return _sentence(error.code, error.facts, language)


def text_of_fault(fault: FieldFault, language: Language = "zh") -> str:
    """The sentence for one refused field, named in the reader's language with the technical name in brackets."""
    name = f"{fault.zh}({fault.path})" if language == "zh" else f"{fault.en} ({fault.path})"
    return _sentence(f"fields.{fault.reason}", {**fault.facts, "field": name}, language)


def sentence_of(code: str, language: Language = "zh", **facts: object) -> str:
    """The sentence of a line that is no error, filled with facts."""
    return _sentence(code, facts, language)


def _sentence(code: str, facts: Mapping[str, object], language: Language) -> str:
    """Fill the line of this code."""
    try:
        template: str = getattr(SENTENCES[code], language)
        if code in STANDING:
            with override("en" if language == "en" else "zh-hans"):
                return template.format_map(in_words(code, facts))
        return template.format_map(facts)
    except KeyError as missing:
        if Strictness.raises:
            raise MissingTextError(code, missing.args[0]) from None
        _LOG.exception("no sentence for %s", code)
        fallback: str = getattr(SENTENCES["fallback"], language)
        return fallback.format(code=code)
