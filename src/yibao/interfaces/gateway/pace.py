"""How fast one institution may send (报文流量上限): a bucket of messages that fills again at a steady rate.

Buckets live in the memory of a server process: with several processes an institution may send so much to each. A change
of a rate is heeded within seconds.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from typing import ClassVar, Final

from django.db import InterfaceError, OperationalError, connection

from yibao.core.errors import YibaoError
from yibao.domains.messages.rates import EVERYBODY, Rate, rates

INSTITUTIONS_MAX: Final = 20_000
REMEMBER_SECONDS: Final = 3.0

Rates = tuple[Rate, Mapping[int, Rate]]


class TooManyMessagesError(YibaoError):
    """The institution sends faster than it may (报文过快): nothing was done, and it may come back after `wait_seconds`."""

    code: ClassVar[str] = "gateway.too_many_messages"


class Pace:
    """The buckets of a process; the institution that was silent longest is forgotten first."""

    def __init__(self, *, read_rates: Callable[[], Rates] = rates, institutions_max: int = INSTITUTIONS_MAX) -> None:
        self._read_rates, self._institutions_max = read_rates, institutions_max
        self._rates: Rates = (EVERYBODY, {})
        self._read_at = float("-inf")
        self._buckets: OrderedDict[int, tuple[float, float]] = OrderedDict()  # float: messages and seconds, no money
        self._lock = Lock()

    def let_in(self, institution_id: int, *, at: float) -> None:
        """Take one message out of an institution's bucket.

        :raises TooManyMessagesError: the bucket is empty.
        """
        everybody, of_one = self._fresh(at)
        rate = of_one.get(institution_id, everybody)
        with self._lock:
            left, since = self._buckets.pop(institution_id, (float(rate.burst), at))
            at = max(at, since)  # threads may come here in another order than they looked at the clock
            left = min(float(rate.burst), left + (at - since) * rate.per_second)
            is_empty = left < 1
            self._buckets[institution_id] = (left if is_empty else left - 1, at)
            if len(self._buckets) > self._institutions_max:
                self._buckets.popitem(last=False)
        if is_empty:
            raise TooManyMessagesError(wait_seconds=max(1, -int(-(1 - left) // rate.per_second)))

    def _fresh(self, at: float) -> Rates:
        """The rates, read anew every few seconds; while the database is away those that were read last."""
        if at - self._read_at > REMEMBER_SECONDS:
            self._read_at = at
            try:
                self._rates = self._read_rates()
            except (OperationalError, InterfaceError):
                if connection.in_atomic_block:
                    raise
                connection.close()
        return self._rates


_kept: Final[list[Pace]] = []


def keep_pace() -> None:
    """Hold institutions to their rates from now on in this process: a server does so, a test or a command does not."""
    _kept[:] = [Pace()]


def let_in(institution_id: int) -> None:
    """Let one message of an institution in.

    :raises TooManyMessagesError: it sends faster than it may.
    """
    for pace in _kept:
        pace.let_in(institution_id, at=time.monotonic())
