"""States and steps that a refusal names, in the reader's words: doors fill their sentences with these, not with codes."""

from collections.abc import Mapping
from typing import Final

from django.db.models import TextChoices

from yibao.domains.agreements.states import CaseState, CaseStep
from yibao.domains.mobile_orders.states import State as OrderState
from yibao.domains.mobile_orders.states import Step as OrderStep
from yibao.domains.prescriptions.states import State as PrescriptionState
from yibao.domains.prescriptions.states import Step as PrescriptionStep

STANDING: Final[Mapping[str, tuple[type[TextChoices], type[TextChoices]]]] = {
    "agreements.wrong_step": (CaseState, CaseStep),
    "mobile_orders.wrong_state": (OrderState, OrderStep),
    "prescriptions.wrong_state": (PrescriptionState, PrescriptionStep),
}
"""Refusals that name a state and a step, and whose words these are."""


def in_words(code: str, facts: Mapping[str, object]) -> Mapping[str, object]:
    """The facts of an error, states and steps in the words of the language that is active; all others as they are."""
    named = dict(zip(("state", "step"), STANDING.get(code, ()), strict=False))
    words = {name: dict(choices.choices).get(str(facts.get(name))) for name, choices in named.items()}
    return {**facts, **{name: word for name, word in words.items() if word}}
