from django.contrib import admin

from yibao.domains.internet_care.models import (
    AuditRun,
    BudgetChange,
    Finding,
    InternetMechanism,
    InternetPractice,
    MechanismCheck,
    PhysicianQualification,
    Review,
    Verification,
    VisitCheck,
)
from yibao.domains.reference.admin import AppendOnlyAdmin, AppendOnlyInline, RecordAdmin


@admin.register(InternetPractice)
class InternetPracticeAdmin(RecordAdmin):
    """Approvals to give care over the internet (互联网诊疗资质)."""

    region_field = "institution__division__pooling_region"
    list_display = ["institution", "kind", "is_public", "departments", "document", "valid_from", "valid_until"]
    list_filter = ["kind", "is_public"]
    search_fields = ["=institution__code", "institution__name"]
    autocomplete_fields = ["institution"]


@admin.register(PhysicianQualification)
class PhysicianQualificationAdmin(RecordAdmin):
    """Licences and independent practice of physicians; a change is a further row."""

    region_field = "practitioner__institution__division__pooling_region"
    list_display = ["practitioner", "licence_number", "licensed_from", "licensed_until", "independent_since"]
    search_fields = ["=practitioner__code", "=licence_number"]
    autocomplete_fields = ["practitioner"]


@admin.register(VisitCheck)
class VisitCheckAdmin(AppendOnlyAdmin):
    """Checked visits over the internet."""

    region_field = "visit__institution__division__pooling_region"
    person_field = "visit__person_id"
    list_display = ["visit", "disease_code", "prior_visit", "document", "checked_at"]
    search_fields = ["=visit__id", "=visit__person__number"]


@admin.register(BudgetChange)
class BudgetChangeAdmin(AppendOnlyAdmin):
    """Steps of institutions' budgets (医保付费总额管理指标)."""

    region_field = "institution__division__pooling_region"
    list_display = ["institution", "year", "kind", "amount_fen", "document", "decided_by", "decided_at"]
    list_filter = ["year", "kind"]
    list_select_related = ["institution", "decided_by__user"]
    search_fields = ["=institution__code"]


class _Findings(AppendOnlyInline):
    """What the audit found."""

    model = Finding


@admin.register(AuditRun)
class AuditRunAdmin(AppendOnlyAdmin):
    """Audited visits over the internet."""

    region_field = "settlement__institution__division__pooling_region"
    person_field = "settlement__person_id"
    list_display = ["settlement", "document", "audited_at"]
    search_fields = ["=settlement__id"]
    inlines = [_Findings]


@admin.register(Finding)
class FindingAdmin(AppendOnlyAdmin):
    """Findings of the internet audit."""

    region_field = "audit__settlement__institution__division__pooling_region"
    person_field = "audit__settlement__person_id"
    list_display = ["audit", "rule", "article"]
    list_filter = ["rule"]
    search_fields = ["=audit__settlement__id"]


@admin.register(Review)
class ReviewAdmin(AppendOnlyAdmin):
    """Reviews of visits over the internet."""

    region_field = "audit__settlement__institution__division__pooling_region"
    person_field = "audit__settlement__person_id"
    list_display = ["audit", "verdict", "route", "reviewed_by", "reviewed_at"]
    list_filter = ["verdict", "route"]
    list_select_related = ["reviewed_by__user"]
    search_fields = ["=audit__settlement__id"]


@admin.register(Verification)
class VerificationAdmin(AppendOnlyAdmin):
    """Verifications of violations by a second officer."""

    region_field = "review__audit__settlement__institution__division__pooling_region"
    person_field = "review__audit__settlement__person_id"
    list_display = ["review", "is_verified", "deducted_fen", "verified_by", "verified_at"]
    list_filter = ["is_verified"]
    list_select_related = ["verified_by__user"]
    search_fields = ["=review__audit__settlement__id"]


@admin.register(InternetMechanism)
class InternetMechanismAdmin(AppendOnlyAdmin):
    """Institutions' own mechanisms (在线处方审核制度、医疗服务行为监管机制)."""

    region_field = "institution__division__pooling_region"
    list_display = ["institution", "kind", "document", "responsible", "valid_from", "entered_by", "entered_at"]
    list_filter = ["kind"]
    list_select_related = ["institution", "responsible", "entered_by__user"]
    search_fields = ["=institution__code"]


@admin.register(MechanismCheck)
class MechanismCheckAdmin(AppendOnlyAdmin):
    """Officers' words on mechanisms."""

    region_field = "mechanism__institution__division__pooling_region"
    list_display = ["mechanism", "is_in_place", "note", "checked_by", "checked_at"]
    list_filter = ["is_in_place"]
    list_select_related = ["mechanism", "checked_by__user"]
    search_fields = ["=mechanism__institution__code"]
