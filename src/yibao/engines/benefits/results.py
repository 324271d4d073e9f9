"""What the benefit kernel gives: who pays what, and the trace of every step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from yibao.engines.benefits.cases import Amounts


class BandRow(NamedTuple):
    """One band (费用段) of a layer: its limits in the law, the cost that fell into it, its rate and its payment."""

    from_fen: int
    to_fen: int | None
    covered_fen: int
    rate_ppm: int
    paid_fen: int


@dataclass(frozen=True, slots=True)
class LayerStep:
    """One layer's calculation: base → deductible → bands → cap, each with its accumulator and its clause; amounts in fen.

    An accumulator of None means that the quantity counts within the visit only. `cut_fen` is what the bands gave and
    the cap (封顶线) took back.
    """

    layer: str
    fund: str
    base_fen: int
    deductible_fen: int
    threshold_fen: int
    deductible_accumulator: str | None
    deductible_before_fen: int
    cost_accumulator: str | None
    cost_before_fen: int
    bands: tuple[BandRow, ...]
    cap_fen: int | None
    cap_accumulator: str | None
    cap_used_fen: int
    cut_fen: int
    paid_fen: int
    clause: str
    deductible_clause: str | None
    cap_clause: str | None

    @property
    def accumulators(self) -> tuple[tuple[str, int, int], ...]:
        """Name, before and after in fen of each accumulator that this step moved."""
        moves = (
            (self.deductible_accumulator, self.deductible_before_fen, self.deductible_fen),
            (self.cost_accumulator, self.cost_before_fen, self.base_fen),
            (self.cap_accumulator, self.cap_used_fen, self.paid_fen),
        )
        return tuple((name, before, before + change) for name, before, change in moves if name is not None)


@dataclass(frozen=True, slots=True)
class BenefitResult:
    """Who pays what for one visit, in fen.

    total = fund + person + hospital; person = account + cash. `funds` lists the funds that paid anything, without the
    personal account. `deductible_fen` is the deductible (起付线) of the first layer on in-scope cost; thresholds of later
    layers stand in `steps`. `accumulator_changes` are differences: subtracting them is the reversal. `hospital_fen` is 0:
    no law in force here makes an institution bear a part of a visit.
    """

    funds: tuple[tuple[str, int], ...]
    deductible_fen: int
    fund_fen: int
    person_fen: int
    account_fen: int
    cash_fen: int
    hospital_fen: int
    accumulator_changes: Mapping[str, int]
    steps: tuple[LayerStep, ...]
    policy_id: str


@dataclass(frozen=True, slots=True)
class BulkResult:
    """Columns of n settled visits in fen, (n,) int64 each; `funds` by fund code; and the persons' state afterwards."""

    deductible_fen: Amounts
    fund_fen: Amounts
    person_fen: Amounts
    account_fen: Amounts
    cash_fen: Amounts
    funds: Mapping[str, Amounts]
    accumulators: Amounts
    balances: Amounts
    policy_id: str
