from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yibao.domains.messages.models import (
    AccessPoint,
    Credential,
    Message,
    MessageNumber,
    MessageRate,
    RecordRead,
    SignIn,
)
from yibao.domains.reference.admin import AppendOnlyAdmin, RecordAdmin

if TYPE_CHECKING:  # Django's own class takes no type argument when the program runs
    CredentialModelForm = forms.ModelForm[Credential]
else:
    CredentialModelForm = forms.ModelForm


@admin.register(AccessPoint)
class AccessPointAdmin(RecordAdmin):
    """Ways into the gateway (接入点)."""

    list_display = ["name", "path_prefix", "region", "scheme", "infcode_type", "window_seconds", "is_open"]
    list_filter = ["is_open", "scheme"]
    list_select_related = ["region"]
    search_fields = ["name", "path_prefix"]
    autocomplete_fields = ["region"]


class CredentialForm(CredentialModelForm):
    """A secret is written and never shown again; left empty, the one that is kept stays."""

    new_secret = forms.CharField(
        label=_("New secret"),
        required=False,
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave empty to keep the present secret; it is never shown."),
    )

    class Meta:
        model = Credential
        fields = readonly_fields = ("access_point", "institution", "access_key")


@admin.register(Credential)
class CredentialAdmin(RecordAdmin):
    """Keys of institutions (接入密钥), secrets masked."""

    form = CredentialForm
    list_display = ["access_point", "institution", "access_key", "has_secret"]
    list_select_related = ["access_point", "institution"]
    search_fields = ["=institution__code", "=access_key"]
    autocomplete_fields = ["access_point"]
    raw_id_fields = ["institution"]

    @admin.display(description=_("secret"))
    def has_secret(self, credential: Credential) -> str:
        """Whether a secret is kept, without a letter of it."""
        return "••••••" if credential.secret else "—"

    def save_model(self, request: HttpRequest, obj: Credential, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's own signature
        """Take a new secret over when one was typed."""
        if form.cleaned_data.get("new_secret"):
            obj.secret = form.cleaned_data["new_secret"]
        super().save_model(request, obj, form, change)


@admin.register(SignIn)
class SignInAdmin(AppendOnlyAdmin):
    """Operators' signing in and out (签到签退)."""

    region_field = "institution__division__pooling_region"
    list_display = ["signed_in_at", "institution", "operator", "sign_no", "signed_out_at"]
    list_select_related = ["institution"]
    search_fields = ["=sign_no", "=operator", "=institution__code"]
    ordering = ["-id"]


@admin.register(Message)
class MessageAdmin(AppendOnlyAdmin):
    """Messages that changed something; their bodies are shown, masked, beside the settlement they made."""

    region_field = "institution__division__pooling_region"
    person_field = "person_id"
    list_display = ["received_at", "institution", "infno", "msgid", "state", "subject_id"]
    list_filter = ["state", "infno"]
    list_select_related = ["institution"]
    search_fields = ["=number__msgid", "=institution__code"]
    ordering = ["-id"]
    fields = ["received_at", "institution", "infno", "msgid", "state", "digest_hex", "person", "subject_id"]

    @admin.display(description=_("digest of the body"))
    def digest_hex(self, message: Message) -> str:
        """The digest in hexadecimal digits."""
        return bytes(message.digest).hex()


@admin.register(MessageNumber)
class MessageNumberAdmin(AppendOnlyAdmin):
    """Numbers that were used, those of archived messages among them."""

    region_field = "institution__division__pooling_region"
    person_field = "person_id"
    list_display = ["msgid", "institution", "received_at"]
    list_select_related = ["institution"]
    search_fields = ["=msgid", "=institution__code"]
    ordering = ["msgid", "institution"]
    fields = ["msgid", "institution", "received_at", "person"]


@admin.register(MessageRate)
class MessageRateAdmin(RecordAdmin):
    """Institutions that may send more or fewer messages than others."""

    region_field = "institution__division__pooling_region"
    list_display = ["institution", "per_second", "burst", "reason"]
    list_select_related = ["institution"]
    search_fields = ["=institution__code"]
    raw_id_fields = ["institution"]


@admin.register(RecordRead)
class RecordReadAdmin(AppendOnlyAdmin):
    """Who read whose records through the gateway."""

    region_field = "institution__division__pooling_region"
    list_display = ["read_at", "institution", "infno", "operator", "person"]
    list_filter = ["infno"]
    list_select_related = ["institution", "person"]
    search_fields = ["=person__number", "=institution__code"]
    ordering = ["-id"]
