"""Why a settlement came out as it did: its stored trace told by the law of its day, to the office and to the person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal

from yibao.core.errors import YibaoError
from yibao.domains.settlement.models import Settlement
from yibao.engines.benefits import CompiledPolicy
from yibao.policies import (
    NoPolicyError,
    PolicyError,
    UnknownClauseError,
    UnreadableTraceError,
    accumulator_names,
    explain,
    law_of,
    load,
)

Language = Literal["zh", "en"]


class UnknownPolicyError(YibaoError):
    """A settlement names a policy that is none of the law files at hand, or that they compile otherwise today."""

    code: ClassVar[str] = "office.unknown_policy"


@dataclass(frozen=True, slots=True)
class AccumulatorChange:
    """What a settlement added to one of the person's accumulators, in fen, under the law's own name for it."""

    name: str
    change_fen: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """The sentences in the order of the calculation, and the changes of accumulators; no sentences when law is missing."""

    sentences: tuple[str, ...]
    changes: tuple[AccumulatorChange, ...]


def explain_settlement(settlement: Settlement, language: Language) -> Explanation:
    """Explain a settlement in a language; a reversal is explained by what it reverses."""
    told = settlement
    while not told.trace and told.reverses is not None:
        told = told.reverses
    return explain_trace(told.policy, told.trace, language, changes=settlement.accumulator_changes or {})


def explain_trace(policy_id: str, trace: Any, language: Language, *, changes: Mapping[str, int]) -> Explanation:
    """Explain a stored trace by the policy that it names, in a language."""
    try:
        policy = policy_named(policy_id)
        names = {name: getattr(text, language) for name, text in accumulator_names(law_of(policy)).items()}
        sentences = tuple(explain(policy, trace, language))
    except (UnknownPolicyError, UnknownClauseError, UnreadableTraceError):
        names, sentences = {}, ()
    return Explanation(
        sentences=sentences,
        changes=tuple(AccumulatorChange(names.get(name, name), int(fen)) for name, fen in sorted(changes.items())),
    )


def fund_names(policy_id: str, language: Language) -> dict[str, str]:
    """What the law of a settlement calls its funds, by code; nothing when it is no longer at hand."""
    try:
        funds = law_of(policy_named(policy_id)).scheme.funds
    except UnknownPolicyError:
        return {}
    return {code: getattr(text, language) for code, text in funds.items()}


def policy_named(policy_id: str) -> CompiledPolicy:
    """Load the policy that a settlement names as `<region>/<scheme>@<first day>`, perhaps with `+<emergency>`.

    :raises UnknownPolicyError: there is no such policy, or its law begins on another day now.
    """
    scheme_path, _, dated = policy_id.partition("@")
    first_day, _, emergency = dated.partition("+")
    region, _, scheme = scheme_path.partition("/")
    try:
        policy = load(region, scheme, date.fromisoformat(first_day), emergency or None)
    except (NoPolicyError, PolicyError, ValueError):
        raise UnknownPolicyError(policy=policy_id) from None
    if policy.policy_id != policy_id:
        raise UnknownPolicyError(policy=policy_id)
    return policy
