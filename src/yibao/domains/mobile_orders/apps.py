from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MobileOrdersConfig(AppConfig):
    """Orders that insured persons pay from afar, in one step of fund, accounts and cash."""

    name = "yibao.domains.mobile_orders"
    label = "mobile_orders"
    verbose_name = _("Mobile payment")
    default_auto_field = "django.db.models.BigAutoField"
