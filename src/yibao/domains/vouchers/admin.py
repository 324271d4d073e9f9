from django.contrib import admin

from yibao.domains.reference.admin import AppendOnlyAdmin
from yibao.domains.vouchers.models import CodeKey, Redemption


@admin.register(CodeKey)
class CodeKeyAdmin(AppendOnlyAdmin):
    """Keys of voucher codes, without their secrets; made and retired by `yibao keys vouchers`."""

    list_display = ["id", "made_at", "retired_at"]
    fields = readonly_fields = ("id", "made_at", "retired_at")


@admin.register(Redemption)
class RedemptionAdmin(AppendOnlyAdmin):
    """Codes that were shown (凭证使用记录): whose, where, in which message."""

    region_field = "voucher__person__division__pooling_region"
    person_field = "voucher__person_id"
    list_display = ["redeemed_at", "voucher", "institution", "infno", "operator"]
    list_filter = ["infno"]
    search_fields = ["=voucher__person__number", "=institution__code"]
    exclude = ["serial"]
