"""The benefit kernel: in bulk against a hard-wired loop, one visit alone, and against OpenFisca on the same benefit.

Each line ends with a ratio measured in the same run. Times are processor time of one core, the best of several rounds.
"""

import time
import timeit
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, Final

import numpy as np
from numba import njit
from openfisca_core.entities import Entity
from openfisca_core.periods import DateUnit
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from yibao.engines.benefits import BenefitCase, BulkCases, CompiledPolicy, settle, settle_many
from yibao.policies import load

VISITS: Final = 2_000_000
PERSONS: Final = 200_000
ROUNDS: Final = 5
MONTHS: Final = 12
INSURED: Final = 300_000


def best_seconds(action: Callable[[], object]) -> float:
    """Processor time of the best round; the first call is a rehearsal."""
    action()
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return min(times)


def random_cases(policy: CompiledPolicy) -> BulkCases:
    """Visits of all levels, ages, statuses and places, 6 % inpatient, a person's visits together and in order."""
    chance = np.random.default_rng(1)
    inpatient = chance.random(VISITS) < 0.06
    cost = np.where(inpatient, chance.lognormal(13.8, 0.8, VISITS), chance.lognormal(10.3, 1.0, VISITS))
    scope = cost.astype(np.int64)
    first, outside = scope // 10, scope // 8
    codes = np.empty((7, VISITS), np.int16)
    codes[0] = np.where(inpatient, policy.index["care"]["inpatient"], policy.index["care"]["outpatient"])
    codes[1] = chance.integers(0, 5, VISITS)
    codes[2] = chance.random(VISITS) < 0.3
    codes[3] = chance.integers(0, 3, VISITS)
    codes[4] = chance.integers(20, 90, VISITS)
    codes[5] = chance.integers(1, 3, VISITS)
    codes[6] = 1
    return BulkCases(
        codes=codes,
        amounts=np.stack([scope + first + outside, outside, np.zeros_like(scope), first, scope]),
        person=np.sort(chance.integers(0, PERSONS, VISITS)),
        accumulators=np.zeros((PERSONS, len(policy.accumulators)), np.int64),
        balances=np.full(PERSONS, 500_000, np.int64),
    )


@njit(cache=False)
def hard_wired(scope, person, deducted, position, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Two layers written into the code: an annual deductible with one rate, and what lies beyond a yearly cost."""
    for i in range(scope.shape[0]):
        who = person[i]
        taken = min(scope[i], 180_000 - deducted[who])
        deducted[who] += taken
        low, high = position[who] + taken, position[who] + scope[i]
        position[who] = high
        inside = max(min(high, 2_000_000) - low, 0)
        out[0, i] = (inside * 700_000 + 500_000) // 1_000_000
        out[1, i] = ((high - low - inside) * 600_000 + 500_000) // 1_000_000


def bulk() -> None:
    """Visits a second in bulk under all of Beijing's law for employees, against the hard-wired loop."""
    policy = load("110000", "310", date(2026, 11, 1))
    cases = random_cases(policy)
    ours = best_seconds(lambda: settle_many(policy, cases))
    out = np.empty((2, VISITS), np.int64)
    scope = cases.amounts[4].copy()

    def plain() -> None:
        hard_wired(scope, cases.person, np.zeros(PERSONS, np.int64), np.zeros(PERSONS, np.int64), out)

    theirs = best_seconds(plain)
    print(
        f"bulk, full Beijing employees' law: {VISITS / ours / 1e6:.1f} million visits/s/core (limit 5); "
        f"two hard-wired layers: {VISITS / theirs / 1e6:.1f} million; ratio {theirs / ours:.2f}"
    )


def single() -> None:
    """Microseconds of one visit with its trace, against the time a visit takes in bulk."""
    policy = load("110000", "310", date(2026, 11, 1))
    case = BenefitCase(
        care="inpatient",
        level="tertiary",
        status="active",
        age=40,
        ordinal=1,
        place="local",
        total_fen=20_000_000,
        full_self_pay_fen=0,
        over_ceiling_fen=0,
        self_pay_first_fen=0,
        in_scope_fen=20_000_000,
        account_balance_fen=0,
        account_used=False,
        accumulators={},
    )
    visit = replace(case, care="outpatient", total_fen=30_000, in_scope_fen=30_000)
    for name, one in (("outpatient, one layer", visit), ("inpatient, two layers, four bands", case)):
        rounds = timeit.repeat(lambda one=one: settle(policy, one), number=2_000, repeat=7, timer=time.process_time)  # type: ignore[misc]
        micros = min(rounds) / 2_000 * 1e6
        print(f"one visit with trace, {name}: {micros:.1f} us (limit 50); ratio {micros / 50:.2f} of the limit")


def openfisca() -> None:
    """Beijing employees' outpatient benefit, one visit a month with what the year has counted, in both systems."""
    policy = load("110000", "310", date(2026, 11, 1))
    chance = np.random.default_rng(2)
    cost = chance.lognormal(12.0, 1.2, (MONTHS, INSURED)).astype(np.int64)
    community, retired = chance.random((MONTHS, INSURED)) < 0.4, chance.random(INSURED) < 0.3
    age = np.where(retired, chance.integers(55, 95, INSURED), chance.integers(20, 60, INSURED))

    def kernel() -> np.ndarray[Any, Any]:
        codes = np.zeros((7, MONTHS, INSURED), np.int16)
        codes[0] = policy.index["care"]["outpatient"]
        codes[1] = np.where(community, policy.index["level"]["community"], policy.index["level"]["tertiary"])
        codes[2], codes[4], codes[5] = retired, age, 1
        none = np.zeros_like(cost)
        return settle_many(
            policy,
            BulkCases(
                codes=codes.reshape(7, -1),
                amounts=np.stack([cost, none, none, none, cost]).reshape(5, -1),
                person=np.tile(np.arange(INSURED), MONTHS),
                accumulators=np.zeros((INSURED, len(policy.accumulators)), np.int64),
                balances=np.zeros(INSURED, np.int64),
            ),
        ).fund_fen

    system = rival()

    def openfisca_year() -> np.ndarray[Any, Any]:
        simulation = SimulationBuilder().build_default_simulation(system, count=INSURED)
        simulation.set_input("retired", "2026", retired)
        simulation.set_input("age", "2026", age)
        for month in range(MONTHS):
            simulation.set_input("cost", f"2026-{month + 1:02}", cost[month] / 100)
            simulation.set_input("community", f"2026-{month + 1:02}", community[month])
        paid = [simulation.calculate("benefit", f"2026-{month + 1:02}") for month in range(MONTHS)]
        return np.rint(np.concatenate(paid).astype(np.float64) * 100).astype(np.int64)

    exact = exact_payments(cost.tolist(), community.tolist(), retired.tolist(), age.tolist())
    our_wrong, wrong = int((kernel() != exact).sum()), int((openfisca_year() != exact).sum())
    ours, theirs = best_seconds(kernel), best_seconds(openfisca_year)
    visits = MONTHS * INSURED
    print(
        f"OpenFisca, Beijing outpatient, {visits:,} visits: {visits / theirs / 1e6:.1f} million visits/s, {wrong:,} off by a "
        f"fen or more; kernel with laying out the columns {visits / ours / 1e6:.1f} million, {our_wrong:,} off; "
        f"ratio {theirs / ours:.1f}"
    )


def exact_payments(
    cost: list[list[int]], community: list[list[bool]], retired: list[bool], age: list[int]
) -> np.ndarray[Any, Any]:
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


def rival() -> TaxBenefitSystem:
    """Build OpenFisca's system with the same benefit, in its own vectorised way."""
    person = Entity("person", "persons", "Person", "")
    system = TaxBenefitSystem([person])

    def variable(name: str, kind: type, unit: DateUnit, formula: Callable[..., Any] | None = None) -> None:
        content = {"value_type": kind, "entity": person, "definition_period": unit, "label": name}
        system.add_variable(type(name, (Variable,), content | ({"formula": formula} if formula else {})))

    variable("retired", bool, DateUnit.YEAR)
    variable("age", int, DateUnit.YEAR)
    variable("cost", float, DateUnit.MONTH)
    variable("community", bool, DateUnit.MONTH)
    for formula in FORMULAS:
        variable(formula.__name__, float, DateUnit.MONTH, formula)
    return system


def main() -> None:
    """Measure and print; the limits are meant for a quiet machine."""
    bulk()
    single()
    openfisca()


if __name__ == "__main__":
    main()
