"""Simulations as a region's staff see them."""

from django.db.models import QuerySet

from yibao.domains.simulations.models import SimulationRequest, SimulationRun

State = SimulationRun.State


def simulations_of(region: str) -> QuerySet[SimulationRequest]:
    """The simulations of a region, newest first, with how far they are; the heavy columns are read when they are asked for."""
    found = SimulationRequest.objects.filter(region_id=region).select_related("run", "requested_by__user")
    return found.defer("files").order_by("-id")


def waiting_before(run: SimulationRun) -> int:
    """How many of the same region are carried out before one that waits."""
    earlier = SimulationRun.objects.filter(region_id=run.region_id, pk__lt=run.pk)
    return earlier.filter(state__in=[State.WAITING, State.RUNNING]).count()


def anything_to_do() -> bool:
    """Whether a simulation waits, or was left behind by a worker that is gone, perhaps."""
    return SimulationRun.objects.filter(state__in=[State.WAITING, State.RUNNING]).exists()
