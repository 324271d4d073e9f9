from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SettlementListsConfig(AppConfig):
    """Settlement lists with their versions, states and findings."""

    name = "yibao.domains.settlement_lists"
    label = "settlement_lists"
    verbose_name = _("Settlement lists")
    default_auto_field = "django.db.models.BigAutoField"
