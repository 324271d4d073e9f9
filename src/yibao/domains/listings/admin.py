from django.contrib import admin

from yibao.domains.listings.models import Entry, ListFile, Listing, Matching, MatchingWithdrawal, Release
from yibao.domains.reference.admin import AppendOnlyAdmin


@admin.register(Listing)
class ListingAdmin(AppendOnlyAdmin):
    """Lists (目录); they are published on the office's own page."""

    list_display = ["code", "region"]
    search_fields = ["=code"]


@admin.register(Release)
class ReleaseAdmin(AppendOnlyAdmin):
    """Versions of lists (目录版本)."""

    list_display = ["listing", "version", "released_at", "released_by", "source", "added", "changed", "withdrawn"]
    search_fields = ["=listing__code"]
    date_hierarchy = "released_at"


@admin.register(Entry)
class EntryAdmin(AppendOnlyAdmin):
    """Rows of lists, release by release."""

    list_display = ["listing", "code", "release", "is_valid"]
    list_select_related = ["listing", "release__listing"]
    search_fields = ["=code"]


@admin.register(ListFile)
class ListFileAdmin(AppendOnlyAdmin):
    """Files of releases."""

    list_display = ["release", "since", "file", "rows"]
    list_select_related = ["release__listing", "file"]
    search_fields = ["=release__listing__code"]


@admin.register(Matching)
class MatchingAdmin(AppendOnlyAdmin):
    """Matchings of institutions' items (目录对照)."""

    region_field = "institution__division__pooling_region"
    list_display = ["institution", "own_code", "own_name", "list_type", "item_code", "valid_from", "valid_until"]
    list_filter = ["list_type"]
    search_fields = ["=institution__code", "=own_code", "=item_code"]


@admin.register(MatchingWithdrawal)
class MatchingWithdrawalAdmin(AppendOnlyAdmin):
    """Withdrawals of matchings (目录对照撤销)."""

    region_field = "matching__institution__division__pooling_region"
    list_display = ["matching", "withdrawn_at", "withdrawn_by"]
    search_fields = ["=matching__own_code"]
