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
from yibao.domains.mobile_orders.queries import late_cash_of, latest_return, result_of, signed_fen


class Cause(StrEnum):
    """Why a number stands in the list of differences."""

    UNDECIDED = "undecided"
    """The channel did it; here its word is still awaited."""
    DECLINED_HERE = "declined_here"
    """The channel did it; here it counts as declined, and that it was done is not known yet."""
    GOING_BACK = "going_back"
    """The channel did it after it had declined; it is being given back."""
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
        Difference(Cause.ONLY_HERE, each.channel, each.number, each.order, None, fen)
        for each, fen in own
        if each.number not in seen
    ]
    return ComparedDay(day, lines, channel_fen, len(own), sum(fen for _, fen in own), differences)


def _done_here(day: date, sight: Q) -> list[tuple[CashPayment, int]]:
    """What was done on the day by the channel's clock, as it is known here, with signed amounts: late cash too."""
    begins = timezone.make_aware(datetime.combine(day, time.min))
    ends = begins + timedelta(days=1)
    payments = CashPayment.objects.select_related("order__person", "order__institution").filter(sight).order_by("id")
    done = payments.filter(
        result__outcome=CashResult.Outcome.DONE, result__done_at__gte=begins, result__done_at__lt=ends
    )
    late = payments.filter(late__done_at__gte=begins, late__done_at__lt=ends)
    return [(each, signed_fen(each)) for each in (*done, *late)]


def _payments_of(numbers: Sequence[str]) -> dict[str, CashPayment]:
    """Our payments and refunds by their numbers."""
    found = CashPayment.objects.select_related("order__person", "order__institution__division", "result", "late")
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
    own_fen: int | None = None
    result = result_of(payment)
    if result is None:
        cause = Cause.UNDECIDED
    elif result.outcome != CashResult.Outcome.DONE and late_cash_of(payment) is None:
        cause = Cause.DECLINED_HERE
    else:
        own_fen = signed_fen(payment)
        if line.amount_fen != own_fen:
            cause = Cause.AMOUNT
        elif late_cash_of(payment) is not None and not _went_back(payment):
            cause = Cause.GOING_BACK
        else:
            return None
    return Difference(cause, code, line.number, payment.order, line.amount_fen, own_fen)


def _went_back(payment: CashPayment) -> bool:
    """Whether late cash was given back."""
    back = latest_return(payment.pk)
    result = None if back is None else result_of(back)
    return result is not None and result.outcome == CashResult.Outcome.DONE
