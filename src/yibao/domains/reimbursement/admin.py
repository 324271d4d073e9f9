from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from yibao.core.money import format_yuan
from yibao.domains.reference.admin import AppendOnlyAdmin
from yibao.domains.reimbursement.models import BillLine, Calculation, Reimbursement


@admin.register(Reimbursement)
class ReimbursementAdmin(AppendOnlyAdmin):
    """Reimbursements by hand (零星报销)."""

    region_field = "application__region_id"
    person_field = "application__person_id"
    list_display = ["application", "reason", "scheme", "institution", "care", "place", "began_on", "settlement"]
    list_filter = ["reason", "scheme", "care", "place"]
    search_fields = ["=application__id", "=institution__code"]
    ordering = ["-application_id"]


@admin.register(BillLine)
class BillLineAdmin(AppendOnlyAdmin):
    """Lines of paper bills as they were typed."""

    region_field = "reimbursement__application__region_id"
    person_field = "reimbursement__application__person_id"
    list_display = [
        "reimbursement",
        "item_code",
        "item_name",
        "amount",
        "occurred_on",
        "refused_article",
        "withdrawn_at",
    ]
    search_fields = ["=reimbursement__application__id", "=item_code"]
    ordering = ["-id"]

    @admin.display(description=_("amount (yuan)"))
    def amount(self, line: BillLine) -> str:
        """The amount in yuan."""
        return format_yuan(line.amount_fen)


@admin.register(Calculation)
class CalculationAdmin(AppendOnlyAdmin):
    """Calculations of reimbursements by hand."""

    region_field = "reimbursement__application__region_id"
    person_field = "reimbursement__application__person_id"
    list_display = ["pk", "reimbursement", "made_at", "made_by", "total", "fund"]
    list_select_related = ["reimbursement", "made_by__user"]
    search_fields = ["=reimbursement__application__id"]
    ordering = ["-id"]

    @admin.display(description=_("total (yuan)"))
    def total(self, calculation: Calculation) -> str:
        """The total in yuan."""
        return format_yuan(calculation.total_fen)

    @admin.display(description=_("paid by funds (yuan)"))
    def fund(self, calculation: Calculation) -> str:
        """What the funds pay in yuan."""
        return format_yuan(calculation.fund_fen)
