from django.contrib import admin

from yibao.domains.reference.admin import AppendOnlyAdmin
from yibao.domains.simulations.models import SimulationRequest, SimulationResult, SimulationRun


@admin.register(SimulationRequest)
class SimulationRequestAdmin(AppendOnlyAdmin):
    """What analysts asked for; asked on the office's own page."""

    region_field = "region_id"
    list_display = ["pk", "title", "region", "base", "reform", "source", "requested_by", "requested_at"]
    list_filter = ["source"]
    list_select_related = ["region", "requested_by__user"]
    search_fields = ["title"]


@admin.register(SimulationRun)
class SimulationRunAdmin(AppendOnlyAdmin):
    """How far simulations have come."""

    region_field = "region_id"
    list_display = ["request", "region", "state", "attempts", "visits_done", "visits_total", "started_at", "ended_at"]
    list_filter = ["state"]


@admin.register(SimulationResult)
class SimulationResultAdmin(AppendOnlyAdmin):
    """What came out of simulations; the office's own page shows it."""

    region_field = "request__region_id"
    fields = ["request", "kept_at"]
    list_display = ["request", "kept_at"]
