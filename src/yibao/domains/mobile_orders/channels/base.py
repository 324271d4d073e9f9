"""What a payment channel (支付渠道) must be able to do; each channel is a file that registers itself.

A channel is asked outside of every transaction: it is somebody else's computer. Its numbers are ours (`CashPayment.number`), and
a channel that hears one again answers for what it did the first time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Final

from yibao.core.errors import YibaoError


class Word(StrEnum):
    """What a channel says of a payment or refund."""

    DONE = "done"
    DECLINED = "declined"
    PENDING = "pending"
    UNKNOWN = "unknown"
    """The channel does not know the number."""
    SILENT = "silent"
    """No answer came: whether it was carried out is not known."""


FINAL: Final = frozenset({Word.DONE, Word.DECLINED})
"""Words that end the asking. Done is never taken back; what was declined may still be done later, by a bank that was slow."""


@dataclass(frozen=True, slots=True)
class CashWish:
    """What a channel is asked: our number, how much, for which institution; a refund names the payment's number."""

    number: str
    amount_fen: int
    institution_id: int
    at: datetime
    refunds_number: str = ""


@dataclass(frozen=True, slots=True)
class CashAnswer:
    """A channel's word, with its own number, and when it was done by its own clock."""

    word: Word
    channel_number: str = ""
    done_at: datetime | None = None
    reason: str = ""


SILENCE: Final = CashAnswer(Word.SILENT)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line of a channel's statement of a day (渠道对账单): what it did, by its own books; refunds are negative."""

    number: str
    channel_number: str
    amount_fen: int
    done_at: datetime


class Channel:
    """A payment channel. Methods may be slow and may fail; every failure is silence, never an exception."""

    code: ClassVar[str]

    def pay(self, wish: CashWish) -> CashAnswer:
        """Take cash from the person."""
        raise NotImplementedError

    def refund(self, wish: CashWish) -> CashAnswer:
        """Give cash back to the person."""
        raise NotImplementedError

    def query(self, number: str, *, at: datetime) -> CashAnswer:
        """What became of a number."""
        raise NotImplementedError

    def close(self, number: str, *, at: datetime) -> CashAnswer:
        """End a payment that was not made, so that it never will be: declined from then on, unless it is done already."""
        raise NotImplementedError

    def statement(self, day: date) -> Sequence[StatementLine]:
        """What the channel did on a day, Beijing time."""
        raise NotImplementedError

    def told(self, *, at: datetime) -> Sequence[tuple[str, CashAnswer]]:  # noqa: ARG002  # most tell nothing by themselves
        """Results that the channel wants to tell by itself (支付结果通知), perhaps again: numbers with its word on each."""
        return ()


class UnknownChannelError(YibaoError):
    """No such payment channel is built in (支付渠道不存在)."""

    code: ClassVar[str] = "mobile_orders.unknown_channel"


CHANNELS: Final[dict[str, Channel]] = {}
"""The channels by code; each file of this folder adds its own."""


def register(channel: Channel) -> None:
    """Add a channel; each code has one."""
    assert channel.code not in CHANNELS
    CHANNELS[channel.code] = channel


def channel_named(code: str) -> Channel:
    """The channel of this code.

    :raises UnknownChannelError: there is none.
    """
    if code not in CHANNELS:
        raise UnknownChannelError(channel=code)
    return CHANNELS[code]
