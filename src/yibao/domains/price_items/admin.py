from django.contrib import admin

from yibao.domains.price_items.models import GuidedPrice, ItemDecision, ItemProposal, PublishedItem
from yibao.domains.reference.admin import AppendOnlyAdmin, RecordAdmin


@admin.register(ItemProposal)
class ItemProposalAdmin(AppendOnlyAdmin):
    """Proposed price items; proposed and decided on the office's own pages."""

    region_field = "region_id"
    list_display = ["pk", "name", "proposer", "service_kind", "need", "proposed_by", "proposed_at"]
    list_filter = ["service_kind", "need"]
    list_select_related = ["proposer", "proposed_by__user"]
    search_fields = ["=id", "name", "=proposer__code"]


@admin.register(ItemDecision)
class ItemDecisionAdmin(AppendOnlyAdmin):
    """Decisions on proposed price items."""

    region_field = "proposal__region_id"
    list_display = ["proposal", "is_accepted", "note", "document", "decided_by", "decided_at"]
    list_filter = ["is_accepted"]
    list_select_related = ["proposal", "decided_by__user"]
    search_fields = ["=proposal__id", "proposal__name"]


@admin.register(PublishedItem)
class PublishedItemAdmin(RecordAdmin):
    """Published price items (公布的价格项目)."""

    region_field = "region_id"
    list_display = ["item", "need", "is_payable", "document", "valid_from", "valid_until"]
    list_filter = ["need", "is_payable"]
    search_fields = ["=item__code", "item__name"]
    autocomplete_fields = ["region", "item"]
    exclude = ["decision"]


@admin.register(GuidedPrice)
class GuidedPriceAdmin(RecordAdmin):
    """Guided prices (政府指导价)."""

    region_field = "region_id"
    list_display = ["item", "level", "price_e6", "document", "health_document", "valid_from", "valid_until"]
    list_filter = ["level"]
    search_fields = ["=item__code", "item__name"]
    autocomplete_fields = ["region", "item"]
