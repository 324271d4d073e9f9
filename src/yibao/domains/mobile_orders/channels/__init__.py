"""Payment channels (支付渠道): importing the package registers those that are built in."""

from yibao.domains.mobile_orders.channels import rehearsed
from yibao.domains.mobile_orders.channels.base import (
    CHANNELS,
    FINAL,
    SILENCE,
    CashAnswer,
    CashWish,
    Channel,
    StatementLine,
    UnknownChannelError,
    Word,
    channel_named,
)

__all__ = [
    "CHANNELS",
    "FINAL",
    "SILENCE",
    "CashAnswer",
    "CashWish",
    "Channel",
    "StatementLine",
    "UnknownChannelError",
    "Word",
    "channel_named",
    "rehearsed",
]
