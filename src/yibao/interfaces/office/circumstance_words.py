"""What else than bill and person a settlement stands on, in words: the law's own names where it has them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from yibao import policies
from yibao.core.money import format_yuan
from yibao.domains.settlement.models import Settlement
from yibao.interfaces.office.words import own_words, reader_language
from yibao.policies import NoPolicyError
from yibao.policies.circumstances import word
from yibao.policies.language import Text


def facts_kept(settlement: Settlement) -> dict[str, Any]:
    """The facts kept with a settlement, or with what it turned round; nothing for an ordinary one."""
    told: Settlement | None = settlement
    while told is not None:
        if hasattr(told, "circumstances"):
            return dict(told.circumstances.facts)
        told = told.reverses
    return {}


def circumstance_rows(facts: Mapping[str, Any], *, policy_id: str) -> list[tuple[str, str]]:
    """Label and value of every fact but the place and the filings, which the page shows itself."""
    names = _names(policy_id)
    rows = []
    if "care" in facts:
        rows.append((_("Settled as"), word(facts["care"], reader_language())))
    if "disease" in facts:
        rows.append((_("Recognised disease"), _named(names, facts["disease"])))
    if "plan" in facts:
        rows.append((_("Supplement held"), _named(names, facts["plan"])))
    if "deductible_credit_fen" in facts:
        rows.append((_("Deductible borne before the transfer (yuan)"), format_yuan(facts["deductible_credit_fen"])))
    if "earlier_account_fen" in facts:
        rows.append((_("From the account of earlier years (yuan)"), format_yuan(facts["earlier_account_fen"])))
    if "raised_cap_fen" in facts:
        rows.append((_("Cap raised by incentives (yuan)"), format_yuan(facts["raised_cap_fen"])))
    for part, fen in facts.get("extras", {}).items():
        rows.append((_("{part} (yuan)").format(part=_named(names, part)), format_yuan(fen)))
    return rows


def _named(names: Mapping[str, Text], code: str) -> str:
    """The law's name of a code, or the code."""
    return own_words(names[code]) if code in names else code


def _names(policy_id: str) -> dict[str, Text]:
    """What the law of a settlement calls its plans, diseases and components; nothing when it is no longer at hand."""
    place, _at, rest = policy_id.partition("@")
    region, _slash, scheme = place.partition("/")
    try:
        law = policies.law_of(policies.load(region, scheme, date.fromisoformat(rest[:10])))
    except (NoPolicyError, ValueError):
        return {}
    groups = (law.scheme.plans, law.scheme.diseases, law.scheme.components)
    return {code: Text(zh=said.zh, en=said.en) for group in groups for code, said in group.items()}
