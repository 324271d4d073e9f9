from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from yibao.core.money import format_yuan
from yibao.domains.emergencies.models import (
    EmergencyApproval,
    EmergencyDecision,
    EmergencyEnd,
    EmergencySettlement,
    Prepayment,
    PrepaymentClearing,
    PrepaymentOrder,
)
from yibao.domains.reference.admin import AppendOnlyAdmin, masked


@admin.register(EmergencyDecision)
class EmergencyDecisionAdmin(AppendOnlyAdmin):
    """Decisions in a major epidemic: the office's own page shows them with their prepayments."""

    region_field = "region_id"
    list_display = ["pk", "region", "emergency", "document", "valid_from", "valid_until", "proposed_by"]
    list_filter = ["emergency"]
    list_select_related = ["region", "proposed_by__user"]
    search_fields = ["document"]


@admin.register(EmergencyApproval)
class EmergencyApprovalAdmin(AppendOnlyAdmin):
    """Who approved or refused a decision."""

    region_field = "decision__region_id"
    list_display = ["decision", "is_approved", "decided_by", "decided_at"]
    list_filter = ["is_approved"]
    list_select_related = ["decision", "decided_by__user"]


@admin.register(EmergencyEnd)
class EmergencyEndAdmin(AppendOnlyAdmin):
    """Decisions that were ended before their time."""

    region_field = "decision__region_id"
    list_display = ["decision", "ends_on", "document", "ended_by", "ended_at"]
    list_select_related = ["decision", "ended_by__user"]


@admin.register(EmergencySettlement)
class EmergencySettlementAdmin(AppendOnlyAdmin):
    """Settlements by the law of a decision."""

    region_field = "decision__region_id"
    person_field = "settlement__person_id"
    list_display = ["settlement", "decision"]
    search_fields = ["=settlement__id", "=decision__id"]


@admin.register(Prepayment)
class PrepaymentAdmin(AppendOnlyAdmin):
    """Prepayments to institutions (预付): every column but the bank account."""

    region_field = "decision__region_id"
    list_display = [
        "pk", "decision", "institution", "fund", "amount", "document", "requested_at",
        masked("account_number", _("bank account")),
    ]  # fmt: skip
    search_fields = ["=id", "=institution__code", "document"]
    exclude = ["account_number"]

    @admin.display(description=_("amount (yuan)"))
    def amount(self, prepayment: Prepayment) -> str:
        """The amount in yuan."""
        return format_yuan(prepayment.amount_fen)


@admin.register(PrepaymentOrder)
class PrepaymentOrderAdmin(AppendOnlyAdmin):
    """Who ordered or refused a prepayment."""

    region_field = "prepayment__decision__region_id"
    list_display = ["prepayment", "is_approved", "decided_by", "decided_at"]
    list_filter = ["is_approved"]
    list_select_related = ["prepayment", "decided_by__user"]


@admin.register(PrepaymentClearing)
class PrepaymentClearingAdmin(AppendOnlyAdmin):
    """What was repaid or set off."""

    region_field = "prepayment__decision__region_id"
    list_display = ["prepayment", "kind", "amount", "document", "entered_by", "entered_at"]
    list_filter = ["kind"]
    list_select_related = ["prepayment", "entered_by__user"]
    search_fields = ["=prepayment__id", "document"]

    @admin.display(description=_("amount (yuan)"))
    def amount(self, clearing: PrepaymentClearing) -> str:
        """The amount in yuan."""
        return format_yuan(clearing.amount_fen)
