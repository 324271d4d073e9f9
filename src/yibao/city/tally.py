"""What happened at the gateway while the city was played: counts, answer times, and whatever did not agree."""

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

KEPT_MISMATCHES: Final = 50


@dataclass
class Tally:
    """Shared by all clients; every method may be called from any thread.

    `counts` are events by name, `seconds` the answer times by transaction, `mismatches` the first sentences of what was
    wrong.
    """

    counts: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    mismatches: list[str] = field(default_factory=list)
    elapsed_seconds: float = 0.0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def count(self, event: str, number: int = 1) -> None:
        """Note that something happened."""
        with self._lock:
            self.counts[event] += number

    def time(self, infno: str, seconds: float) -> None:
        """Note how long an answer took."""
        with self._lock:
            self.seconds.setdefault(infno, []).append(seconds)

    def mismatch(self, sentence: str) -> None:
        """Note something that should never happen."""
        with self._lock:
            self.counts["mismatches"] += 1
            if len(self.mismatches) < KEPT_MISMATCHES:
                self.mismatches.append(sentence)

    @property
    def settled_per_second(self) -> float:
        """Settlements of the whole play over its time."""
        return self.counts["settled"] / self.elapsed_seconds if self.elapsed_seconds else 0.0

    def milliseconds(self, share: float, infno: str | None = None) -> float:
        """The answer time that this share of answers stays below, of one transaction or of all."""
        every = sorted(
            seconds for number, times in self.seconds.items() if infno in {None, number} for seconds in times
        )
        return every[min(len(every) - 1, int(len(every) * share))] * 1000 if every else 0.0
