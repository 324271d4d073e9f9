from django.contrib import admin

from yibao.domains.personal_access.models import Account, ActivationCode, Channel, Proxy, RecordLook
from yibao.domains.reference.admin import AppendOnlyAdmin, RecordAdmin


@admin.register(Channel)
class ChannelAdmin(RecordAdmin):
    """Channels that may authenticate persons (实人认证渠道), each with its authorisation."""

    list_display = ["code", "name_zh", "name_en", "document", "valid_from", "valid_until"]
    search_fields = ["=code", "name_zh"]


@admin.register(ActivationCode)
class ActivationCodeAdmin(AppendOnlyAdmin):
    """Activation codes that were handed out (激活码), never the codes themselves."""

    region_field = "person__division__pooling_region"
    person_field = "person_id"
    list_display = ["issued_at", "person", "channel", "issued_by", "valid_until", "used_at", "voided_at"]
    search_fields = ["=person__number"]
    exclude = ["digest"]


@admin.register(Account)
class AccountAdmin(AppendOnlyAdmin):
    """Accounts of insured persons (个人网厅账户), without their passwords."""

    region_field = "person__division__pooling_region"
    person_field = "person_id"
    list_display = ["person", "activated_at", "secret_set_at", "locked_until", "closed_at"]
    search_fields = ["=person__number"]
    exclude = ["secret"]


@admin.register(Proxy)
class ProxyAdmin(AppendOnlyAdmin):
    """Who may act for whom (亲情代办授权)."""

    region_field = "principal__division__pooling_region"
    person_field = "principal_id"
    list_display = ["principal", "agent", "basis", "purposes", "valid_from", "valid_until", "ended_at"]
    list_filter = ["basis"]
    search_fields = ["=principal__number", "=agent__number"]


@admin.register(RecordLook)
class RecordLookAdmin(AppendOnlyAdmin):
    """Looks of insured persons at records on the public pages, refused ones too."""

    region_field = "account__person__division__pooling_region"
    person_field = "person_id"
    list_display = ["read_at", "account", "person", "proxy", "page", "purpose", "is_refused"]
    list_filter = ["purpose", "is_refused"]
    search_fields = ["=person__number", "=account__person__number"]
