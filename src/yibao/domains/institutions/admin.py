from django.contrib import admin

from yibao.domains.institutions.models import Department, DualChannel, Institution, Practitioner
from yibao.domains.reference.admin import RecordAdmin


@admin.register(Institution)
class InstitutionAdmin(RecordAdmin):
    """Designated institutions (定点医药机构)."""

    region_field = "division__pooling_region"
    list_display = [
        "code",
        "name",
        "kind",
        "level",
        "division",
        "beds",
        "is_public",
        "designated_from",
        "designated_until",
    ]
    list_filter = ["kind", "level", "is_public"]
    search_fields = ["=code", "name"]
    autocomplete_fields = ["division"]
    date_hierarchy = "designated_from"


@admin.register(Department)
class DepartmentAdmin(RecordAdmin):
    """Departments (科室)."""

    region_field = "institution__division__pooling_region"
    list_display = ["code", "name", "specialty", "institution", "began_at", "ended_at"]
    search_fields = ["=code", "name", "=institution__code"]
    autocomplete_fields = ["institution"]


@admin.register(Practitioner)
class PractitionerAdmin(RecordAdmin):
    """Physicians, pharmacists and nurses (医保医师、药师、护士)."""

    region_field = "institution__division__pooling_region"
    list_display = ["code", "name", "kind", "institution", "department", "valid_from", "valid_until"]
    list_filter = ["kind"]
    search_fields = ["=code", "name", "=institution__code"]
    autocomplete_fields = ["institution", "department"]


@admin.register(DualChannel)
class DualChannelAdmin(RecordAdmin):
    """Pharmacies of the two channels (双通道定点零售药店)."""

    region_field = "institution__division__pooling_region"
    list_display = ["institution", "document", "valid_from", "valid_until"]
    search_fields = ["=institution__code", "institution__name"]
    autocomplete_fields = ["institution"]
