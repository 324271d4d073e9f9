from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from yibao.core.money import format_yuan
from yibao.domains.reference.admin import AppendOnlyAdmin
from yibao.domains.settlement.models import Accumulator, Circumstances, SettledBatch, Settlement


@admin.register(Settlement)
class SettlementAdmin(AppendOnlyAdmin):
    """Settlements (结算): the office's own page shows them with reasons, this register shows every column."""

    region_field = "enrolment__region__pooling_region"
    person_field = "person_id"
    list_display = ["pk", "settled_at", "institution", "person", "kind", "infno", "total", "fund", "person_pays"]
    list_filter = ["kind", "infno", "benefit_year"]
    search_fields = ["=id", "=visit__id", "=person__number"]
    date_hierarchy = "settled_at"
    ordering = ["-settled_at", "-id"]

    @admin.display(description=_("total (yuan)"))
    def total(self, settlement: Settlement) -> str:
        """The total in yuan."""
        return format_yuan(settlement.total_fen)

    @admin.display(description=_("paid by funds (yuan)"))
    def fund(self, settlement: Settlement) -> str:
        """What the funds pay in yuan."""
        return format_yuan(settlement.fund_fen)

    @admin.display(description=_("paid by person (yuan)"))
    def person_pays(self, settlement: Settlement) -> str:
        """What the person pays in yuan."""
        return format_yuan(settlement.person_fen)


@admin.register(Circumstances)
class CircumstancesAdmin(AppendOnlyAdmin):
    """What settlements stand on beside bill and person: place, disease, plan, transfer, parts of the bill."""

    region_field = "settlement__enrolment__region__pooling_region"
    person_field = "settlement__person_id"
    list_display = ["settlement", "facts"]
    search_fields = ["=settlement__id", "=settlement__person__number"]
    ordering = ["-settlement_id"]


@admin.register(SettledBatch)
class SettledBatchAdmin(AppendOnlyAdmin):
    """Which settlement a fee batch belongs to."""

    region_field = "settlement__enrolment__region__pooling_region"
    person_field = "settlement__person_id"
    list_display = ["settlement", "batch", "is_released"]
    list_filter = ["is_released"]
    search_fields = ["=settlement__id", "=batch__visit__id"]
    ordering = ["-id"]


@admin.register(Accumulator)
class AccumulatorAdmin(AppendOnlyAdmin):
    """What persons have used of a benefit year (累计)."""

    region_field = "person__division__pooling_region"
    person_field = "person_id"
    list_display = ["person", "scheme", "year", "amounts"]
    list_filter = ["scheme", "year"]
    search_fields = ["=person__number"]
    ordering = ["-id"]
