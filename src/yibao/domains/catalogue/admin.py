from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from yibao.core.money import format_scaled
from yibao.domains.catalogue.models import CeilingPrice, Coverage, Disease, Item, ItemMark
from yibao.domains.reference.admin import RecordAdmin


@admin.register(Item)
class ItemAdmin(RecordAdmin):
    """Drugs, consumables and services (医保目录)."""

    list_display = ["code", "name", "kind", "specification", "unit", "charge_category", "valid_from", "valid_until"]
    list_filter = ["kind", "is_essential", "is_negotiated", "charge_category"]
    search_fields = ["=code", "name", "maker"]
    date_hierarchy = "valid_from"


@admin.register(Coverage)
class CoverageAdmin(RecordAdmin):
    """How a scheme covers an item (甲乙丙类, 先行自付比例)."""

    region_field = "region__pooling_region"
    list_display = ["item", "region", "scheme", "item_class", "ratio", "valid_from", "valid_until"]
    list_filter = ["scheme", "item_class"]
    search_fields = ["=item__code", "item__name"]
    autocomplete_fields = ["item", "region"]

    @admin.display(description=_("self-pay-first ratio"), ordering="self_pay_first_ppm")
    def ratio(self, coverage: Coverage) -> str:
        """The share paid first by the person, in percent."""
        return f"{format_scaled(coverage.self_pay_first_ppm, decimals=4)}%"


@admin.register(CeilingPrice)
class CeilingPriceAdmin(RecordAdmin):
    """Ceiling prices by level of institution (限价)."""

    region_field = "region__pooling_region"
    list_display = ["item", "region", "level", "price", "valid_from", "valid_until"]
    list_filter = ["level"]
    search_fields = ["=item__code", "item__name"]
    autocomplete_fields = ["item", "region"]

    @admin.display(description=_("price (yuan)"), ordering="price_e6")
    def price(self, ceiling: CeilingPrice) -> str:
        """The price in yuan, to the millionth."""
        return format_scaled(ceiling.price_e6, decimals=6)


@admin.register(ItemMark)
class ItemMarkAdmin(RecordAdmin):
    """What items count as beside their class: special drugs, negative lists, negotiated drugs (特药、负面清单、国谈药)."""

    region_field = "region__pooling_region"
    list_display = ["item", "region", "mark", "document", "valid_from", "valid_until"]
    list_filter = ["mark"]
    search_fields = ["=item__code", "item__name", "=mark"]
    autocomplete_fields = ["item", "region"]


@admin.register(Disease)
class DiseaseAdmin(RecordAdmin):
    """Diagnoses, operations and special diseases (医保版编码)."""

    list_display = ["code", "name", "kind", "valid_from", "valid_until"]
    list_filter = ["kind"]
    search_fields = ["=code", "name"]
