from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from yibao.core.money import format_yuan
from yibao.domains.assistance.models import CountedSettlement, WatchDecision, WatchListing
from yibao.domains.reference.admin import AppendOnlyAdmin, AppendOnlyInline


class CountedSettlementInline(AppendOnlyInline):
    """The settlements that add up to the limit, below a listing."""

    model = CountedSettlement
    fields = readonly_fields = ("place", "settlement", "counted_fen", "running_fen")
    show_change_link = False


class WatchDecisionInline(AppendOnlyInline):
    """What was decided, below a listing."""

    model = WatchDecision
    fields = readonly_fields = ("step", "decided_on", "document", "kind", "status_from", "decided_by", "decided_at")


@admin.register(WatchListing)
class WatchListingAdmin(AppendOnlyAdmin):
    """Listings of the poverty watch (因病致贫返贫监测名单): the office's own pages decide, this register shows every column."""

    region_field = "region__pooling_region"
    person_field = "person_id"
    list_display = ["pk", "person", "benefit_year", "threshold", "signal", "limit", "counted", "crossed_on"]
    list_filter = ["signal", "group", "benefit_year"]
    search_fields = ["=person__number"]
    ordering = ["-id"]
    inlines = [CountedSettlementInline, WatchDecisionInline]

    @admin.display(description=_("limit (yuan)"))
    def limit(self, listing: WatchListing) -> str:
        """The limit in yuan."""
        return format_yuan(listing.limit_fen)

    @admin.display(description=_("counted (yuan)"))
    def counted(self, listing: WatchListing) -> str:
        """What had been counted in yuan."""
        return format_yuan(listing.counted_fen)


@admin.register(CountedSettlement)
class CountedSettlementAdmin(AppendOnlyAdmin):
    """Settlements on the way to a limit."""

    region_field = "listing__region__pooling_region"
    person_field = "listing__person_id"
    list_display = ["listing", "place", "settlement", "counted_fen", "running_fen"]
    search_fields = ["=listing__id", "=settlement__id"]
    ordering = ["-id"]


@admin.register(WatchDecision)
class WatchDecisionAdmin(AppendOnlyAdmin):
    """Decisions of the poverty watch."""

    region_field = "listing__region__pooling_region"
    person_field = "listing__person_id"
    list_display = ["listing", "step", "decided_on", "document", "kind", "status_from", "decided_by"]
    list_filter = ["step", "kind"]
    search_fields = ["=listing__id", "document"]
    ordering = ["-id"]
