"""Give cash back that a channel took after its payment had been declared failed (失败后到账自动退回).

`conclude_cash` writes the intent with the late word, in one transaction and once for each payment; here the channel is asked, outside of
any transaction, by a number that it carries out once. A crash in between leaves the intent, which the next look finds. A channel that declines is asked
anew, under a new number, an hour later.
"""

import logging
from datetime import date, datetime, timedelta
from typing import Final

from yibao.core.errors import YibaoError
from yibao.domains.mobile_orders.channels import CHANNELS, CashAnswer, Word, channel_named
from yibao.domains.mobile_orders.models import CashPayment, LateCash
from yibao.domains.mobile_orders.operations import ask_return
from yibao.domains.mobile_orders.queries import (
    declined_among,
    late_cash_to_give_back,
    latest_return,
    locked_order,
    result_of,
)
from yibao.domains.people.queries import LockedPerson
from yibao.domains.storage import Raw
from yibao.workflows.conclude_cash import ask_channel, conclude_alone
from yibao.workflows.on_held_person import on_held_person

ASK_ANEW_AFTER: Final = timedelta(hours=1)
"""How long a channel is left alone that declined to give late cash back: our default."""
AT_ONCE: Final = 100

_LOG: Final = logging.getLogger(__name__)


def return_late_cash(*, at: datetime) -> int:
    """Ask the channels to give back all cash that came late; how much of it went back now, in payments."""
    returned = 0
    for late in late_cash_to_give_back(limit=AT_ONCE):
        try:
            returned += _give_back(late, at=at)
        except YibaoError as error:
            _LOG.warning("late cash of %s waits: %s", late.payment.number, error)
    return returned


def find_late_cash(day: date, *, at: datetime) -> int:
    """Take what the channels' statements of a day have done though it counts as declined here: how many there were."""
    found = 0
    for channel in CHANNELS.values():
        lines = {line.number: line for line in channel.statement(day)}
        for payment in declined_among(list(lines)):
            line = lines[payment.number]
            conclude_alone(payment, CashAnswer(Word.DONE, line.channel_number, line.done_at), at=at)
            found += 1
    return found


def _give_back(late: LateCash, *, at: datetime) -> bool:
    """Ask for one to be given back, or what became of the asking; true when it is back by this."""
    back = latest_return(late.pk)
    declined = None if back is None else result_of(back)
    if back is None or declined is not None:
        if declined is not None and declined.told_at + ASK_ANEW_AFTER > at:
            return False
        back = _asked_anew(late, at=at)
    answer = channel_named(back.channel).query(back.number, at=at)
    if answer.word == Word.UNKNOWN:
        answer = ask_channel(back, at=at)
    conclude_alone(back, answer, at=at)
    return answer.word == Word.DONE


def _asked_anew(late: LateCash, *, at: datetime) -> CashPayment:
    """The intent of another try; the one of whoever was faster, where somebody was."""

    def act(_raw: Raw, _person: LockedPerson) -> CashPayment:
        locked_order(late.payment.order_id)
        standing = latest_return(late.pk)
        result = None if standing is None else result_of(standing)
        if standing is not None and (result is None or result.outcome == result.Outcome.DONE):
            return standing
        return ask_return(payment=late.payment, at=at)

    return on_held_person(late.payment.order.person.number, act)
