"""Requests that wait for a thread: no more than a bound, and each sender's in a line of its own, the lines served in turn.

A flood from one sender fills its own line, is told to come later, and delays another sender by one request at most.
"""

from collections import deque
from collections.abc import Hashable
from queue import SimpleQueue
from threading import Lock
from typing import Generic, TypeVar

Job = TypeVar("Job")


class Lane(Generic[Job]):
    """Lines of waiting jobs, and how many of each sender are in flight: waiting, or taken and not yet done."""

    def __init__(self, *, most: int, most_of_one: int) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._lines: dict[Hashable, deque[Job]] = {}
        self._turns: deque[Hashable] = deque()
        self._in_flight: dict[Hashable, int] = {}
        self._count = 0
        self._lock = Lock()
        self._waiting: SimpleQueue[bool] = SimpleQueue()

    def offer(self, sender: Hashable, job: Job) -> bool:
        """Let a job wait; false when too many are in flight, of this sender or of all."""
        with self._lock:
            of_sender = self._in_flight.get(sender, 0)
            if self._count >= self._most or of_sender >= self._most_of_one:
                return False
            self._count += 1
            self._in_flight[sender] = of_sender + 1
            line = self._lines.get(sender)
            if line is None:
                line = self._lines[sender] = deque()
                self._turns.append(sender)
            line.append(job)
        self._waiting.put(True)
        return True

    def take(self) -> tuple[Hashable, Job] | None:
        """Wait for the next job in turn; nothing when the lane was closed. `done` must follow."""
        if not self._waiting.get():
            return None
        with self._lock:
            sender = self._turns.popleft()
            line = self._lines[sender]
            job = line.popleft()
            if line:
                self._turns.append(sender)
            else:
                del self._lines[sender]
        return sender, job

    def done(self, sender: Hashable) -> None:
        """Say that a job that was taken is no longer in flight."""
        with self._lock:
            self._count -= 1
            left = self._in_flight[sender] - 1
            if left:
                self._in_flight[sender] = left
            else:
                del self._in_flight[sender]

    def close(self, *, takers: int) -> None:
        """Let so many takers go once everything that waits was taken."""
        for _ in range(takers):
            self._waiting.put(False)
