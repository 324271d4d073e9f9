"""Simulations as a region's staff see them, and whether any is to be carried out."""

from typing import Final

from django.db import connection
from django.db.models import QuerySet

from yibao.domains.simulations.models import SimulationRequest, SimulationRun

State = SimulationRun.State
WORKING_LOCK: Final = 77_004
"""The first key of the lock that whoever works on a simulation holds; the second is the run's number."""
_TO_DO: Final = """
SELECT EXISTS (
  SELECT FROM simulations_simulationrun r
   WHERE (r.state = 'waiting' AND NOT EXISTS
          (SELECT FROM simulations_simulationrun b WHERE b.region_id = r.region_id AND b.state = 'running'))
      OR (r.state = 'running' AND NOT EXISTS
          (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
            WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.classid = %s AND l.objid = (r.id %% 2147483648)::oid)))
"""


def simulations_of(region: str) -> QuerySet[SimulationRequest]:
    """The simulations of a region, newest first, with how far they are; the heavy columns are read when they are asked for."""
    found = SimulationRequest.objects.filter(region_id=region).select_related("run", "requested_by__user")
    return found.defer("files").order_by("-id")


def waiting_before(run: SimulationRun) -> int:
    """How many of the same region are carried out before one that waits."""
    earlier = SimulationRun.objects.filter(region_id=run.region_id, pk__lt=run.pk)
    return earlier.filter(state__in=[State.WAITING, State.RUNNING]).count()


def anything_to_do() -> bool:
    """Whether a simulation can be taken up: one that waits in a region where none runs, or one that its worker left behind."""
    with connection.cursor() as cursor:
        cursor.execute(_TO_DO, (WORKING_LOCK,))
        row = cursor.fetchone()
    return bool(row and row[0])
