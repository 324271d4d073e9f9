"""The kernel against OpenFisca on two simple benefits, each timed as a whole call and checked against exact numbers.

Inpatient: one admission a year with a deductible and bands by level and status. The law is data on both sides: dated
parameter scales in OpenFisca, the folder bench/policies here. Outpatient: Beijing employees' law with a year of visits,
which OpenFisca holds as constants in its formulas.

Each line ends with a ratio measured in the same run: processor time of one core, the best of several rounds.
"""

import os
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any, Final

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # its threads wait in a spin, which would be counted against OpenFisca

import numpy as np
from numpy.typing import NDArray
from openfisca_core.entities import Entity
from openfisca_core.indexed_enums import Enum
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import DateUnit
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from kernel import best_seconds
from yibao.engines.benefits import BulkCases, settle_many
from yibao.policies import compile_folder

POLICY: Final = Path(__file__).parent / "policies" / "000000" / "310"
BASIC_LAYERS: Final = POLICY.parents[1] / "110000" / "310"
ADMITTED: Final = 500_000
MONTHS: Final = 12
INSURED: Final = 300_000

DEDUCTIBLES: Final = {"tertiary": 1300, "secondary": 800, "primary": 300}
EDGES: Final = (30000, 40000)
PERCENT: Final = {
    "2020-01-01": {
        "active": {"tertiary": (80, 85, 90), "secondary": (82, 87, 92), "primary": (85, 90, 95)},
        "retired": {"tertiary": (90, 92, 95), "secondary": (91, 93, 96), "primary": (92, 95, 97)},
    },
    "2024-01-01": {
        "active": {"tertiary": (85, 90, 95), "secondary": (87, 92, 97), "primary": (90, 95, 97)},
        "retired": {"tertiary": (93, 95, 97), "secondary": (94, 96, 98), "primary": (95, 97, 98)},
    },
}
"""The law of bench/policies once more, in yuan and percent: for OpenFisca's parameters and for the exact reference."""

Fen = NDArray[np.int64]


class Level(Enum):
    """Level of the hospital (医院等级)."""

    tertiary = "三级"
    secondary = "二级"
    primary = "一级"


LEVELS: Final = tuple(DEDUCTIBLES)
STATUSES: Final = ("active", "retired")


def inpatient() -> None:
    """One admission of each person, the law as data in both systems."""
    policy = next(policy for stretch, policy in compile_folder(POLICY) if date(2026, 1, 1) in stretch)
    chance = np.random.default_rng(3)
    cost = chance.lognormal(13.8, 0.8, ADMITTED).astype(np.int64)
    level, retired = chance.integers(0, len(LEVELS), ADMITTED).astype(np.int16), chance.random(ADMITTED) < 0.3
    ours_of = np.array([policy.index["level"][name] for name in LEVELS], np.int16)

    def kernel() -> Fen:
        codes, amounts = np.zeros((7, ADMITTED), np.int16), np.zeros((5, ADMITTED), np.int64)
        codes[1], codes[2], codes[5] = ours_of[level], retired, 1
        amounts[0] = amounts[4] = cost
        persons, none = np.arange(ADMITTED), np.zeros((ADMITTED, 0), np.int64)
        return settle_many(policy, BulkCases(codes, amounts, persons, none, np.zeros(ADMITTED, np.int64))).fund_fen

    exact = exact_inpatient(cost.tolist(), level.tolist(), retired.tolist())
    for name, formula in (
        ("each scale for everybody, then a choice", choose_among_all),
        ("by group", inpatient_benefit),
    ):
        system = rival_with_parameters(formula)

        def openfisca(system: TaxBenefitSystem = system) -> Fen:
            simulation = SimulationBuilder().build_default_simulation(system, count=ADMITTED)
            simulation.set_input("cost", "2026", cost / 100)
            simulation.set_input("level", "2026", level)
            simulation.set_input("retired", "2026", retired)
            return in_fen(simulation.calculate("benefit", "2026"))

        compare(f"inpatient, law as parameters, {name}", ADMITTED, kernel, openfisca, exact)


def compare(name: str, visits: int, kernel: Callable[[], Fen], openfisca: Callable[[], Fen], exact: Fen) -> None:
    """Count what is not exact, take the times and print the line."""
    our_wrong, wrong = int((kernel() != exact).sum()), int((openfisca() != exact).sum())
    ours, theirs = best_seconds(kernel), best_seconds(openfisca)
    print(
        f"OpenFisca, {name}, {visits:,} visits: {visits / theirs / 1e6:.1f} million visits/s, {wrong:,} off by a fen or more; "
        f"kernel with laying out the columns {visits / ours / 1e6:.1f} million, {our_wrong:,} off; "
        f"ratio {theirs / ours:.1f} (limit 5)"
    )


def in_fen(yuan: NDArray[np.float32]) -> Fen:
    """Turn OpenFisca's yuan into fen."""
    return np.rint(yuan.astype(np.float64) * 100).astype(np.int64)


def exact_inpatient(cost: list[int], level: list[int], retired: list[bool]) -> Fen:
    """Settle one person after the other in fractions, each band's payment rounded half up to the fen."""
    paid = []
    for who in range(ADMITTED):
        name, low = LEVELS[level[who]], min(cost[who], DEDUCTIBLES[LEVELS[level[who]]] * 100)
        total = 0
        for edge, percent in zip((*EDGES, None), PERCENT["2024-01-01"][STATUSES[retired[who]]][name], strict=True):
            high = cost[who] if edge is None else min(cost[who], edge * 100)
            total += floor(Fraction(max(high - low, 0) * percent, 100) + Fraction(1, 2))
            low = max(low, high)
        paid.append(total)
    return np.array(paid, np.int64)


def scale_of(status: str, level: str) -> dict[str, Any]:
    """One scale's dated brackets. The deductible is its first bracket, at rate nothing: one scale less to calculate."""
    thresholds = (0, DEDUCTIBLES[level], *EDGES)
    rates = {day: (0, *law[status][level]) for day, law in PERCENT.items()}
    return {
        "brackets": [
            {
                "threshold": {"values": {min(PERCENT): {"value": threshold}}},
                "rate": {"values": {day: {"value": percent[place] / 100} for day, percent in rates.items()}},
            }
            for place, threshold in enumerate(thresholds)
        ]
    }


def choose_among_all(who: Any, period: Any, parameters: Any) -> Any:
    """The usual vector formula: every scale is calculated for everybody, and a choice made among the results."""
    scales = parameters(period).inpatient
    cost, level, retired = who("cost", period), who("level", period), who("retired", period)
    groups = [(at, status) for at in Level for status in STATUSES]
    return np.round(
        np.select(
            [(level == at) & (retired == (status == "retired")) for at, status in groups],
            [scales[status][at.name].calc(cost) for at, status in groups],
        ),
        2,
    )


def inpatient_benefit(who: Any, period: Any, parameters: Any) -> Any:
    """Each scale for its own group only: several times as fast as choosing among all six for everybody."""
    scales = parameters(period).inpatient
    cost, level, retired = who("cost", period), who("level", period), who("retired", period)
    paid = np.zeros(len(cost))
    for at in Level:
        for status, of_status in (("active", ~retired), ("retired", retired)):
            group = (level == at) & of_status
            paid[group] = scales[status][at.name].calc(cost[group])
    return np.round(paid, 2)


def rival_with_parameters(formula: Callable[..., Any]) -> TaxBenefitSystem:
    """Build OpenFisca's system with the inpatient benefit, its law in parameters."""
    person = Entity("person", "persons", "Person", "")
    system = TaxBenefitSystem([person])
    scales = {status: {level: scale_of(status, level) for level in LEVELS} for status in STATUSES}
    system.parameters = ParameterNode("", data={"inpatient": scales})
    add = adder(system, person)
    add("cost", float, DateUnit.YEAR)
    add("retired", bool, DateUnit.YEAR)
    add("level", Enum, DateUnit.YEAR, possible_values=Level, default_value=Level.primary)
    add("benefit", float, DateUnit.YEAR, formula=formula)
    return system


def adder(system: TaxBenefitSystem, person: Entity) -> Callable[..., None]:
    """Give the function that adds a variable to a system."""

    def add(name: str, kind: type, unit: DateUnit, **more: Any) -> None:
        content = {"value_type": kind, "entity": person, "definition_period": unit, "label": name}
        system.add_variable(type(name, (Variable,), content | more))

    return add


def outpatient() -> None:
    """Beijing employees' outpatient benefit, one visit a month with what the year has counted, in both systems."""
    policy = next(policy for stretch, policy in compile_folder(BASIC_LAYERS) if date(2026, 11, 1) in stretch)
    chance = np.random.default_rng(2)
    cost = chance.lognormal(12.0, 1.2, (MONTHS, INSURED)).astype(np.int64)
    community, retired = chance.random((MONTHS, INSURED)) < 0.4, chance.random(INSURED) < 0.3
    age = np.where(retired, chance.integers(55, 95, INSURED), chance.integers(20, 60, INSURED))

    def kernel() -> Fen:
        extras = len(policy.components)
        codes, amounts = np.zeros((13, MONTHS, INSURED), np.int16), np.zeros((6 + extras, MONTHS, INSURED), np.int64)
        codes[12] = 1  # how often the deductible is due
        codes[0] = policy.index["care"]["outpatient"]
        codes[1] = np.where(community, policy.index["level"]["community"], policy.index["level"]["tertiary"])
        codes[2], codes[4], codes[5] = retired, age, 1
        amounts[0] = amounts[4] = cost
        return settle_many(
            policy,
            BulkCases(
                codes=codes.reshape(13, -1),
                amounts=amounts.reshape(6 + extras, -1),
                person=np.tile(np.arange(INSURED), MONTHS),
                accumulators=np.zeros((INSURED, len(policy.accumulators)), np.int64),
                balances=np.zeros(INSURED, np.int64),
            ),
        ).fund_fen

    system = rival_with_constants()

    def openfisca() -> Fen:
        simulation = SimulationBuilder().build_default_simulation(system, count=INSURED)
        simulation.set_input("retired", "2026", retired)
        simulation.set_input("age", "2026", age)
        for month in range(MONTHS):
            simulation.set_input("cost", f"2026-{month + 1:02}", cost[month] / 100)
            simulation.set_input("community", f"2026-{month + 1:02}", community[month])
        return in_fen(
            np.concatenate([simulation.calculate("benefit", f"2026-{month + 1:02}") for month in range(MONTHS)])
        )

    exact = exact_outpatient(cost.tolist(), community.tolist(), retired.tolist(), age.tolist())
    compare("Beijing outpatient, law as constants", MONTHS * INSURED, kernel, openfisca, exact)


def exact_outpatient(cost: list[list[int]], community: list[list[bool]], retired: list[bool], age: list[int]) -> Fen:
    """Beijing's outpatient law for local visits in Python's integers, one visit after the other."""
    deducted, pooled, paid = [0] * INSURED, [0] * INSURED, []
    for month in range(MONTHS):
        for who in range(INSURED):
            taken = min(cost[month][who], (130_000 if retired[who] else 180_000) - deducted[who])
            deducted[who] += taken
            percent = 70 if not retired[who] else 85 if age[who] < 70 else 90
            percent = 90 if community[month][who] else percent
            rest = cost[month][who] - taken
            earned = (rest * percent + 50) // 100
            part = min(earned, 2_000_000 - pooled[who])
            pooled[who] += part
            covered = rest if part == earned and pooled[who] - part < 2_000_000 else -(-part * 100 // percent)
            beyond = rest - covered
            paid.append(part + (beyond * (80 if retired[who] else 60) + 50) // 100)
    return np.array(paid, np.int64)


def so_far(who: Any, name: str, period: Any) -> Any:
    """What was counted up to the month before, nothing in January."""
    return who(name, period.last_month) if period.start.month > 1 else 0.0


def deducted(self: Any, period: Any) -> Any:
    threshold = np.where(self("retired", period.this_year), 1300, 1800)
    return np.minimum(threshold, so_far(self, "deducted", period) + self("cost", period))


def rate(self: Any, period: Any) -> Any:
    retired, old = self("retired", period.this_year), self("age", period.this_year) >= 70
    in_hospital = np.select([retired & old, retired], [0.90, 0.85], 0.70)
    return np.where(self("community", period), 0.90, in_hospital)


def rest(self: Any, period: Any) -> Any:
    return self("cost", period) - (self("deducted", period) - so_far(self, "deducted", period))


def pooled(self: Any, period: Any) -> Any:
    room = 20000 - so_far(self, "pooled_so_far", period)
    return np.minimum(np.round(self("rest", period) * self("rate", period), 2), room)


def pooled_so_far(self: Any, period: Any) -> Any:
    return so_far(self, "pooled_so_far", period) + self("pooled", period)


def benefit(self: Any, period: Any) -> Any:
    pooled, rest = self("pooled", period), self("rest", period)
    stopped = self("pooled_so_far", period) >= 20000
    beyond = np.where(stopped, np.maximum(rest - pooled / self("rate", period), 0), 0)
    share = np.where(self("retired", period.this_year), 0.80, 0.60)
    return np.round(pooled + beyond * share, 2)


FORMULAS: Final = (deducted, rate, rest, pooled, pooled_so_far, benefit)


def rival_with_constants() -> TaxBenefitSystem:
    """Build OpenFisca's system with Beijing's outpatient benefit, in its own vectorised way."""
    person = Entity("person", "persons", "Person", "")
    system = TaxBenefitSystem([person])
    add = adder(system, person)
    add("retired", bool, DateUnit.YEAR)
    add("age", int, DateUnit.YEAR)
    add("cost", float, DateUnit.MONTH)
    add("community", bool, DateUnit.MONTH)
    for formula in FORMULAS:
        add(formula.__name__, float, DateUnit.MONTH, formula=formula)
    return system


def main() -> None:
    """Measure and print; the limits are meant for a quiet machine."""
    inpatient()
    outpatient()


if __name__ == "__main__":
    main()
