from django.contrib import admin

from yibao.domains.reference.admin import AppendOnlyAdmin, AppendOnlyInline
from yibao.domains.settlement_lists.models import (
    ListCharge,
    ListDiagnosis,
    ListDisease,
    ListFinding,
    ListIntensiveCare,
    ListOperation,
    ListPayment,
    ListStep,
    ListTransfusion,
    SettlementList,
)

_REGION = "settlement_list__settlement__enrolment__region_id"
_PERSON = "settlement_list__person_id"


class _Diagnoses(AppendOnlyInline):
    model = ListDiagnosis


class _Operations(AppendOnlyInline):
    model = ListOperation
    fields = ["rank", "kind", "code", "name", "began_at", "ended_at", "anaesthesia"]


class _Findings(AppendOnlyInline):
    model = ListFinding


class _Steps(AppendOnlyInline):
    model = ListStep


@admin.register(SettlementList)
class SettlementListAdmin(AppendOnlyAdmin):
    """Settlement lists (结算清单): uploaded through the gateway, read here, without addresses and contacts."""

    exclude = ["details"]
    region_field = "settlement__enrolment__region_id"
    person_field = "person_id"
    list_display = [
        "pk",
        "settlement",
        "version",
        "institution",
        "person",
        "state",
        "errors",
        "warnings",
        "uploaded_at",
    ]
    list_filter = ["state"]
    search_fields = ["=id", "=settlement__id", "=person__number", "=institution__code"]
    inlines = [_Diagnoses, _Operations, _Findings, _Steps]


class _PartAdmin(AppendOnlyAdmin):
    """A part of settlement lists."""

    region_field = _REGION
    person_field = _PERSON
    list_select_related = ["settlement_list"]
    search_fields = ["=settlement_list__id"]


@admin.register(ListStep)
class ListStepAdmin(_PartAdmin):
    """Steps of lists (状态修改)."""

    list_display = ["settlement_list", "state", "operator", "taken_at"]


@admin.register(ListDiagnosis)
class ListDiagnosisAdmin(_PartAdmin):
    """Diagnoses of lists."""

    list_display = ["settlement_list", "rank", "kind", "is_main", "code", "name"]


@admin.register(ListOperation)
class ListOperationAdmin(_PartAdmin):
    """Operations of lists."""

    list_display = ["settlement_list", "rank", "kind", "code", "name", "began_at"]


@admin.register(ListIntensiveCare)
class ListIntensiveCareAdmin(_PartAdmin):
    """Intensive care of lists."""

    list_display = ["settlement_list", "ward_kind", "entered_at", "left_at", "minutes"]


@admin.register(ListTransfusion)
class ListTransfusionAdmin(_PartAdmin):
    """Transfusions of lists."""

    list_display = ["settlement_list", "kind", "amount", "unit"]


@admin.register(ListCharge)
class ListChargeAdmin(_PartAdmin):
    """Charges of lists by category."""

    list_display = ["settlement_list", "category", "amount_fen"]


@admin.register(ListPayment)
class ListPaymentAdmin(_PartAdmin):
    """Payments of funds as lists tell them."""

    list_display = ["settlement_list", "fund", "amount_fen"]


@admin.register(ListDisease)
class ListDiseaseAdmin(_PartAdmin):
    """Chronic diseases of lists."""

    list_display = ["settlement_list", "rank", "code", "name"]


@admin.register(ListFinding)
class ListFindingAdmin(_PartAdmin):
    """Findings in lists (质控结果)."""

    list_display = ["settlement_list", "level", "check_id", "field", "value"]
    list_filter = ["level", "check_id"]
