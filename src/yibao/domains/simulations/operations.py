"""Writing simulations: asked for, taken up by one worker at a time, advanced, ended; a worker that dies loses nothing.

Who works on a simulation holds a lock of the database's session on it. The lock goes with the session, so a run that is
called running and whose lock is free was left behind, and is taken up again from the start.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Final

from django.db import connection, transaction

from yibao.core.errors import YibaoError
from yibao.domains.reference.operations import act_as
from yibao.domains.simulations.models import SimulationRequest, SimulationResult, SimulationRun
from yibao.domains.simulations.queries import WORKING_LOCK
from yibao.domains.staff.models import StaffMember

State = SimulationRun.State
ATTEMPTS_MAX: Final = 3
"""How often a simulation is taken up whose worker did not come to an end (our default)."""
WAITING_MAX: Final = 20
"""How many may wait in a region (our default)."""
GAVE_UP: Final = "simulations.gave_up"
_CLAIMING: Final = 77_003


class NotAnAnalystError(YibaoError):
    """Only analysts of the region ask for its simulations."""

    code: ClassVar[str] = "simulations.not_an_analyst"


class TooManyWaitingError(YibaoError):
    """So many simulations of the region wait already that another would not be carried out soon."""

    code: ClassVar[str] = "simulations.too_many_waiting"


@transaction.atomic
def ask_for_simulation(asked: SimulationRequest) -> SimulationRequest:
    """Keep what is asked for, and let it wait; what the analyst said is complete but for nothing.

    :raises NotAnAnalystError: the member is no analyst of the region.
    :raises TooManyWaitingError: nothing was kept.
    """
    member = asked.requested_by
    if member.role != StaffMember.Role.ANALYST or member.region_id != asked.region_id:
        raise NotAnAnalystError(user=str(member.user), region=asked.region_id)
    if SimulationRun.objects.filter(region_id=asked.region_id, state=State.WAITING).count() >= WAITING_MAX:
        raise TooManyWaitingError(most=WAITING_MAX)
    act_as(str(member.user))
    asked.save(force_insert=True)
    SimulationRun.objects.create(request=asked, region_id=asked.region_id)
    return asked


@transaction.atomic
def take_next(*, at: datetime) -> SimulationRun | None:
    """Take up the oldest simulation of a region in which none runs; nothing when there is none. The lock stays with the session.

    Those that were left behind wait again; after `ATTEMPTS_MAX` attempts they fail.
    """
    act_as("simulations")
    _ask("SELECT pg_advisory_xact_lock(%s)", _CLAIMING)
    for left in SimulationRun.objects.filter(state=State.RUNNING):
        if _ask("SELECT pg_try_advisory_lock(%s, %s)", WORKING_LOCK, _number(left)):
            _ask("SELECT pg_advisory_unlock(%s, %s)", WORKING_LOCK, _number(left))
            put_back(left, at=at)
    busy = SimulationRun.objects.filter(state=State.RUNNING).values("region")
    run = SimulationRun.objects.filter(state=State.WAITING).exclude(region__in=busy).order_by("pk").first()
    if run is None:
        return None
    _ask("SELECT pg_advisory_lock(%s, %s)", WORKING_LOCK, _number(run))
    run.state, run.started_at = State.RUNNING, at
    run.attempts += 1
    run.visits_done = run.visits_total = 0
    run.save()
    return run


def put_back(run: SimulationRun, *, at: datetime) -> None:
    """Let a simulation wait again that did not come to its end, or give it up."""
    if run.attempts >= ATTEMPTS_MAX:
        fail(run, code=GAVE_UP, facts={"attempts": run.attempts}, at=at)
        return
    run.state = State.WAITING
    run.save(update_fields=["state"])


def advance(run: SimulationRun, *, done: int, total: int) -> None:
    """Note how many visits are done, of how many."""
    run.visits_done, run.visits_total = done, total
    run.save(update_fields=["visits_done", "visits_total"])


@transaction.atomic
def finish(run: SimulationRun, content: Mapping[str, Any], *, at: datetime) -> None:
    """Keep what came out, and end."""
    act_as("simulations")
    SimulationResult.objects.create(request_id=run.request_id, content=content, kept_at=at)
    run.state, run.ended_at = State.DONE, at
    run.save()


@transaction.atomic
def fail(run: SimulationRun, *, code: str, facts: Mapping[str, Any], at: datetime) -> None:
    """End for good, with the code and the facts of the reason."""
    act_as("simulations")
    run.state, run.ended_at = State.FAILED, at
    run.failure = {"code": code, "facts": {name: str(value) for name, value in facts.items()}}
    run.save()


def release(run: SimulationRun) -> None:
    """Give back the lock of whoever worked on a simulation."""
    _ask("SELECT pg_advisory_unlock(%s, %s)", WORKING_LOCK, _number(run))


def _number(run: SimulationRun) -> int:
    """The run's number as the lock's second key, which has 32 bits."""
    return run.pk % 2**31


def _ask(sql: str, *values: int) -> Any:
    """Ask the database a question with one answer."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    return row[0] if row else None
