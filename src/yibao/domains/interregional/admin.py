from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yibao.core.money import format_yuan
from yibao.domains.interregional.models import (
    ClaimCorrection,
    ClearingItem,
    ClearingStatement,
    ClearingStep,
    Evidence,
    Inquiry,
    InquiryAnswer,
    InquiryApproval,
    PrepaidDecision,
    PrepaidOrder,
    RegionClaim,
)
from yibao.domains.reference.admin import AppendOnlyAdmin


class BetweenRegionsAdmin(AppendOnlyAdmin):
    """A register that concerns two regions; `pair` leads to the record that names them."""

    pair = ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Narrow the register to what concerns the member's region, on either side."""
        member = getattr(request.user, "staff_member", None)
        queryset = super().get_queryset(request)
        if member is None:
            return queryset.none()
        sides = (f"{self.pair}care_region_id", f"{self.pair}enrolment_region_id")
        return queryset.filter(Q(**{sides[0]: member.region_id}) | Q(**{sides[1]: member.region_id}))

    @admin.display(description=_("amount (yuan)"))
    def amount(self, record: Any) -> str:
        """The amount in yuan."""
        return format_yuan(record.amount_fen)


@admin.register(RegionClaim)
class RegionClaimAdmin(BetweenRegionsAdmin):
    """What regions owe each other for each settlement."""

    person_field = "settlement__person_id"
    list_display = ["settlement_id", "care_region", "enrolment_region", "scheme", "amount", "made_at"]
    list_filter = ["scheme"]
    search_fields = ["=settlement__id"]
    raw_id_fields = ["settlement"]


@admin.register(ClearingStatement)
class ClearingStatementAdmin(BetweenRegionsAdmin):
    """Clearing statements: the office's own page shows them with their lines and steps."""

    list_display = ["pk", "month", "care_region", "enrolment_region", "lines", "amount", "drawn_by"]
    list_select_related = ["care_region", "enrolment_region", "drawn_by__user"]


@admin.register(ClearingItem)
class ClearingItemAdmin(BetweenRegionsAdmin):
    """Lines of clearing statements."""

    pair = "statement__"
    list_display = ["pk", "statement", "claim_id", "correction_id", "amount", "is_held"]
    list_filter = ["is_held"]
    search_fields = ["=statement__id", "=claim__settlement__id"]
    raw_id_fields = ["claim", "correction", "statement"]


@admin.register(ClearingStep)
class ClearingStepAdmin(BetweenRegionsAdmin):
    """Who issued, confirmed and paid which statement."""

    pair = "statement__"
    list_display = ["statement", "kind", "amount", "due_on", "taken_by", "taken_at"]
    list_filter = ["kind"]
    list_select_related = ["taken_by__user"]


@admin.register(Inquiry)
class InquiryAdmin(BetweenRegionsAdmin):
    """Investigation requests (协查)."""

    pair = "claim__"
    person_field = "claim__settlement__person_id"
    list_display = ["pk", "claim_id", "reason", "asked_by", "asked_at", "due_on"]
    list_filter = ["reason"]
    list_select_related = ["asked_by__user"]
    raw_id_fields = ["claim", "item"]


@admin.register(InquiryAnswer)
class InquiryAnswerAdmin(BetweenRegionsAdmin):
    """Answers to investigation requests."""

    pair = "inquiry__claim__"
    person_field = "inquiry__claim__settlement__person_id"
    list_display = ["pk", "inquiry", "finding", "answered_by", "answered_at"]
    list_filter = ["finding"]
    list_select_related = ["answered_by__user"]


@admin.register(Evidence)
class EvidenceAdmin(BetweenRegionsAdmin):
    """Documents that answers rest on."""

    pair = "answer__inquiry__claim__"
    person_field = "answer__inquiry__claim__settlement__person_id"
    list_display = ["pk", "answer_id", "kind", "number", "digest"]
    list_filter = ["kind"]


@admin.register(InquiryApproval)
class InquiryApprovalAdmin(BetweenRegionsAdmin):
    """Who approved an answer."""

    pair = "answer__inquiry__claim__"
    person_field = "answer__inquiry__claim__settlement__person_id"
    list_display = ["answer_id", "is_approved", "decided_by", "decided_at"]
    list_filter = ["is_approved"]
    list_select_related = ["decided_by__user"]


@admin.register(ClaimCorrection)
class ClaimCorrectionAdmin(BetweenRegionsAdmin):
    """What approved answers took off claims."""

    pair = "claim__"
    person_field = "claim__settlement__person_id"
    list_display = ["pk", "claim_id", "amount", "made_at"]
    raw_id_fields = ["claim"]


@admin.register(PrepaidOrder)
class PrepaidOrderAdmin(BetweenRegionsAdmin):
    """Movements of prepaid funds."""

    list_display = ["pk", "care_region", "enrolment_region", "fund", "kind", "amount", "document", "asked_by"]
    list_filter = ["kind"]
    list_select_related = ["care_region", "enrolment_region", "fund", "asked_by__user"]


@admin.register(PrepaidDecision)
class PrepaidDecisionAdmin(BetweenRegionsAdmin):
    """Who ordered a movement of a prepaid fund."""

    pair = "order__"
    list_display = ["order_id", "is_approved", "decided_by", "decided_at"]
    list_filter = ["is_approved"]
    list_select_related = ["decided_by__user"]
