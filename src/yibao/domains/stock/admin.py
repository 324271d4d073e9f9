from django.contrib import admin

from yibao.domains.reference.admin import AppendOnlyAdmin, RecordAdmin
from yibao.domains.stock.models import Balance, Movement, PackContent, TraceCode, TraceEntry, TraceSale


@admin.register(Movement)
class MovementAdmin(AppendOnlyAdmin):
    """Movements of goods (进销存记录): written by the gateway, read here, without what they say of buyers."""

    exclude = ["details"]
    region_field = "institution__division__pooling_region"
    person_field = "person_id"
    list_display = ["pk", "occurred_at", "institution", "kind", "own_name", "batch_number", "quantity_e4", "delta_e4"]
    list_filter = ["kind", "is_split"]
    search_fields = ["=id", "=institution__code", "=item_code", "=batch_number"]


@admin.register(Balance)
class BalanceAdmin(AppendOnlyAdmin):
    """Balances of goods (库存)."""

    region_field = "institution__division__pooling_region"
    list_display = ["institution", "item_code", "own_name", "batch_number", "quantity_e4", "loose_e4", "expires_on"]
    search_fields = ["=institution__code", "=item_code", "=batch_number"]


@admin.register(PackContent)
class PackContentAdmin(RecordAdmin):
    """How many units a pack holds (包装数量)."""

    list_display = ["item", "units", "source", "trust"]
    list_filter = ["trust"]
    autocomplete_fields = ["item"]
    search_fields = ["=item__code"]


@admin.register(TraceCode)
class TraceCodeAdmin(AppendOnlyAdmin):
    """Packs by trace code (药品追溯码)."""

    list_display = ["code", "item_code"]
    search_fields = ["=code", "=item_code"]


@admin.register(TraceEntry)
class TraceEntryAdmin(AppendOnlyAdmin):
    """Packs that movements other than sales name."""

    region_field = "movement__institution__division__pooling_region"
    list_display = ["code", "movement"]
    search_fields = ["=code__code", "=movement__id"]


@admin.register(TraceSale)
class TraceSaleAdmin(AppendOnlyAdmin):
    """Sales of packs by trace code."""

    region_field = "institution__division__pooling_region"
    person_field = "person_id"
    list_display = [
        "code",
        "sold_at",
        "institution",
        "item_code",
        "is_split",
        "quantity_e4",
        "returned_e4",
        "suspicions",
    ]
    list_filter = ["is_split", "is_repeat"]
    search_fields = ["=code__code", "=institution__code", "=settlement__id"]
