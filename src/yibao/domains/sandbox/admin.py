from django.contrib import admin

from yibao.domains.reference.admin import AppendOnlyAdmin
from yibao.domains.sandbox.models import Exchange, Fault, SandboxPerson


@admin.register(Exchange)
class ExchangeAdmin(AppendOnlyAdmin):
    """The latest messages of the sandbox, without their bodies: those are shown, masked, on the console."""

    region_field = "access_point__region_id"
    list_display = ["received_at", "access_point", "institution_code", "infno", "msgid", "result", "total_us"]
    list_filter = ["result", "infno"]
    search_fields = ["=msgid", "=institution_code"]
    fields = [
        "received_at", "access_point", "institution_code", "infno", "msgid", "path", "result", "http_status", "error_code",
        "total_us", "fault_kind", "replay_of",
    ]  # fmt: skip


@admin.register(Fault)
class FaultAdmin(AppendOnlyAdmin):
    """Faults on demand (故障演练); they are ordered and called off on the console."""

    region_field = "access_point__region_id"
    list_display = [
        "ordered_at", "access_point", "institution", "infno", "kind", "seconds", "times", "remaining", "ordered_by",
        "ended_at",
    ]  # fmt: skip
    list_filter = ["kind"]


@admin.register(SandboxPerson)
class SandboxPersonAdmin(AppendOnlyAdmin):
    """Test persons (测试人员)."""

    region_field = "person__division__pooling_region"
    person_field = "person_id"
    list_display = ["place", "kind", "title_zh", "title_en", "person"]
    search_fields = ["=kind", "=person__number"]
