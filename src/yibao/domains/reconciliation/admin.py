from django.contrib import admin

from yibao.domains.reconciliation.models import (
    ClearingApplication,
    DepositEnd,
    QualityDeposit,
    ReconciliationDifference,
    ReconciliationRun,
    RegionPractice,
)
from yibao.domains.reference.admin import AppendOnlyAdmin, RecordAdmin


@admin.register(RegionPractice)
class RegionPracticeAdmin(RecordAdmin):
    """What a region does where the interface leaves a choice (地区对账口径)."""

    region_field = "region_id"
    list_display = ["region", "reversals", "result_codes", "shows_undone", "refuses_unknown_undo", "trust"]


@admin.register(ReconciliationRun)
class ReconciliationRunAdmin(AppendOnlyAdmin):
    """Reconciliations (对账): the office's own page shows them with their differences."""

    region_field = "institution__division__pooling_region"
    list_display = ["pk", "institution", "grain", "source", "first_day", "last_day", "difference_count", "is_equal"]
    list_filter = ["grain", "is_equal", "source"]
    search_fields = ["=institution__code", "=msgid"]
    date_hierarchy = "first_day"
    exclude = ["file_digest"]


@admin.register(ReconciliationDifference)
class ReconciliationDifferenceAdmin(AppendOnlyAdmin):
    """Rows that are not the same there and here."""

    region_field = "run__institution__division__pooling_region"
    list_display = ["run", "cause", "mended_by", "setl_id", "claimed_total_fen", "found_total_fen"]
    list_filter = ["cause"]
    search_fields = ["=run__id", "=setl_id", "=msgid"]


@admin.register(ClearingApplication)
class ClearingApplicationAdmin(AppendOnlyAdmin):
    """Applications for clearing (清算申请); the office's own page accepts and returns them."""

    region_field = "institution__division__pooling_region"
    list_display = ["pk", "institution", "month", "clearing_type", "fund_fen", "state"]
    list_filter = ["state", "clearing_type"]
    search_fields = ["=institution__code"]
    date_hierarchy = "month"


@admin.register(QualityDeposit)
class QualityDepositAdmin(AppendOnlyAdmin):
    """Quality deposits (质量保证金) withheld of cleared months."""

    region_field = "application__institution__division__pooling_region"
    list_display = ["pk", "application", "scope", "percent", "base_fen", "withheld_fen", "withheld_by", "withheld_at"]
    list_filter = ["scope"]
    search_fields = ["=application__id", "=application__institution__code"]


@admin.register(DepositEnd)
class DepositEndAdmin(AppendOnlyAdmin):
    """What became of quality deposits."""

    region_field = "deposit__application__institution__division__pooling_region"
    list_display = ["deposit", "cause", "sheet", "all_returned_fen", "all_forfeited_fen", "ended_by", "ended_at"]
    list_filter = ["cause"]
    search_fields = ["=deposit__application__institution__code"]
