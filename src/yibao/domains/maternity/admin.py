from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from yibao.core.money import format_yuan
from yibao.domains.maternity.models import MaternityCalculation, MaternityClaim
from yibao.domains.reference.admin import AppendOnlyAdmin


@admin.register(MaternityClaim)
class MaternityClaimAdmin(AppendOnlyAdmin):
    """Maternity claims (生育待遇申领)."""

    region_field = "application__region_id"
    person_field = "application__person_id"
    list_display = ["application", "event", "happened_on", "employer", "is_live"]
    list_filter = ["event", "is_live"]
    search_fields = ["=application__id", "=employer__code"]
    ordering = ["-application_id"]


@admin.register(MaternityCalculation)
class MaternityCalculationAdmin(AppendOnlyAdmin):
    """Calculations of maternity claims."""

    region_field = "claim__application__region_id"
    person_field = "claim__application__person_id"
    list_display = ["pk", "claim", "made_at", "made_by", "days", "total"]
    list_select_related = ["claim", "made_by__user"]
    search_fields = ["=claim__application__id"]
    ordering = ["-id"]

    @admin.display(description=_("total (yuan)"))
    def total(self, calculation: MaternityCalculation) -> str:
        """The total in yuan."""
        return format_yuan(calculation.total_fen)
