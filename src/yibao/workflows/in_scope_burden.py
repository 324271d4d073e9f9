"""What a person bears of the in-scope cost of a settlement after everybody else has paid, read from its trace."""

from datetime import date
from typing import Any

from yibao import policies
from yibao.domains.settlement.models import Settlement
from yibao.domains.settlement.yearly_burdens import settlements_to_count
from yibao.policies.law import Law


def in_scope_burden_fen(settlement: Settlement) -> int:
    """In-scope cost that no fund, institution or charity paid (政策范围内个人自付), in fen; the account is the person's own money.

    A layer that works on in-scope cost, among other parts or not, pays for it first, as the kernel does; a layer on other
    parts alone leaves it as it is. Where the law of the settlement is not at hand any more, all payments count so.
    """
    told = settlement
    while not told.trace and told.reverses is not None:
        told = told.reverses
    outside_fen = settlement.full_self_pay_fen + settlement.over_ceiling_fen + settlement.self_pay_first_fen
    rest_fen: int = settlement.in_scope_fen
    try:
        layers = _layers(told.policy)
        for step in policies.steps_from_plain(told.trace):
            if _reduces(layers[step.layer]):
                rest_fen -= min(rest_fen, step.paid_fen)
    except (policies.NoPolicyError, policies.UnreadableTraceError, KeyError, ValueError):
        return max(settlement.person_fen - outside_fen, 0)
    return rest_fen


def year_burden_fen(*, person_id: int, region: str, year: int) -> int:
    """What a person bears of a year's in-scope cost by the settlements that stand now."""
    return sum(map(in_scope_burden_fen, settlements_to_count(person_ids=[person_id], region=region, year=year)))


def _layers(policy_id: str) -> dict[str, Any]:
    """The layers of the law that a settlement names as <region>/<scheme>@<first day>, by key."""
    path, _, dated = policy_id.partition("@")
    region, _, scheme = path.partition("/")
    first_day, _, emergency = dated.partition("+")
    law: Law = policies.law_of(policies.load(region, scheme, date.fromisoformat(first_day), emergency or None))
    return {placed.layer.key: placed.layer for placed in law.layers}


def _reduces(layer: Any) -> bool:
    """Whether a layer's payment takes in-scope cost off the person."""
    owed = layer.base.owed
    return layer.payer != "account" and (owed is None or "in_scope" in owed)
