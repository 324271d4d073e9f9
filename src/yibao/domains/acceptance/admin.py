from django.contrib import admin

from yibao.domains.acceptance.models import AcceptanceReport, Performance
from yibao.domains.reference.admin import AppendOnlyAdmin


@admin.register(Performance)
class PerformanceAdmin(AppendOnlyAdmin):
    """What institutions' systems tried, and whether they did it correctly."""

    region_field = "institution__division__pooling_region"
    list_display = ["received_at", "institution", "access_point", "infno", "msgid", "is_performed", "error_code"]
    list_filter = ["is_performed", "infno"]
    list_select_related = ["institution", "access_point"]
    search_fields = ["=msgid", "=institution__code"]


@admin.register(AcceptanceReport)
class AcceptanceReportAdmin(AppendOnlyAdmin):
    """Acceptance reports (验收报告) as they were issued."""

    region_field = "institution__division__pooling_region"
    list_display = ["issued_at", "institution", "kind", "is_passed", "digest", "issued_by"]
    list_filter = ["is_passed", "kind"]
    list_select_related = ["institution", "issued_by__user"]
    search_fields = ["=institution__code", "=digest"]
