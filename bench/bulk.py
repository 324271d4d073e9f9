"""A hundred million visits in bulk: peak memory of the process, and visits a second of one core, under all of a region's layers.

Visits come in the order of time, so every person's accumulators and balance are held from the first chunk to the last:
this is the dearest way for memory. The limit is 8 GiB. The ratio is peak memory to that limit, and to what the state of
the persons alone takes.

python bench/bulk.py                        # 100 million visits of 15 million persons
python bench/bulk.py --visits 10000000
"""

import argparse
import resource
import time
from collections.abc import Iterator
from datetime import date
from typing import Final

import numpy as np

from yibao.engines.benefits import CompiledPolicy, settle_chunks
from yibao.engines.benefits.cases import Amounts, Codes
from yibao.policies import load

LIMIT_GIB: Final = 8.0
VISITS: Final = 100_000_000
VISITS_OF_A_PERSON: Final = 6.6
CHUNK: Final = 500_000


def chunks(policy: CompiledPolicy, visits: int, persons: int) -> Iterator[tuple[Codes, Amounts, Amounts]]:
    """Visits of everybody in the order of time: all levels, ages, statuses and places, 6 % inpatient; made as they are asked for."""
    for number, first in enumerate(range(0, visits, CHUNK)):
        count, chance = min(CHUNK, visits - first), np.random.default_rng([1, number])
        inpatient = chance.random(count) < 0.06
        cost = np.where(inpatient, chance.lognormal(13.8, 0.8, count), chance.lognormal(10.3, 1.0, count))
        scope = cost.astype(np.int64)
        paid_first, outside, none = scope // 10, scope // 8, np.zeros_like(scope)
        codes = np.zeros((13, count), np.int16)
        codes[0] = np.where(inpatient, policy.index["care"]["inpatient"], policy.index["care"]["outpatient"])
        codes[1] = chance.integers(0, 5, count)
        codes[2] = chance.random(count) < 0.3
        codes[3] = chance.integers(0, 3, count)
        codes[4] = chance.integers(20, 90, count)
        codes[5] = chance.integers(1, 3, count)
        codes[6] = codes[12] = 1
        codes[11] = first * 12 // visits
        total = scope + paid_first + outside
        amounts = np.stack([total, outside, none, paid_first, scope, none, *[none] * len(policy.components)])
        yield codes, amounts, chance.integers(0, persons, count)


def peak_gib() -> float:
    """The most memory that the process ever had, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def main() -> None:
    """Settle, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--visits", type=int, default=VISITS)
    options = parser.parse_args()
    policy = load("110000", "310", date(2026, 11, 1))
    persons = max(1, int(options.visits / VISITS_OF_A_PERSON))
    accumulators = np.zeros((persons, len(policy.accumulators)), np.int64)
    balances = np.full((persons,), 500_000, np.int64)
    few, none = np.zeros((100, len(policy.accumulators)), np.int64), np.zeros(100, np.int64)
    for _ in settle_chunks(policy, chunks(policy, 1_000, 100), accumulators=few, balances=none):
        pass  # a rehearsal: the loop is compiled
    bare = peak_gib()
    settled, paid_fen = 0, 0
    made = Timed(chunks(policy, options.visits, persons))
    results = settle_chunks(policy, made, accumulators=accumulators, balances=balances)
    began = time.process_time()
    for result in results:
        settled += len(result.fund_fen)
        paid_fen += int(result.fund_fen.sum())
    seconds = time.process_time() - began - made.seconds
    peak = peak_gib()
    state = (accumulators.nbytes + balances.nbytes) / 1024**3
    print(
        f"{settled:,} visits of {persons:,} persons under all of Beijing's law for employees: {seconds:.1f} s of processor,"
        f" {settled / seconds / 1e6:.1f} million visits/s/core; the funds pay {paid_fen / 100:,.0f} yuan"
    )
    print(
        f"peak memory {peak:.2f} GiB (before {bare:.2f}; the persons' state {state:.2f});"
        f" limit {LIMIT_GIB:.0f}, ratio {peak / LIMIT_GIB:.2f}"
    )


class Timed:
    """Chunks, with the processor time that making them took, so that it can be taken off."""

    def __init__(self, made: Iterator[tuple[Codes, Amounts, Amounts]]) -> None:
        """Begin with nothing."""
        self.made, self.seconds = made, 0.0

    def __iter__(self) -> "Timed":
        """Itself."""
        return self

    def __next__(self) -> tuple[Codes, Amounts, Amounts]:
        """Make the next chunk by the clock."""
        began = time.process_time()
        try:
            return next(self.made)
        finally:
            self.seconds += time.process_time() - began


if __name__ == "__main__":
    main()
