"""Play a batch of years through the gateway, many institutions at once."""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from yibao.city.make import City
from yibao.city.plan import Plan, PlannedVisit
from yibao.city.speaker import OPERATOR, RefusedError, Speaker
from yibao.city.tally import Tally
from yibao.city.visiting import Visiting
from yibao.city.wire import Wire

Tell = Callable[[int], None]
"""Told how many visits are done, as they are done."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Whole years of persons: from and to which place of the plan's order, and the visits of each."""

    start: int
    end: int
    years: list[list[PlannedVisit]]

    @property
    def visits(self) -> int:
        """Number of visits."""
        return sum(len(year) for year in self.years)


def take(plan: Plan, *, start: int, visits: int) -> Batch:
    """The years from `start` on, until they hold at least so many visits or everyone's year is in."""
    years: list[list[PlannedVisit]] = []
    count, end = 0, start
    for after, year in plan.years(start):
        years.append(year)
        count += len(year)
        end = after
        if count >= visits:
            break
    return Batch(start=start, end=end, years=years)


class _SignIns:
    """Each institution signs in once and remembers its number."""

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def number_of(self, speaker: Speaker) -> str:
        """The sign-in number of an institution, from 9001 when it has none yet."""
        code = speaker.provider.code
        with self._lock:
            lock = self._locks.setdefault(code, threading.Lock())
        with lock:
            if code not in self._numbers:
                data = {"signIn": {"opter_no": OPERATOR, "mac": "00-00-00-00-00-00", "ip": "10.0.0.1"}}
                self._numbers[code] = speaker.ask("9001", data)["signinoutb"]["sign_no"]
            return self._numbers[code]


def play(city: City, batch: Batch, *, url: str, clients: int, tell: Tell) -> Tally:
    """Play the years through the gateway at `url` with so many clients at once; a person's visits follow each other.

    :raises GatewayAwayError: nothing answers any more; what was settled stays settled.
    """
    tally = Tally()
    years: queue.SimpleQueue[list[PlannedVisit]] = queue.SimpleQueue()
    for year in batch.years:
        years.put(year)
    gone: list[Exception] = []
    sign_ins = _SignIns()

    def work() -> None:
        wire = Wire(url)
        try:
            while not gone:
                for visit in years.get_nowait():
                    _play_one(city, visit, wire=wire, tally=tally, sign_ins=sign_ins)
                    tell(1)
        except queue.Empty:
            return
        except Exception as error:  # noqa: BLE001  # whatever ends one client ends the play, and is raised there
            gone.append(error)
        finally:
            wire.close()

    begun = time.perf_counter()
    threads = [threading.Thread(target=work, name=f"client-{number}", daemon=True) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.elapsed_seconds = time.perf_counter() - begun
    if gone:
        raise gone[0]
    return tally


def _play_one(city: City, visit: PlannedVisit, *, wire: Wire, tally: Tally, sign_ins: _SignIns) -> None:
    """Play one visit; a refusal of what must be accepted is a mismatch."""
    provider = city.providers[visit.provider]
    speaker = Speaker(provider, wire, tally, sign_ins.number_of, region=city.region_of(provider))
    try:
        Visiting(city, visit, speaker, tally).play()
    except RefusedError as refused:
        facts = refused.facts
        tally.mismatch(
            f"{visit.care} {visit.number} at {speaker.provider.code}: {facts['infno']} {facts['msgid']} refused with"
            f" {facts['infcode']}: {facts['reason']}"
        )
    tally.count("visits")
    if speaker.provider.district not in city.region.districts:
        tally.count("visits in the other region")
