import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yibao.core import sm2
from yibao.domains.messages.keys import KeyRow, Material, material_of, sealed_material
from yibao.domains.messages.models import (
    AccessPoint,
    Credential,
    Message,
    MessageNumber,
    MessageRate,
    RecordRead,
    SignIn,
    UsedNonce,
)
from yibao.domains.reference.admin import AppendOnlyAdmin, RecordAdmin

if TYPE_CHECKING:  # Django's own class takes no type argument when the program runs
    CredentialModelForm = forms.ModelForm[Credential]
else:
    CredentialModelForm = forms.ModelForm


_TYPED_ONCE = forms.PasswordInput(attrs={"autocomplete": "new-password"})
_PARTS = Material.__struct_fields__
_SIXTEEN_BYTES = re.compile(r"[0-9a-f]{32}").fullmatch


@admin.register(AccessPoint)
class AccessPointAdmin(RecordAdmin):
    """Ways into the gateway (接入点)."""

    list_display = [
        "name",
        "path_prefix",
        "region",
        "scheme",
        "infcode_type",
        "window_seconds",
        "nonce_once",
        "is_open",
    ]
    list_filter = ["is_open", "scheme"]
    search_fields = ["name", "path_prefix"]
    autocomplete_fields = ["region"]


class CredentialForm(CredentialModelForm):
    """A new key: its parts are typed once, sealed, and never shown; a key that stands can only be ended."""

    secret = forms.CharField(label=_("Secret"), required=False, max_length=200, strip=False, widget=_TYPED_ONCE)
    username = forms.CharField(label=_("User name"), required=False, max_length=100)
    password = forms.CharField(label=_("Password"), required=False, max_length=200, strip=False, widget=_TYPED_ONCE)
    public_key = forms.CharField(
        label=_("SM2 public key of the institution"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    private_key = forms.CharField(label=_("SM2 private key of the platform"), required=False, widget=_TYPED_ONCE)
    sm4_key = forms.CharField(label=_("SM4 key"), required=False, max_length=32, widget=_TYPED_ONCE)

    class Meta:
        model = Credential
        fields = ("access_point", "institution", "access_key", "valid_from", "valid_until")

    def clean_public_key(self) -> str:
        """The key as it is kept, from whatever form it was typed in."""
        return self._key("public_key", sm2.read_public_key)

    def clean_private_key(self) -> str:
        """As above."""
        return self._key("private_key", sm2.read_private_key)

    def clean_sm4_key(self) -> str:
        """Sixteen bytes in hexadecimal digits."""
        typed: str = self.cleaned_data["sm4_key"].strip().lower()
        if typed and not _SIXTEEN_BYTES(typed):
            raise forms.ValidationError(_("This is no key: 32 hexadecimal digits are needed."))
        return typed

    def _key(self, name: str, read: Callable[[str], str]) -> str:
        typed = self.cleaned_data[name].strip()
        try:
            return read(typed) if typed else ""
        except sm2.UnreadableKeyError:
            raise forms.ValidationError(_("This is no SM2 key.")) from None


@admin.register(Credential)
class CredentialAdmin(RecordAdmin):
    """Keys of institutions (接入密钥): which parts each has, never a letter of them."""

    form = CredentialForm
    list_display = ["access_point", "institution", "access_key", "kept_parts", "valid_from", "valid_until"]
    list_filter = ["access_point"]
    search_fields = ["=institution__code", "=access_key"]
    autocomplete_fields = ["access_point"]
    raw_id_fields = ["institution"]

    @admin.display(description=_("parts that are kept"))
    def kept_parts(self, credential: Credential) -> str:
        """The names of the parts, without a letter of them."""
        return ", ".join(material_of(credential).parts) or "—"

    def get_fieldsets(self, request: HttpRequest, obj: Credential | None = None) -> Any:  # noqa: ARG002  # Django's own signature
        """All parts are asked of a new key; of one that stands only its end."""
        names = list(CredentialForm.Meta.fields)
        if obj is not None:
            return [(None, {"fields": [*names, "kept_parts"]})]
        return [(None, {"fields": names}), (_("Parts, as the scheme of signing needs them"), {"fields": _PARTS})]

    def get_readonly_fields(self, request: HttpRequest, obj: Credential | None = None) -> Any:  # noqa: ARG002  # as above
        """A key is kept as it was made; a new secret is a new key."""
        return () if obj is None else ("access_point", "institution", "access_key", "valid_from", "kept_parts")

    def save_model(self, request: HttpRequest, obj: Credential, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's own signature
        """Seal what was typed, together with whose it is."""
        if not change:
            parts = {name: form.cleaned_data.get(name) or "" for name in _PARTS}
            obj.sealed = sealed_material(
                KeyRow(obj.access_point_id, obj.institution_id, obj.access_key, Material(**parts))
            )
        super().save_model(request, obj, form, change)


@admin.register(UsedNonce)
class UsedNonceAdmin(AppendOnlyAdmin):
    """Nonces that let a message in and are not forgotten yet."""

    list_display = ["mark", "used_until"]
    ordering = ["-used_until"]
    fields = ["mark", "digest_hex", "used_until"]

    @admin.display(description=_("digest of the message"))
    def digest_hex(self, nonce: UsedNonce) -> str:
        """The digest in hexadecimal digits."""
        return bytes(nonce.digest).hex()


@admin.register(SignIn)
class SignInAdmin(AppendOnlyAdmin):
    """Operators' signing in and out (签到签退)."""

    region_field = "institution__division__pooling_region"
    list_display = ["signed_in_at", "institution", "operator", "sign_no", "signed_out_at"]
    search_fields = ["=sign_no", "=operator", "=institution__code"]
    ordering = ["-id"]


@admin.register(Message)
class MessageAdmin(AppendOnlyAdmin):
    """Messages that changed something; their bodies are shown, masked, beside the settlement they made."""

    region_field = "institution__division__pooling_region"
    person_field = "person_id"
    list_display = ["received_at", "institution", "infno", "msgid", "state", "subject_id"]
    list_filter = ["state", "infno"]
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
    search_fields = ["=msgid", "=institution__code"]
    ordering = ["msgid", "institution"]
    fields = ["msgid", "institution", "received_at", "person"]


@admin.register(MessageRate)
class MessageRateAdmin(RecordAdmin):
    """Institutions that may send more or fewer messages than others."""

    region_field = "institution__division__pooling_region"
    list_display = ["institution", "per_second", "burst", "reason"]
    search_fields = ["=institution__code"]
    raw_id_fields = ["institution"]

    def history_view(
        self,
        request: HttpRequest,  # noqa: ARG002  # Django's own signature
        object_id: str,  # noqa: ARG002  # as above
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002  # as above
    ) -> HttpResponse:
        """Show the changes of all rates: a rate has no number of its own, each change names its institution."""
        changes = reverse("admin:reference_change_changelist")
        return redirect(f"{changes}?{urlencode({'table__exact': MessageRate._meta.db_table})}")  # noqa: SLF001  # Django's public name


@admin.register(RecordRead)
class RecordReadAdmin(AppendOnlyAdmin):
    """Who read whose records through the gateway."""

    region_field = "institution__division__pooling_region"
    list_display = ["read_at", "institution", "infno", "operator", "person"]
    list_filter = ["infno"]
    search_fields = ["=person__number", "=institution__code"]
    ordering = ["-id"]
