from django.contrib import admin

from yibao.domains.filings.models import Filing, FilingDecision
from yibao.domains.reference.admin import AppendOnlyAdmin, AppendOnlyInline


class _Decisions(AppendOnlyInline):
    """What was decided on the filing."""

    model = FilingDecision


@admin.register(Filing)
class FilingAdmin(AppendOnlyAdmin):
    """Filings (备案); entered and decided on the office's own page."""

    region_field = "region_id"
    person_field = "person_id"
    list_display = ["pk", "kind", "person", "subject", "valid_from", "valid_until", "standing", "in_force_until"]
    list_filter = ["kind", "standing"]
    search_fields = ["=id", "=person__number", "=disease_code", "=institution_code"]
    inlines = [_Decisions]


@admin.register(FilingDecision)
class FilingDecisionAdmin(AppendOnlyAdmin):
    """Decisions on filings, one by one."""

    region_field = "filing__region_id"
    person_field = "filing__person_id"
    list_display = ["filing", "kind", "on", "reason", "decided_by", "decided_at"]
    list_filter = ["kind"]
    search_fields = ["=filing__id", "=filing__person__number"]
