from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet, URLField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yibao.core.money import format_yuan
from yibao.domains.mobile_orders.models import (
    Authorisation,
    AuthorisedOrder,
    CashPayment,
    CashResult,
    ChannelEntry,
    ChannelFault,
    ElectronicBill,
    LateCash,
    Notice,
    NoticeAddress,
    Order,
    OrderEvent,
    PatientMessage,
)
from yibao.domains.reference.admin import AppendOnlyAdmin, AppendOnlyInline, RecordAdmin

_REGION = "institution__division__pooling_region"


class OrderEventInline(AppendOnlyInline):
    """What happened to an order, on its page."""

    model = OrderEvent
    fields = ("happened_at", "step", "state", "settlement_id", "infno", "msgid", "business_serial", "reason")
    readonly_fields = ("happened_at", "step", "state", "settlement_id", "infno", "msgid", "business_serial", "reason")


@admin.register(Order)
class OrderAdmin(AppendOnlyAdmin):
    """Mobile payment orders (移动支付订单); tokens are nobody's to read."""

    region_field = _REGION
    person_field = "person_id"
    exclude = ["token", "digest"]
    list_display = ["number", "institution", "state", "total", "placed_at"]
    list_filter = ["state"]
    search_fields = ["=number", "=number_at_institution", "=person__number", "=institution__code"]
    inlines = [OrderEventInline]

    @admin.display(description=_("total (yuan)"))
    def total(self, order: Order) -> str:
        """The medical cost in yuan."""
        return format_yuan(order.total_fen)


class OfOrderAdmin(AppendOnlyAdmin):
    """What belongs to an order."""

    region_field = f"order__{_REGION}"
    person_field = "order__person_id"


@admin.register(OrderEvent)
class OrderEventAdmin(OfOrderAdmin):
    """Events of orders (订单事件)."""

    list_display = ["order", "step", "state", "happened_at", "infno", "business_serial"]
    list_filter = ["step"]
    search_fields = ["=order__number", "=msgid"]


@admin.register(CashPayment)
class CashPaymentAdmin(OfOrderAdmin):
    """What was asked of payment channels (现金支付)."""

    list_display = ["number", "order", "kind", "channel", "amount", "asked_at"]
    list_filter = ["kind", "channel"]
    search_fields = ["=number", "=order__number"]

    @admin.display(description=_("amount (yuan)"))
    def amount(self, payment: CashPayment) -> str:
        """The amount in yuan."""
        return format_yuan(payment.amount_fen)


@admin.register(CashResult)
class CashResultAdmin(AppendOnlyAdmin):
    """What payment channels said (支付结果)."""

    region_field = f"payment__order__{_REGION}"
    person_field = "payment__order__person_id"
    list_display = ["payment", "outcome", "channel", "channel_number", "done_at", "told_at"]
    list_filter = ["outcome", "channel"]
    search_fields = ["=payment__number", "=channel_number"]


@admin.register(LateCash)
class LateCashAdmin(AppendOnlyAdmin):
    """Cash that came after its payment was declined (失败后到账)."""

    region_field = f"payment__order__{_REGION}"
    person_field = "payment__order__person_id"
    list_display = ["payment", "channel_number", "done_at", "told_at"]
    search_fields = ["=payment__number", "=channel_number"]


@admin.register(Authorisation)
class AuthorisationAdmin(AppendOnlyAdmin):
    """Authorisations of persons (授权): who authorised through what, not the code."""

    region_field = "person__division__pooling_region"
    person_field = "person_id"
    exclude = ["code_digest"]
    list_display = ["pk", "kind", "person_id", "institution", "given_through", "given_at", "valid_until"]
    list_filter = ["kind", "given_through"]
    search_fields = ["=person__number"]


@admin.register(AuthorisedOrder)
class AuthorisedOrderAdmin(OfOrderAdmin):
    """Which order each authorisation paid."""

    list_display = ["authorisation_id", "order", "used_at"]
    search_fields = ["=order__number"]


@admin.register(ElectronicBill)
class ElectronicBillAdmin(OfOrderAdmin):
    """Electronic bills (医疗电子票据)."""

    list_display = ["code", "number", "kind", "order", "institution_code", "total", "issued_at"]
    list_filter = ["kind"]
    search_fields = ["=number", "=order__number"]

    @admin.display(description=_("total (yuan)"))
    def total(self, bill: ElectronicBill) -> str:
        """The medical cost in yuan."""
        return format_yuan(bill.total_fen)


@admin.register(PatientMessage)
class PatientMessageAdmin(OfOrderAdmin):
    """Messages to patients (患者消息)."""

    list_display = ["order", "kind", "told_at"]
    list_filter = ["kind"]
    search_fields = ["=order__number"]


@admin.register(Notice)
class NoticeAdmin(OfOrderAdmin):
    """Notices that wait for institutions (6302)."""

    list_display = ["order", "institution", "infno", "made_at", "tries", "delivered_at", "last_failure"]
    list_filter = ["infno"]
    search_fields = ["=order__number", "=institution__code"]


@admin.register(NoticeAddress)
class NoticeAddressAdmin(RecordAdmin):
    """Where institutions want their notices (通知地址)."""

    region_field = _REGION
    list_display = ["institution", "url", "is_open"]
    raw_id_fields = ["institution"]
    search_fields = ["=institution__code"]
    formfield_overrides: ClassVar = {URLField: {"assume_scheme": "https"}}


@admin.register(ChannelEntry)
class ChannelEntryAdmin(AppendOnlyAdmin):
    """The books of the test channel (测试支付渠道流水): those of the member's region, with which order numbers begin."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Narrow the books to the member's own region."""
        member = getattr(request.user, "staff_member", None)
        entries = super().get_queryset(request)
        return entries.filter(number__startswith=member.region_id) if member else entries.none()

    list_display = ["number", "kind", "state", "amount", "channel_number", "taken_at", "done_at"]
    list_filter = ["kind", "state"]
    search_fields = ["=number", "=channel_number"]

    @admin.display(description=_("amount (yuan)"))
    def amount(self, entry: Any) -> str:
        """The amount in yuan."""
        return format_yuan(entry.amount_fen)


@admin.register(ChannelFault)
class ChannelFaultAdmin(AppendOnlyAdmin):
    """Faults of the test channel (渠道故障演练)."""

    list_display = ["pk", "kind", "operation", "institution", "remaining", "ordered_by", "ordered_at", "ended_at"]
    list_filter = ["kind"]
