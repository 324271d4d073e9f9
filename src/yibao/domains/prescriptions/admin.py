from typing import ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from yibao.domains.prescriptions.models import (
    Authorisation,
    DispensedLine,
    Dispensing,
    Event,
    Line,
    Notification,
    Prescription,
    Seat,
    Signature,
    SigningKey,
)
from yibao.domains.reference.admin import AppendOnlyAdmin, AppendOnlyInline, RecordAdmin


class LineInline(AppendOnlyInline):
    """The drugs on the page of their prescription."""

    model = Line
    exclude: ClassVar = ["details"]


@admin.register(Prescription)
class PrescriptionAdmin(AppendOnlyAdmin):
    """Prescriptions (电子处方): the office's own pages work on them; what they say of the patient is masked there."""

    region_field = "institution__division__pooling_region"
    person_field = "person_id"
    exclude = ["details", "text", "qr_code"]
    list_display = ["number", "institution", "physician", "prescribed_at", "valid_until", "state"]
    list_filter = ["state"]
    search_fields = ["=number", "=trace_code", "=number_at_institution", "=person__number"]
    inlines = [LineInline]


class _OfPrescription(AppendOnlyAdmin):
    """A register of rows that belong to a prescription."""

    region_field = "prescription__institution__division__pooling_region"
    person_field = "prescription__person_id"
    search_fields = ["=prescription__number"]
    ordering = ["-id"]


@admin.register(Line)
class LineAdmin(_OfPrescription):
    """Drugs of prescriptions, with what stands dispensed."""

    exclude = ["details"]
    list_display = ["prescription", "rank", "item_code", "item_name", "quantity_e4", "dispensed_e4", "unit"]


@admin.register(Event)
class EventAdmin(_OfPrescription):
    """Steps of prescriptions (处方流转记录)."""

    exclude = ["details"]
    list_display = ["prescription", "number", "step", "state_after", "institution", "actor", "entered_at"]
    list_filter = ["step"]


@admin.register(Signature)
class SignatureAdmin(_OfPrescription):
    """Signatures of prescriptions (电子签名)."""

    exclude = ["signed_text"]
    list_display = ["prescription", "role", "institution", "practitioner", "signed_at"]
    list_filter = ["role"]


@admin.register(Authorisation)
class AuthorisationAdmin(_OfPrescription):
    """Leaves to dispense (处方授权); the code itself opens the prescription, so it is not shown."""

    exclude = ["code"]
    list_display = ["prescription", "institution", "kind", "given_at", "valid_until"]


class DispensedLineInline(AppendOnlyInline):
    """What was handed over, on the page of its dispensing."""

    model = DispensedLine
    exclude: ClassVar = ["details"]


@admin.register(Dispensing)
class DispensingAdmin(_OfPrescription):
    """Dispensings and returns (发药、退药)."""

    exclude = ["details"]
    list_display = ["prescription", "kind", "institution", "use_number", "happened_at"]
    list_filter = ["kind"]
    inlines = [DispensedLineInline]


@admin.register(DispensedLine)
class DispensedLineAdmin(AppendOnlyAdmin):
    """Drugs dispensed (发药明细), by pack."""

    region_field = "dispensing__prescription__institution__division__pooling_region"
    person_field = "dispensing__prescription__person_id"
    exclude = ["details"]
    list_display = ["dispensing", "line", "quantity_e4", "trace_codes"]
    search_fields = ["=dispensing__prescription__number"]


@admin.register(Notification)
class NotificationAdmin(_OfPrescription):
    """Notifications of hospitals (通知): what is to be told, and how the telling fares."""

    exclude = ["content"]
    list_display = ["infno", "prescription", "institution", "made_at", "sent_at", "attempts", "trouble"]
    list_filter = ["infno"]


@admin.register(SigningKey)
class SigningKeyAdmin(AppendOnlyAdmin):
    """Keys for signatures (电子签名密钥); they are added and ended by command."""

    list_display = ["practitioner", "institution", "certificate_number", "valid_from", "valid_until"]
    search_fields = ["=practitioner__code", "practitioner__name", "=institution__code"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SigningKey]:
        """Narrow the register to signers of the member's own region."""
        member = getattr(request.user, "staff_member", None)
        region = None if member is None else member.region_id
        theirs = Q(practitioner__institution__division__pooling_region=region)
        return super().get_queryset(request).filter(theirs | Q(institution__division__pooling_region=region))


@admin.register(Seat)
class SeatAdmin(RecordAdmin):
    """Which practitioner signs in as whom."""

    region_field = "member__region_id"
    list_display = ["member", "practitioner"]
    list_select_related = ["member__user", "practitioner"]
    search_fields = ["=practitioner__code", "member__user__username"]
    raw_id_fields: ClassVar = ["member", "practitioner"]
