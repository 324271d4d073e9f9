"""What two laws mean for each person: better or worse off, share of cost borne, catastrophic spending."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from yibao.core.money import PPM
from yibao.engines.projection.sums import Integers, add_by_person

MEASURES: Final = (
    "persons", "better", "worse", "gain_fen", "loss_fen", "total_fen", "own_base_fen", "own_reform_fen",
    "catastrophic_base", "catastrophic_reform",
)  # fmt: skip
"""What is summed over the persons of a group."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """For P persons: `measures` is (10, P) in the order of MEASURES, shares are (P,) in ppm of the cost, -1 without cost."""

    measures: Integers
    share_base_ppm: Integers
    share_reform_ppm: Integers


def outcomes_of(
    starts: Integers, *, total_fen: Integers, own_base_fen: Integers, own_reform_fen: Integers, threshold_fen: int
) -> Outcomes:
    """Sum visits (n,) to persons whose rows begin at `starts` (P + 1,), under both laws, all in fen.

    Catastrophic (灾难性卫生支出) is what a person bears beyond `threshold_fen` in the year. Own means account and cash.
    """
    total, base, reform = (add_by_person(starts, column) for column in (total_fen, own_base_fen, own_reform_fen))
    change = reform - base
    measures = np.stack([
        np.ones_like(total),
        change < 0,
        change > 0,
        np.maximum(-change, 0),
        np.maximum(change, 0),
        total,
        base,
        reform,
        base > threshold_fen,
        reform > threshold_fen,
    ]).astype(np.int64)  # fmt: skip
    return Outcomes(measures, _shares(base, total), _shares(reform, total))


def _shares(part: Integers, whole: Integers) -> Integers:
    """Parts of wholes in ppm, rounded half up; -1 where there is no whole."""
    divisor = np.maximum(whole, 1)
    # A part of at most 10**12 fen times a million stays below 2**63.
    shares: Integers = np.where(whole > 0, (part * PPM + divisor // 2) // divisor, -1)
    return shares
