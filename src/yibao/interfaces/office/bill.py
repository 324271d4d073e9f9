"""The bill of a settlement: how the total splits by scope, and who pays which part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from yibao.domains.settlement.models import Settlement


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a bill: its name, its amount in fen, its share of the whole in tenths of a percent, its colour's key."""

    name: str
    amount_fen: int
    share_permille: int
    key: str


@dataclass(frozen=True, slots=True)
class Bill:
    """The total in fen split twice: by scope and by payer; either way the parts add up to the total."""

    total_fen: int
    scope: tuple[Part, ...]
    payers: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """The amounts that a bill is laid out from, in fen, as a settlement has them."""

    total_fen: int
    full_self_pay_fen: int
    over_ceiling_fen: int
    self_pay_first_fen: int
    in_scope_fen: int
    fund_codes: Sequence[str]
    fund_amounts_fen: Sequence[int]
    account_fen: int
    cash_fen: int
    hospital_fen: int
    shared_account_fen: int = 0


def bill_of(settlement: Settlement | Billed, fund_names: Mapping[str, str]) -> Bill:
    """Lay out the amounts of a settlement, or of one that is to be; `fund_names` are the names of the funds by code."""
    total = settlement.total_fen
    scope = (
        (_("In scope"), settlement.in_scope_fen, "scope"),
        (_("Self-pay-first"), settlement.self_pay_first_fen, "first"),
        (_("Over ceiling"), settlement.over_ceiling_fen, "over"),
        (_("Fully self-paid"), settlement.full_self_pay_fen, "out"),
    )
    funds = tuple(
        (fund_names.get(code, code), amount, f"fund{min(place, 3)}")
        for place, (code, amount) in enumerate(
            zip(settlement.fund_codes, settlement.fund_amounts_fen, strict=True), start=1
        )
    )
    payers = (
        *funds,
        (_("Personal account"), settlement.account_fen - settlement.shared_account_fen, "account"),
        (_("Relatives' accounts"), settlement.shared_account_fen, "account"),
        (_("Cash"), settlement.cash_fen, "cash"),
        (_("Borne by the hospital"), settlement.hospital_fen, "hospital"),
    )
    return Bill(total, _parts(scope, total), _parts(payers, total))


def _parts(named: tuple[tuple[str, int, str], ...], total: int) -> tuple[Part, ...]:
    """Parts that are not nothing, with their share of the total."""
    return tuple(
        Part(name, amount, amount * 1000 // total if total else 0, key) for name, amount, key in named if amount
    )
