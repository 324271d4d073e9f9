from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from yibao.core.money import format_yuan
from yibao.domains.claims.models import Application, Document, Event, Notice, PaymentOrder
from yibao.domains.reference.admin import AppendOnlyAdmin, masked


@admin.register(Application)
class ApplicationAdmin(AppendOnlyAdmin):
    """Applications (申请): the office's own pages work on them, this register shows every column but the bank account."""

    region_field = "region_id"
    person_field = "person_id"
    list_display = [
        "pk",
        "kind",
        "person",
        "received_at",
        "state",
        "due_on",
        masked("account_number", _("bank account")),
    ]
    list_filter = ["kind", "state"]
    search_fields = ["=id", "=person__number"]
    exclude = ["account_number", "applicant_document"]
    ordering = ["-id"]


@admin.register(Event)
class EventAdmin(AppendOnlyAdmin):
    """What happened to applications, step by step."""

    region_field = "application__region_id"
    person_field = "application__person_id"
    list_display = ["application", "step", "state_after", "at", "member", "article"]
    list_filter = ["step"]
    list_select_related = ["application", "member__user"]
    search_fields = ["=application__id"]
    ordering = ["-id"]


@admin.register(Document)
class DocumentAdmin(AppendOnlyAdmin):
    """Documents that were handed in (材料)."""

    region_field = "application__region_id"
    person_field = "application__person_id"
    list_display = ["application", "kind", "number", "amount", "received_at", "is_live"]
    list_filter = ["kind", "is_live"]
    search_fields = ["=application__id", "=number", "=digest"]
    ordering = ["-id"]

    @admin.display(description=_("amount (yuan)"))
    def amount(self, document: Document) -> str:
        """The invoice's amount in yuan."""
        return "" if document.amount_fen is None else format_yuan(document.amount_fen)


@admin.register(Notice)
class NoticeAdmin(AppendOnlyAdmin):
    """Notices of missing documents (一次性告知)."""

    region_field = "application__region_id"
    person_field = "application__person_id"
    list_display = ["application", "missing", "given_at", "given_by"]
    list_select_related = ["application", "given_by__user"]
    search_fields = ["=application__id"]
    ordering = ["-id"]


@admin.register(PaymentOrder)
class PaymentOrderAdmin(AppendOnlyAdmin):
    """Payment orders (拨付)."""

    region_field = "application__region_id"
    person_field = "application__person_id"
    list_display = [
        "pk",
        "application",
        "amount",
        "ordered_at",
        masked("account_number", _("bank account")),
        "returned_at",
    ]
    search_fields = ["=id", "=application__id"]
    exclude = ["account_number"]
    ordering = ["-id"]

    @admin.display(description=_("amount (yuan)"))
    def amount(self, order: PaymentOrder) -> str:
        """The amount in yuan."""
        return format_yuan(order.amount_fen)
