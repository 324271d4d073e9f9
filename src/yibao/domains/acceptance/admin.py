from django.contrib import admin

from yibao.domains.acceptance.models import AcceptanceReport, InterfaceSpecification, Performance
from yibao.domains.reference.admin import AppendOnlyAdmin


@admin.register(Performance)
class PerformanceAdmin(AppendOnlyAdmin):
    """What institutions' systems tried, and whether they did it correctly."""

    region_field = "institution__division__pooling_region"
    list_display = ["received_at", "institution", "access_point", "infno", "msgid", "is_performed", "error_code"]
    list_filter = ["is_performed", "infno"]
    search_fields = ["=msgid", "=institution__code"]


@admin.register(AcceptanceReport)
class AcceptanceReportAdmin(AppendOnlyAdmin):
    """Acceptance reports (验收报告) as they were issued."""

    region_field = "institution__division__pooling_region"
    list_display = ["issued_at", "institution", "kind", "is_passed", "digest", "issued_by"]
    list_filter = ["is_passed", "kind"]
    list_select_related = ["institution", "issued_by__user"]
    search_fields = ["=institution__code", "=digest"]


@admin.register(InterfaceSpecification)
class InterfaceSpecificationAdmin(AppendOnlyAdmin):
    """Interface specifications (接口规范) that regions published."""

    region_field = "region_id"
    list_display = ["version", "region", "document", "in_force_from", "digest", "published_by", "published_at"]
    list_select_related = ["region", "published_by__user"]
    search_fields = ["=version", "=digest"]
