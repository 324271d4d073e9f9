"""The benefit kernel: in bulk against a hard-wired loop, and one visit alone; against OpenFisca see openfisca.py.

Each line ends with a ratio measured in the same run. Times are processor time of one core, the best of several rounds.
"""

import time
import timeit
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np
from numba import njit

from yibao.engines.benefits import BenefitCase, BulkCases, CompiledPolicy, settle, settle_many
from yibao.policies import load

VISITS: Final = 2_000_000
PERSONS: Final = 200_000
ROUNDS: Final = 5


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
    codes = np.zeros((13, VISITS), np.int16)
    codes[0] = np.where(inpatient, policy.index["care"]["inpatient"], policy.index["care"]["outpatient"])
    codes[1] = chance.integers(0, 5, VISITS)
    codes[2] = chance.random(VISITS) < 0.3
    codes[3] = chance.integers(0, 3, VISITS)
    codes[4] = chance.integers(20, 90, VISITS)
    codes[5] = chance.integers(1, 3, VISITS)
    codes[6] = codes[12] = 1
    nothing = np.zeros_like(scope)
    carved_out = [nothing for _ in policy.components]
    return BulkCases(
        codes=codes,
        amounts=np.stack([scope + first + outside, outside, nothing, first, scope, nothing, *carved_out]),
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


def main() -> None:
    """Measure and print; the limits are meant for a quiet machine."""
    bulk()
    single()


if __name__ == "__main__":
    main()
