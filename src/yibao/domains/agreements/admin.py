from django.contrib import admin

from yibao.domains.agreements.models import (
    AgreedPrice,
    Agreement,
    AgreementCase,
    AgreementSignature,
    AgreementSuspension,
    AssessmentSheet,
    Breach,
    BreachNotice,
    BreachPublication,
    CaseEvent,
    CaseMaterial,
    CreditListing,
    CreditRepair,
    SheetPublication,
    ShortcomingNotice,
    SigningKey,
    StaffPoint,
)
from yibao.domains.reference.admin import AppendOnlyAdmin


@admin.register(AgreementCase)
class AgreementCaseAdmin(AppendOnlyAdmin):
    """Applications for agreements (协议申请): the office's own pages work on them."""

    region_field = "region_id"
    list_display = ["pk", "kind", "institution", "practitioner", "state", "submitted_at", "clock_stage", "clock_from"]
    list_filter = ["kind", "state"]
    search_fields = ["=id", "=institution__code", "=practitioner__code"]


@admin.register(CaseEvent)
class CaseEventAdmin(AppendOnlyAdmin):
    """What happened to applications, step by step."""

    region_field = "case__region_id"
    list_display = ["case", "step", "state_after", "at", "member", "article"]
    list_filter = ["step"]
    list_select_related = ["case", "member__user"]
    search_fields = ["=case__id"]


@admin.register(CaseMaterial)
class CaseMaterialAdmin(AppendOnlyAdmin):
    """Materials of applications (材料)."""

    region_field = "case__region_id"
    list_display = ["case", "key", "file", "brought_at", "brought_by"]
    list_select_related = ["case", "file", "brought_by__user"]
    search_fields = ["=case__id"]


@admin.register(ShortcomingNotice)
class ShortcomingNoticeAdmin(AppendOnlyAdmin):
    """Notices of shortcomings (一次性告知)."""

    region_field = "case__region_id"
    list_display = ["case", "stage", "given_at", "given_by"]
    list_select_related = ["case", "given_by__user"]
    search_fields = ["=case__id"]


@admin.register(Agreement)
class AgreementAdmin(AppendOnlyAdmin):
    """Agreements (协议) with their terms."""

    region_field = "case__region_id"
    list_display = [
        "number",
        "kind",
        "institution",
        "practitioner",
        "valid_from",
        "valid_until",
        "signed_at",
        "ended_on",
    ]
    list_filter = ["kind"]
    search_fields = ["=number", "=institution__code", "=practitioner__code", "=digest"]


@admin.register(SigningKey)
class SigningKeyAdmin(AppendOnlyAdmin):
    """Keys for signing agreements (签约密钥); private halves are sealed and never shown."""

    region_field = "region_id"
    list_display = ["party", "institution", "public_key", "valid_from", "retired_at"]
    search_fields = ["=institution__code", "=public_key"]
    exclude = ["sealed"]


@admin.register(AgreementSignature)
class AgreementSignatureAdmin(AppendOnlyAdmin):
    """Signatures of agreements (电子签名)."""

    region_field = "agreement__case__region_id"
    list_display = ["agreement", "party", "signed_by", "signed_at"]
    list_select_related = ["agreement", "signed_by__user"]
    search_fields = ["=agreement__number"]


@admin.register(AgreementSuspension)
class AgreementSuspensionAdmin(AppendOnlyAdmin):
    """Suspensions of agreements (中止)."""

    region_field = "agreement__case__region_id"
    list_display = ["agreement", "asked_by", "begins_on", "ends_by", "lifted_on", "article"]
    search_fields = ["=agreement__number"]


@admin.register(StaffPoint)
class StaffPointAdmin(AppendOnlyAdmin):
    """Points of medical staff (记分)."""

    region_field = "institution__division__pooling_region"
    list_display = [
        "practitioner",
        "institution",
        "act",
        "responsibility",
        "points",
        "year",
        "decided_on",
        "decided_by",
    ]
    list_filter = ["year", "act"]
    list_select_related = ["practitioner", "institution", "decided_by__user"]
    search_fields = ["=practitioner__code", "=institution__code", "=document"]


@admin.register(Breach)
class BreachAdmin(AppendOnlyAdmin):
    """Breaches of agreements (违约处理)."""

    region_field = "region_id"
    list_display = ["document", "institution", "practitioner", "found_on", "route", "handling", "decided_by"]
    list_filter = ["route", "handling", "is_internet"]
    list_select_related = ["institution", "practitioner", "decided_by__user"]
    search_fields = ["=document", "=institution__code"]


@admin.register(BreachPublication)
class BreachPublicationAdmin(AppendOnlyAdmin):
    """Publications of breaches (公开)."""

    region_field = "breach__region_id"
    list_display = ["breach", "published_at", "published_by"]
    list_select_related = ["breach", "published_by__user"]


@admin.register(BreachNotice)
class BreachNoticeAdmin(AppendOnlyAdmin):
    """Notices to other departments (通报)."""

    region_field = "breach__region_id"
    list_display = ["breach", "department", "notified_at", "notified_by"]
    list_filter = ["department"]
    list_select_related = ["breach", "notified_by__user"]


@admin.register(AssessmentSheet)
class AssessmentSheetAdmin(AppendOnlyAdmin):
    """Yearly assessments (协议考核)."""

    region_field = "region_id"
    list_display = ["institution", "year", "scope", "version", "score_e2", "grade", "payment_percent", "may_renew"]
    list_filter = ["year", "scope", "grade"]
    search_fields = ["=institution__code"]


@admin.register(SheetPublication)
class SheetPublicationAdmin(AppendOnlyAdmin):
    """Publications of assessments (考核结果公开)."""

    region_field = "institution__division__pooling_region"
    list_display = ["institution", "year", "scope", "published_at", "published_by"]
    list_filter = ["year", "scope"]
    list_select_related = ["institution", "published_by__user"]


@admin.register(AgreedPrice)
class AgreedPriceAdmin(AppendOnlyAdmin):
    """Prices by service agreements (服务协议约定价格)."""

    region_field = "agreement__case__region_id"
    list_display = ["agreement", "item", "price_e6", "valid_from", "document", "entered_by", "entered_at"]
    list_select_related = ["agreement", "item", "entered_by__user"]
    search_fields = ["=agreement__number", "=item__code"]


@admin.register(CreditListing)
class CreditListingAdmin(AppendOnlyAdmin):
    """Joint punishments for dishonesty (失信联合惩戒)."""

    region_field = "breach__region_id"
    list_display = ["breach", "measures", "article", "document", "begins_on", "ends_on", "decided_by", "decided_at"]
    list_select_related = ["breach", "decided_by__user"]
    search_fields = ["=document", "=breach__document"]


@admin.register(CreditRepair)
class CreditRepairAdmin(AppendOnlyAdmin):
    """Repairs of credit (信用修复)."""

    region_field = "listing__breach__region_id"
    list_display = ["listing", "repaired_on", "document", "reason", "decided_by", "decided_at"]
    list_select_related = ["listing", "decided_by__user"]
    search_fields = ["=listing__document"]
