from django.contrib import admin

from yibao.domains.clinical.models import ClinicalRecord
from yibao.domains.reference.admin import AppendOnlyAdmin


@admin.register(ClinicalRecord)
class ClinicalRecordAdmin(AppendOnlyAdmin):
    """Clinical records (信息采集): what they say is read on the office's own page, masked; here stands that they are there."""

    region_field = "institution__division__pooling_region"
    person_field = "person_id"
    exclude = ["content"]
    list_display = ["pk", "kind", "institution", "visit_number", "key", "version", "is_valid", "entered_at"]
    list_filter = ["kind", "is_valid"]
    search_fields = ["=visit__id", "=visit_number", "=report_number", "=institution__code", "=person__number"]
