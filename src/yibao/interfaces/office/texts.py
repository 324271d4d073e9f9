"""Errors become sentences here, in the reader's language; every code of the office has its line in texts.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from django.db.models import TextChoices
from django.utils.translation import get_language

from yibao.core.errors import YibaoError
from yibao.domains.agreements.states import CaseState, CaseStep
from yibao.domains.prescriptions.states import State as PrescriptionState
from yibao.domains.prescriptions.states import Step as PrescriptionStep


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
    template = sentence.en if (get_language() or "").startswith("en") else sentence.zh
    return template.format_map(_in_words(error))


STANDING: Final[Mapping[str, tuple[type[TextChoices], type[TextChoices]]]] = {
    "agreements.wrong_step": (CaseState, CaseStep),
    "prescriptions.wrong_state": (PrescriptionState, PrescriptionStep),
}
"""Refusals that name a state and a step, and whose words these are."""


def _in_words(error: YibaoError) -> Mapping[str, object]:
    """The facts of an error, states and steps in the reader's words instead of by their codes."""
    named = dict(zip(("state", "step"), STANDING.get(error.code, ()), strict=False))
    words = {name: dict(choices.choices).get(str(error.facts.get(name))) for name, choices in named.items()}
    return {**error.facts, **{name: word for name, word in words.items() if word}}
