"""Carry out the simulations that wait (模拟任务), the oldest first, one at a time in each region, and keep what comes out."""

import logging
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from yibao.core.errors import YibaoError
from yibao.domains.simulations.models import SimulationRequest, SimulationRun
from yibao.domains.simulations.operations import advance, fail, finish, put_back, release, take_next
from yibao.policies.references import Chosen
from yibao.warehouse.result_tables import plain
from yibao.warehouse.visit_facts import write_visits_of
from yibao.warehouse.visits import count_visits
from yibao.workflows.ask_for_simulation import laws_of
from yibao.workflows.refresh_warehouse import refresh_warehouse
from yibao.workflows.simulate_reform import Question, simulate

_LOG: Final = logging.getLogger(__name__)


class MakeCity(Protocol):
    """Whoever writes the visits of a made city into a file: workflows do not know the city."""

    def __call__(self, path: Path, *, seed: int, visits: int, year: int, scheme: str, region: str) -> int:
        """Write at least so many visits of a year; gives how many."""


def carry_out_waiting(*, warehouse: Path, make_city: MakeCity, now: Callable[[], datetime]) -> int:
    """Carry out what waits until nothing does; gives how many were taken up.

    What the analyst can mend ends with its reason. What breaks otherwise is tried again, a few times.
    """
    taken = 0
    while (run := take_next(at=now())) is not None:
        taken += 1
        try:
            _carry_out(run, warehouse=warehouse, make_city=make_city, now=now)
        except YibaoError as error:
            fail(run, code=error.code, facts=_without_paths(error), at=now())
        except Exception:  # noqa: BLE001  # whatever breaks is logged and tried again
            _LOG.exception("simulation %s", run.request_id)
            put_back(run, at=now())
        finally:
            release(run)
    return taken


def _carry_out(run: SimulationRun, *, warehouse: Path, make_city: MakeCity, now: Callable[[], datetime]) -> None:
    """Settle all visits under both laws, tell how far it is, keep the tables."""
    request = run.request
    with tempfile.TemporaryDirectory(prefix="yibao-") as name:
        folder = Path(name)
        base, reform = laws_of(request, folder / "reform")
        visits = _visits(request, base, folder / "visits.parquet", warehouse=warehouse, make_city=make_city)
        total, done = count_visits([visits]), 0
        advance(run, done=0, total=total)

        def tell(more: int) -> None:
            nonlocal done
            done += more
            advance(run, done=done, total=total)

        question = Question(
            base=base, reform=reform, files=[visits], workplace=folder, income_fen=request.income_fen,
            catastrophic_share_ppm=request.catastrophic_share_ppm,
        )  # fmt: skip
        finish(run, plain(simulate(question, tell=tell)), at=now())


def _visits(request: SimulationRequest, base: Chosen, path: Path, *, warehouse: Path, make_city: MakeCity) -> Path:
    """The visits that were asked for, as a file: a made city's, or those of the region that stand."""
    scheme = base.law.scheme.scheme
    if request.source == SimulationRequest.Source.WAREHOUSE:
        refresh_warehouse(warehouse)
        years = range(request.first_year, request.last_year + 1)
        return write_visits_of(warehouse, path, region=request.region_id, years=years)
    assert request.seed is not None
    assert request.visits is not None
    make_city(
        path, seed=request.seed, visits=request.visits, year=request.first_year, scheme=scheme,
        region=request.region_id,
    )  # fmt: skip
    return path


def _without_paths(error: YibaoError) -> dict[str, object]:
    """The facts of a refusal without the places of files, which are gone by then and tell of the machine."""
    return {name: value for name, value in error.facts.items() if name not in {"file", "files"}} | {"file": "-", "files": "-"}  # fmt: skip
