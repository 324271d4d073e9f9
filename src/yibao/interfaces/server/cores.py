"""A processor core for each worker process.

Threads of one process take turns at Python anyway. When the system spreads them, each turn wakes another core, which is
slow, and in a virtual machine slower than the turn itself; kept together they settle more (decision 28). There a thread
that wakes up waits until the running one waits: it could not run Python sooner, and would only interrupt.
"""

import os
import socket
from collections.abc import Collection
from contextlib import suppress
from typing import Final

_claim: list[socket.socket] = []
"""What holds the claim of this process; the system takes it back when the process ends, however it ends."""

_NAME: Final = "\0yibao-core-{uid}-{core}"


def keeps_to_cores(wish: str, *, workers: int, cores: int) -> bool:
    """Whether workers keep to cores: as wished ("1", "0"), by default ("auto") when they fill the machine.

    Fewer workers than cores may stand in one of several containers, which all see the same cores and cannot see each
    other's claims.
    """
    return wish == "1" or (wish == "auto" and workers >= cores)


def keep_to_a_core(cores: Collection[int]) -> int | None:
    """Run this thread, and those it will start, on the first of these cores that no other worker of this user has claimed.

    :returns: the core; nothing when all are taken, and the system goes on deciding.
    """
    for core in sorted(cores):
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(_NAME.format(uid=os.getuid(), core=core))
            os.sched_setaffinity(0, {core})
        except OSError:  # claimed, or not ours to choose
            claim.close()
            continue
        with suppress(OSError):  # a container may forbid it: interrupted threads are slower, not wrong
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        _claim.append(claim)
        return core
    return None
