"""Compare what payment channels say of a day with what the orders say (渠道对账): two registers that know each other by number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from django.db.models import Q
from django.utils import timezone

from yibao.domains.mobile_orders.channels import CHANNELS, StatementLine
from yibao.domains.mobile_orders.models import CashPayment, CashResult, Order


class Cause(StrEnum):
    """Why a number stands in the list of differences."""

    UNDECIDED = "undecided"
    """The channel did it; here its word is still awaited."""
    DECLINED_HERE = "declined_here"
    """The channel did it; here it counts as declined."""
    UNKNOWN_HERE = "unknown_here"
    """The channel did it under a number that is not ours."""
    AMOUNT = "amount"
    """Both did it, with different amounts."""
    ONLY_HERE = "only_here"
    """Done here; the channel's statement does not have it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One number on which the two disagree; amounts in fen, refunds negative, none where a side does not have it."""

    cause: Cause
    channel: str
    number: str
    order: Order | None
    channel_fen: int | None
    own_fen: int | None


@dataclass(frozen=True, slots=True)
class ComparedDay:
    """A day of all channels: how many movements each side has, what they sum up to, and where they differ."""

    day: date
    channel_count: int
    channel_fen: int
    own_count: int
    own_fen: int
    differences: Sequence[Difference]


_REGION: Final = "order__institution__division__pooling_region"


def compare_day(day: date, *, region: str, institution_id: int | None = None) -> ComparedDay:
    """Compare a day, Beijing time by the channel's clock, for a region or one institution of it.

    Numbers that are not ours belong to no institution: only the region's own comparison shows them.
    """
    sight = Q(**{_REGION: region}) if institution_id is None else Q(order__institution_id=institution_id)
    lines, own = 0, _done_here(day, sight)
    channel_fen, differences, seen = 0, [], set()
    for code, channel in CHANNELS.items():
        statement = list(channel.statement(day))
        known = _payments_of([line.number for line in statement])
        for line in statement:
            payment = known.get(line.number)
            if not _is_in_sight(payment, region, institution_id):
                continue
            lines, channel_fen = lines + 1, channel_fen + line.amount_fen
            seen.add(line.number)
            difference = _difference(code, line, payment)
            if difference is not None:
                differences.append(difference)
    differences += [
        Difference(Cause.ONLY_HERE, each.channel, each.number, each.order, None, _signed(each))
        for each in own
        if each.number not in seen
    ]
    return ComparedDay(day, lines, channel_fen, len(own), sum(map(_signed, own)), differences)


def _done_here(day: date, sight: Q) -> list[CashPayment]:
    """What was done on the day by the channel's clock, as the results here say."""
    begins = timezone.make_aware(datetime.combine(day, time.min))
    return list(
        CashPayment.objects.select_related("order__person", "order__institution", "result")
        .filter(
            sight, result__outcome=CashResult.Outcome.DONE, result__done_at__gte=begins,
            result__done_at__lt=begins + timedelta(days=1),
        )
        .order_by("id")
    )  # fmt: skip


def _payments_of(numbers: Sequence[str]) -> dict[str, CashPayment]:
    """Our payments and refunds by their numbers."""
    found = CashPayment.objects.select_related("order__person", "order__institution__division", "result")
    return {payment.number: payment for payment in found.filter(number__in=numbers)}


def _is_in_sight(payment: CashPayment | None, region: str, institution_id: int | None) -> bool:
    """Whether a line belongs to the comparison."""
    if payment is None:
        return institution_id is None
    institution = payment.order.institution
    return institution.pk == institution_id if institution_id else institution.division.pooling_region == region


def _difference(code: str, line: StatementLine, payment: CashPayment | None) -> Difference | None:
    """What is wrong with a line of a statement; nothing where both agree."""
    if payment is None:
        return Difference(Cause.UNKNOWN_HERE, code, line.number, None, line.amount_fen, None)
    result = getattr(payment, "result", None)
    if result is None:
        return Difference(Cause.UNDECIDED, code, line.number, payment.order, line.amount_fen, None)
    if result.outcome != CashResult.Outcome.DONE:
        return Difference(Cause.DECLINED_HERE, code, line.number, payment.order, line.amount_fen, None)
    if line.amount_fen != _signed(payment):
        return Difference(Cause.AMOUNT, code, line.number, payment.order, line.amount_fen, _signed(payment))
    return None


def _signed(payment: CashPayment) -> int:
    """The amount as a statement has it."""
    return -payment.amount_fen if payment.kind == CashPayment.Kind.REFUND else payment.amount_fen
