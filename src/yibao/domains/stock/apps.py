from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StockConfig(AppConfig):
    """Movements of goods, their balances, and packs by trace code."""

    name = "yibao.domains.stock"
    label = "stock"
    verbose_name = _("Stock")
    default_auto_field = "django.db.models.BigAutoField"
