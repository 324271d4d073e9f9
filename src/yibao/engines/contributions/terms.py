"""What the law of one day says about the contribution of one kind of person, as integers."""

from dataclasses import dataclass, replace
from typing import Literal

Payer = Literal["employer", "person", "subsidy"]
"""Who pays a levy: 用人单位, 个人, 财政补助."""

Pot = Literal["pool", "large"]
"""Where a levy goes before the account is credited: 统筹基金, 大额医疗费用补助资金."""


@dataclass(frozen=True, slots=True)
class BaseLimits:
    """Floor and roof (保底、封顶) of the contribution base (缴费基数) for one period, in fen."""

    floor_fen: int
    roof_fen: int
    floor_clause: str
    roof_clause: str


@dataclass(frozen=True, slots=True)
class Levy:
    """One thing that one payer owes for one period (费项): a share of the base, a fixed amount, or both."""

    key: str
    payer: Payer
    pot: Pot
    rate_ppm: int
    fixed_fen: int
    clause: str


@dataclass(frozen=True, slots=True)
class Relief:
    """What medical assistance pays of the person's own part (资助参保) for holders of a special status."""

    kind: str
    rate_ppm: int
    fixed_fen: int
    clause: str


@dataclass(frozen=True, slots=True)
class Credit:
    """What a personal account gets for one period (个人账户计入): a share of the base, a fixed amount, less what is withheld."""

    rate_ppm: int
    fixed_fen: int
    clause: str
    withheld_fen: int = 0
    withheld_clause: str | None = None


@dataclass(frozen=True, slots=True)
class ContributionTerms:
    """The law of a day for one kind of person: without `limits` there is no base, without `credit` no account."""

    limits: BaseLimits | None
    levies: tuple[Levy, ...]
    reliefs: tuple[Relief, ...]
    credit: Credit | None

    def without_subsidy(self) -> "ContributionTerms":
        """The same without public subsidy and reliefs, as a repair is owed (our reading: neither is paid for the past)."""
        return replace(self, levies=tuple(levy for levy in self.levies if levy.payer != "subsidy"), reliefs=())
