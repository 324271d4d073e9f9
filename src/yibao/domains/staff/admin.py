"""Users, their roles, and who read whose records. Roles are given by the operation that gives their permissions too."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yibao.domains.reference.admin import AppendOnlyAdmin, RecordAdmin
from yibao.domains.staff.models import DutyCase, DutyDecision, PersonalRecordRead, StaffMember
from yibao.domains.staff.operations import (
    ForeignInstitutionError,
    InstitutionOfRoleError,
    appoint,
    check_appointment,
)

if TYPE_CHECKING:  # Django's own class takes no type argument when the program runs
    StaffMemberModelForm = forms.ModelForm[StaffMember]
    UserAdminOfUsers = UserAdmin[User]
else:
    UserAdminOfUsers = UserAdmin
    StaffMemberModelForm = forms.ModelForm

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class AccountAdmin(UserAdminOfUsers):
    """Accounts to sign in with; what they may do follows from the role alone, so permissions are not edited here."""

    list_display = ["username", "last_name", "first_name", "is_active", "last_login"]
    list_filter = ["is_active"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["last_name", "first_name", "email"]}),
        (_("Access"), {"fields": ["is_active", "last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = ()


class StaffMemberForm(StaffMemberModelForm):
    """A role with the institution that goes with it."""

    class Meta:
        model = StaffMember
        fields = ["user", "role", "region", "institution"]

    def clean(self) -> dict[str, Any]:
        """Say what does not fit before the database refuses it."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not {"role", "region"} <= cleaned.keys():
            return cleaned
        try:
            check_appointment(role=cleaned["role"], region=cleaned["region"], institution=cleaned.get("institution"))
        except InstitutionOfRoleError:
            pass  # the table's own check says so, in words
        except ForeignInstitutionError:
            self.add_error("institution", _("This institution belongs to another pooling region."))
        return cleaned


@admin.register(StaffMember)
class StaffMemberAdmin(RecordAdmin):
    """Who works in which role (工作人员)."""

    form = StaffMemberForm
    list_display = ["user", "role", "region", "institution"]
    list_filter = ["role"]
    search_fields = ["=user__username", "=institution__code"]
    autocomplete_fields = ["user", "region"]
    raw_id_fields = ["institution"]

    def get_readonly_fields(self, request: HttpRequest, obj: StaffMember | None = None) -> list[str]:  # noqa: ARG002  # Django's own signature
        """An appointment stays with its user."""
        return ["user"] if obj else []

    def save_model(self, request: HttpRequest, obj: StaffMember, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001  # Django's own signature
        """Appoint: the role and its permissions change together."""
        member = appoint(user=obj.user, role=obj.role, region=obj.region, institution=obj.institution)
        obj.pk = member.pk


@admin.register(PersonalRecordRead)
class PersonalRecordReadAdmin(AppendOnlyAdmin):
    """Who read whose records in the office."""

    region_field = "reader__region__pooling_region"
    list_display = ["read_at", "reader", "person", "page", "purpose"]
    list_filter = ["purpose"]
    list_select_related = ["reader__user", "person"]
    search_fields = ["=person__number", "=reader__user__username"]
    ordering = ["-id"]


@admin.register(DutyCase)
class DutyCaseAdmin(AppendOnlyAdmin):
    """Cases of responsibility in office (责任追究)."""

    region_field = "region_id"
    list_display = ["pk", "member", "part", "conduct", "happened_on", "entered_by", "entered_at"]
    list_filter = ["conduct", "part"]
    list_select_related = ["member__user", "entered_by__user"]
    search_fields = ["=id", "=member__user__username"]


@admin.register(DutyDecision)
class DutyDecisionAdmin(AppendOnlyAdmin):
    """Decisions on cases of responsibility in office."""

    region_field = "case__region_id"
    list_display = ["case", "outcome", "recipient", "document", "decided_by", "decided_at"]
    list_filter = ["outcome"]
    list_select_related = ["case", "decided_by__user"]
    search_fields = ["=document", "=case__id"]
