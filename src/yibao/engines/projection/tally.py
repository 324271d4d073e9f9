"""Sums that grow chunk by chunk: nothing of a single visit is kept."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from yibao.core.money import PPM
from yibao.engines.projection.outcomes import MEASURES, Outcomes
from yibao.engines.projection.sums import Integers, add_by_group


@dataclass(frozen=True, slots=True)
class Deciles:
    """The shares that tenths of the persons do not exceed, in ppm: nine of them, and the highest of all."""

    base_ppm: tuple[int, ...]
    reform_ppm: tuple[int, ...]


def _no_shares() -> Integers:
    return np.zeros(PPM + 1, np.int64)


@dataclass(slots=True)
class Tally:
    """Counts and sums in fen of all chunks so far.

    `sums` holds whatever is added by key; `groups` the MEASURES of persons by (kind, name); `providers` whatever is summed
    by (kind, name); the shares are counted ppm by ppm, so that deciles are exact.
    """

    sums: dict[Hashable, int] = field(default_factory=dict)
    groups: dict[tuple[str, str], Integers] = field(default_factory=dict)
    providers: dict[tuple[str, Hashable], Integers] = field(default_factory=dict)
    shares_base: Integers = field(default_factory=_no_shares)
    shares_reform: Integers = field(default_factory=_no_shares)

    def add(self, key: Hashable, amount: int) -> None:
        """Add to one sum."""
        self.sums[key] = self.sums.get(key, 0) + amount

    def add_persons(self, outcomes: Outcomes, groups: Mapping[str, tuple[Sequence[str], Integers]]) -> None:
        """Add persons; `groups` gives for each kind of group the names and the (P,) place of each person's name."""
        for kind, (names, codes) in groups.items():
            summed = add_by_group(codes, outcomes.measures, count=len(names))
            for name, measures in zip(names, summed, strict=True):
                if measures[0]:
                    known = self.groups.setdefault((kind, str(name)), np.zeros(len(MEASURES), np.int64))
                    known += measures
        self.shares_base += _counted(outcomes.share_base_ppm)
        self.shares_reform += _counted(outcomes.share_reform_ppm)

    def add_providers(self, kind: str, names: Sequence[Hashable], codes: Integers, columns: Integers) -> None:
        """Add (k, n) columns of visits by the (n,) place of each visit's name, with their number in front."""
        counted = np.concatenate((np.ones((1, len(codes)), np.int64), columns))
        for name, sums in zip(names, add_by_group(codes, counted, count=len(names)), strict=True):
            if sums[0]:
                known = self.providers.setdefault((kind, name), np.zeros(len(sums), np.int64))
                known += sums

    def deciles(self) -> Deciles:
        """The shares that each tenth of the persons with cost does not exceed."""
        return Deciles(_tenths(self.shares_base), _tenths(self.shares_reform))


def _counted(shares_ppm: Integers) -> Integers:
    """How many persons have each share; those without cost have none."""
    counts: Integers = np.bincount(np.minimum(shares_ppm[shares_ppm >= 0], PPM), minlength=PPM + 1)
    return counts


def _tenths(counts: Integers) -> tuple[int, ...]:
    """The smallest share that at least one, two … ten tenths of the persons do not exceed; nothing without persons."""
    reached = np.cumsum(counts)
    people = int(reached[-1])
    if not people:
        return ()
    return tuple(int(np.searchsorted(reached, -(-people * tenth // 10))) for tenth in range(1, 11))
