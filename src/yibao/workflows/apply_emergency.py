"""The law of a visit when a decision in a major epidemic is in force: whose diagnosis and group it names gets its tables.

For a region without a decision in force this costs two look-ups in memory, and no question to the database.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from yibao import policies
from yibao.domains.emergencies.in_force import DecisionInForce, decisions_in_force
from yibao.engines.benefits import BenefitCase, CompiledPolicy, EmergencyTerms
from yibao.engines.benefits.tables import MAX_AGE, SPACE_ALL_IN_SCOPE

_GROUPED: Final = {"age": (0, 0, "age_groups"), "ordinal": (1, 1, "ordinal_groups"), "tenure": (2, 0, "tenure_groups")}
"""Circumstances counted in numbers: their row of `groups`, the number it begins with, and the names of their groups."""


@dataclass(frozen=True, slots=True)
class AppliedLaw:
    """The law that a visit is settled by, the case as that law sees it, and the decision behind it (none: ordinary law)."""

    policy: CompiledPolicy
    case: BenefitCase
    decision_id: int | None


def law_for(
    policy: CompiledPolicy,
    case: BenefitCase,
    *,
    region: str,
    scheme: str,
    day: date,
    main_diagnosis: Callable[[], str | None],
) -> AppliedLaw:
    """Give a visit's law: the ordinary `policy`, or the tables of the first decision in force that names the visit.

    `main_diagnosis` is asked only when a decision is in force in the region on the day. Where the law suspends the catalogue, the
    whole cost of the case counts as in scope.
    """
    for decision in decisions_in_force(region, day):
        tables = _tables(decision, region, scheme, day)
        if tables is not None and tables.emergency is not None and _names(tables, tables.emergency, case):
            diagnosis = main_diagnosis()
            if diagnosis is not None and tables.emergency.names_diagnosis(diagnosis):
                return AppliedLaw(tables, _as_seen(tables, case), decision.id)
    return AppliedLaw(policy, case, None)


def _tables(decision: DecisionInForce, region: str, scheme: str, day: date) -> CompiledPolicy | None:
    """The decision's tables; none when this scheme has no such file or it does not cover the day."""
    if decision.emergency not in policies.emergencies(region, scheme, day):
        return None
    return policies.load(region, scheme, day, emergency=decision.emergency)


def _names(tables: CompiledPolicy, terms: EmergencyTerms, case: BenefitCase) -> bool:
    """Whether every circumstance that the emergency's file restricts is one of those it names."""
    return all(_circumstance(tables, case, dimension) in names for dimension, names in terms.applies.items())


def _circumstance(tables: CompiledPolicy, case: BenefitCase, dimension: str) -> str:
    """The case's value of a dimension, by the name of its group where the law counts in groups."""
    value = getattr(case, dimension)
    if dimension not in _GROUPED:
        return str(value)
    row, first, names = _GROUPED[dimension]
    groups: tuple[str, ...] = getattr(tables, names)
    return groups[int(tables.groups[row, min(int(value) - first, MAX_AGE)])]


def _as_seen(tables: CompiledPolicy, case: BenefitCase) -> BenefitCase:
    """The case with its whole cost in scope where the catalogue is suspended."""
    if not tables.space[SPACE_ALL_IN_SCOPE]:
        return case
    return replace(
        case, full_self_pay_fen=0, over_ceiling_fen=0, self_pay_first_fen=0, in_scope_fen=case.total_fen, extras={}
    )
