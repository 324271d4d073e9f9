from django.contrib import admin

from yibao.domains.reference.admin import AppendOnlyAdmin
from yibao.domains.supplement.models import HeldPlan


@admin.register(HeldPlan)
class HeldPlanAdmin(AppendOnlyAdmin):
    """Supplementary plans that persons hold (惠民保保单); taken in and ended on the office's own page."""

    region_field = "region_id"
    person_field = "person_id"
    list_display = ["policy_number", "plan", "person", "valid_from", "valid_until", "reported_at", "ended_at"]
    list_filter = ["plan"]
    search_fields = ["=policy_number", "=person__number"]
