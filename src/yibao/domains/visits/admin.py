from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from yibao.core.money import format_scaled, format_yuan
from yibao.domains.reference.admin import AppendOnlyAdmin, AppendOnlyInline
from yibao.domains.visits.models import Diagnosis, FeeBatch, FeeLine, Visit


class DiagnosisInline(AppendOnlyInline):
    """Diagnoses on the page of their visit."""

    model = Diagnosis
    fields = ["stage", "is_main", "rank", "code", "name", "is_current"]


@admin.register(Visit)
class VisitAdmin(AppendOnlyAdmin):
    """Visits (就诊): written by the gateway, read here."""

    region_field = "enrolment__region__pooling_region"
    person_field = "person_id"
    list_display = ["pk", "began_at", "institution", "person", "care", "medical_type", "state"]
    list_filter = ["care", "state", "place"]
    search_fields = ["=id", "=person__number", "=number_at_institution", "=institution__code"]
    ordering = ["-id"]
    inlines = [DiagnosisInline]


@admin.register(Diagnosis)
class DiagnosisAdmin(AppendOnlyAdmin):
    """Diagnoses (诊断)."""

    region_field = "visit__enrolment__region__pooling_region"
    person_field = "visit__person_id"
    list_display = ["visit", "stage", "rank", "is_main", "code", "name", "is_current"]
    list_filter = ["stage", "is_main", "is_current"]
    search_fields = ["=visit__id", "=code"]
    ordering = ["-id"]


class FeeLineInline(AppendOnlyInline):
    """Fee lines on the page of their batch."""

    model = FeeLine
    fields = ["number", "item_code", "item_name", "item_class", "amount_fen", "in_scope_fen", "withdrawn_at"]


@admin.register(FeeBatch)
class FeeBatchAdmin(AppendOnlyAdmin):
    """Charge batches (收费批次)."""

    region_field = "visit__enrolment__region__pooling_region"
    person_field = "visit__person_id"
    list_display = ["pk", "visit", "number"]
    search_fields = ["=visit__id", "=number"]
    ordering = ["-id"]
    inlines = [FeeLineInline]


@admin.register(FeeLine)
class FeeLineAdmin(AppendOnlyAdmin):
    """Fee lines (费用明细)."""

    region_field = "visit__enrolment__region__pooling_region"
    person_field = "visit__person_id"
    list_display = ["visit", "number", "item_code", "item_name", "item_class", "quantity", "amount", "in_scope"]
    list_filter = ["item_class"]
    search_fields = ["=visit__id", "=item_code"]
    ordering = ["-id"]

    @admin.display(description=_("quantity"))
    def quantity(self, line: FeeLine) -> str:
        """The quantity with four decimals."""
        return format_scaled(line.quantity_e4, decimals=4)

    @admin.display(description=_("amount (yuan)"))
    def amount(self, line: FeeLine) -> str:
        """The amount in yuan."""
        return format_yuan(line.amount_fen)

    @admin.display(description=_("in scope (yuan)"))
    def in_scope(self, line: FeeLine) -> str:
        """The part within the policy's scope in yuan."""
        return format_yuan(line.in_scope_fen)
