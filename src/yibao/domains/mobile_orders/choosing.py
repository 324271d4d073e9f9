"""Which payment channel takes the cash of an order."""

from typing import ClassVar, Final

from yibao.core.errors import YibaoError
from yibao.domains.mobile_orders.channels import Channel, channel_named
from yibao.domains.reference.queries import choice
from yibao.domains.sandbox.queries import is_marked

CHANNEL_KEY: Final = "mobile_orders.channel"
"""Setting: the code of the payment channel of every order. Without it a sandbox uses the test channel, and others have none."""
TEST: Final = "test"


class NoChannelError(YibaoError):
    """No payment channel is connected, so no cash can be taken (未接入支付渠道)."""

    code: ClassVar[str] = "mobile_orders.no_channel"


def channel_in_use() -> Channel:
    """The channel that new payments go through; the test channel, which moves no money, is a sandbox's alone.

    :raises NoChannelError: none is connected, or the test channel was named outside of a sandbox.
    :raises UnknownChannelError: the setting names one that is not built in.
    """
    is_sandbox = is_marked()
    code = str(choice(CHANNEL_KEY, TEST if is_sandbox else ""))
    if not code or (code == TEST and not is_sandbox):
        raise NoChannelError(channel=code)
    return channel_named(code)
