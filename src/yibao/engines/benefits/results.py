"""What the benefit kernel gives: who pays what, and the trace of every step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from yibao.engines.benefits.cases import Amounts


class BandRow(NamedTuple):
    """One band (费用段) of a layer: its limits in the law, the cost that fell into it, its rate as applied, its payment."""

    from_fen: int
    to_fen: int | None
    covered_fen: int
    rate_ppm: int
    paid_fen: int


class LayerStep(NamedTuple):
    """One layer's calculation: base → limit → deductible → bands → cap, each with accumulator and clause; amounts in fen.

    An accumulator of None means that the quantity counts within the visit only. `cut_fen` is what the bands gave and
    the cap (封顶线) or the account's balance took back. `left_out_fen` was taken off the base (`less`), `over_limit_fen` lay
    over the limit on cost. `threshold_fen` is due `deductible_times`, less `credited_fen` borne before a transfer.
    `payer` is fund, account, hospital or charity; `balance` names the account's balance. `counts_excess` says that the
    bands are counted above the deductible, `lump_fen` is the lump sum of a layer that pays one. `adds` names the
    accumulators that the layer adds to, `further` pairs of what is said and a clause that adjusts or determines it.
    `raised_fen` is how much of `cap_fen` the person's own history earned.
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
    payer: str = "fund"
    left_out_fen: int = 0
    limit_fen: int | None = None
    limit_accumulator: str | None = None
    limit_used_fen: int = 0
    over_limit_fen: int = 0
    limit_clause: str | None = None
    credited_fen: int = 0
    deductible_times: int = 1
    balance: str | None = None
    balance_before_fen: int = 0
    lump_fen: int | None = None
    counts_excess: bool = False
    limits_excess: bool = False
    adds: int = 15
    further: tuple[tuple[str, str], ...] = ()
    raised_fen: int = 0

    @property
    def accumulators(self) -> tuple[tuple[str, int, int], ...]:
        """Name, before and after in fen of each accumulator that this step moved."""
        counted = self.base_fen - self.over_limit_fen
        above = counted - self.deductible_fen
        moves = (
            (self.deductible_accumulator, self.deductible_before_fen, self.deductible_fen, 1),
            (self.cost_accumulator, self.cost_before_fen, above if self.counts_excess else counted, 2),
            (self.cap_accumulator, self.cap_used_fen, self.paid_fen, 4),
            (self.limit_accumulator, self.limit_used_fen, above if self.limits_excess else counted, 8),
        )
        return tuple(
            (name, before, before + change)
            for name, before, change, bit in moves
            if name is not None and self.adds & bit
        )


@dataclass(frozen=True, slots=True)
class BenefitResult:
    """Who pays what for one visit, in fen.

    total = fund + person + hospital; person = account + cash. `funds` lists the funds that paid anything, without the
    personal account. `deductible_fen` is the deductible (起付线) of the first layer on in-scope cost; thresholds of later
    layers stand in `steps`. `accumulator_changes` are differences: subtracting them is the reversal. `hospital_fen` is
    what layers with the institution as payer made it bear. `balances_fen` are the account's balances afterwards.
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
    balances_fen: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class BulkResult:
    """Columns of n settled visits in fen, (n,) int64 each; `funds` by fund code; and the persons' state afterwards.

    `balances` has the shape that the cases had: (P,), or (P, balances).
    """

    deductible_fen: Amounts
    fund_fen: Amounts
    person_fen: Amounts
    account_fen: Amounts
    cash_fen: Amounts
    funds: Mapping[str, Amounts]
    accumulators: Amounts
    balances: Amounts
    policy_id: str
    hospital_fen: Amounts
