"""Maternity allowance (生育津贴): the wage that the fund pays during leave."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.core.money import divide_half_up


class UnknownLeaveError(YibaoError):
    """The law knows no such kind of leave, or does not pay for it."""

    code: ClassVar[str] = "contributions.unknown_leave"


@dataclass(frozen=True, slots=True)
class AllowanceTerms:
    """Days by kind of leave for which the fund pays, and by how many days a monthly wage is divided."""

    divisor_days: int
    days: Mapping[str, int]
    clause: str


def maternity_allowance_fen(terms: AllowanceTerms, *, wage_fen: int, leaves: Collection[str]) -> tuple[int, int]:
    """Days and allowance in fen: the employer's average monthly wage of the year before ÷ divisor × days, rounded once.

    :raises UnknownLeaveError: one of the leaves is not among those that are paid.
    """
    unknown = [leave for leave in leaves if leave not in terms.days]
    if unknown:
        raise UnknownLeaveError(leave=", ".join(unknown))
    days = sum(terms.days[leave] for leave in set(leaves))
    return days, divide_half_up(wage_fen * days, terms.divisor_days)
