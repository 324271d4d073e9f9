from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from yibao.domains.people.models import Household, Person, Voucher
from yibao.domains.reference.admin import RecordAdmin, masked


@admin.register(Household)
class HouseholdAdmin(RecordAdmin):
    """Households (户)."""

    region_field = "division__pooling_region"
    list_display = ["pk", "division"]
    autocomplete_fields = ["division"]
    search_fields = ["=id"]


@admin.register(Person)
class PersonAdmin(RecordAdmin):
    """Persons: found by exact numbers or by name, identity numbers masked in lists, each opening noted."""

    region_field = "division__pooling_region"
    person_field = "pk"
    list_display = [
        "number",
        "name",
        "document_type",
        masked("document_number", _("document number")),
        "birth_date",
        "division",
    ]
    list_filter = ["sex", "document_type"]
    search_fields = ["=number", "=document_number", "name"]
    autocomplete_fields = ["division"]
    raw_id_fields = ["household"]


@admin.register(Voucher)
class VoucherAdmin(RecordAdmin):
    """Vouchers (就诊凭证), their numbers masked in lists."""

    region_field = "person__division__pooling_region"
    person_field = "person_id"
    list_display = ["kind", masked("number", _("number")), "person", "valid_from", "valid_until"]
    list_filter = ["kind"]
    search_fields = ["=number", "=person__number"]
    autocomplete_fields = ["person"]
