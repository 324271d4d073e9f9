"""Who pays a bill and what it consists of, as named amounts: of an estimate and of a settlement alike."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Amount:
    """A named amount in fen, with its share of the whole in tenths of a percent and the key of its colour."""

    name: str
    amount_fen: int
    share_permille: int
    key: str


class Scoped(Protocol):
    """A bill with its four parts, in fen."""

    @property
    def total_fen(self) -> int:
        """All of it."""

    @property
    def in_scope_fen(self) -> int:
        """Within the policy's scope."""

    @property
    def self_pay_first_fen(self) -> int:
        """Paid first by the person."""

    @property
    def over_ceiling_fen(self) -> int:
        """Above the ceiling price."""

    @property
    def full_self_pay_fen(self) -> int:
        """Outside the catalogue."""


def payers(
    funds: Sequence[tuple[str, int]],
    *,
    account_fen: int,
    cash_fen: int,
    hospital_fen: int,
    total_fen: int,
    shared_fen: int = 0,
) -> tuple[Amount, ...]:
    """Each fund by its name in the law, then the person; `shared_fen` is what relatives' accounts paid of `account_fen`."""
    named = [(name, paid_fen, f"fund{min(place, 3)}") for place, (name, paid_fen) in enumerate(funds, start=1)]
    named += [
        (_("From my personal account"), account_fen - shared_fen, "account"),
        (_("From relatives' accounts"), shared_fen, "account"),
        (_("In cash"), cash_fen, "cash"),
        (_("Borne by the hospital"), hospital_fen, "hospital"),
    ]
    return tuple(_amounts(named, total_fen))


def scope(bill: Scoped) -> tuple[Amount, ...]:
    """The four parts of the bill."""
    named = [
        (_("Within the policy's scope"), bill.in_scope_fen, "scope"),
        (_("Paid first by the person"), bill.self_pay_first_fen, "first"),
        (_("Above the ceiling price"), bill.over_ceiling_fen, "over"),
        (_("Outside the catalogue"), bill.full_self_pay_fen, "out"),
    ]
    return tuple(_amounts(named, bill.total_fen))


def _amounts(named: Sequence[tuple[str, int, str]], total_fen: int) -> Iterator[Amount]:
    """Amounts that are not nothing, with their share of the total."""
    for name, amount_fen, key in named:
        if amount_fen:
            yield Amount(name, amount_fen, amount_fen * 1000 // total_fen, key)
