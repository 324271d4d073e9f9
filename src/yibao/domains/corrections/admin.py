from django.contrib import admin

from yibao.domains.corrections.models import (
    RecalculationCorrection,
    RecalculationDecision,
    RecalculationDifference,
    RecalculationRun,
    SetAsidePerson,
)
from yibao.domains.reference.admin import AppendOnlyAdmin


@admin.register(RecalculationRun)
class RecalculationRunAdmin(AppendOnlyAdmin):
    """Recalculations (追溯重算): the office's own page shows them with their differences."""

    region_field = "region_id"
    list_display = [
        "pk",
        "region",
        "scheme",
        "benefit_from",
        "benefit_until",
        "document",
        "requested_by",
        "is_computed",
    ]
    list_filter = ["scheme", "is_computed"]
    list_select_related = ["region", "requested_by__user"]
    search_fields = ["document"]


@admin.register(RecalculationDifference)
class RecalculationDifferenceAdmin(AppendOnlyAdmin):
    """What the law now in force would have given."""

    region_field = "run__region_id"
    person_field = "person_id"
    list_display = ["run", "settlement", "person", "institution", "fund_difference_fen", "cash_difference_fen"]
    search_fields = ["=run__id", "=settlement__id", "=person__number"]


@admin.register(RecalculationDecision)
class RecalculationDecisionAdmin(AppendOnlyAdmin):
    """Who approved or refused a recalculation."""

    region_field = "run__region_id"
    list_display = ["run", "is_approved", "decided_by", "decided_at"]
    list_filter = ["is_approved"]
    list_select_related = ["run", "decided_by__user"]


@admin.register(RecalculationCorrection)
class RecalculationCorrectionAdmin(AppendOnlyAdmin):
    """Reversals and new settlements of approved differences."""

    region_field = "difference__run__region_id"
    person_field = "difference__person_id"
    list_display = ["difference", "reversal", "settlement", "corrected_at"]
    search_fields = ["=settlement__id", "=reversal__id"]


@admin.register(SetAsidePerson)
class SetAsidePersonAdmin(AppendOnlyAdmin):
    """Persons whom a recalculation left as they are."""

    region_field = "run__region_id"
    person_field = "person_id"
    list_display = ["run", "person", "reason", "noted_at"]
    list_filter = ["reason"]
