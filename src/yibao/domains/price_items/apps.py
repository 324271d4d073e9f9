from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PriceItemsConfig(AppConfig):
    """Price items of care over the internet: proposals, decisions, published items and guided prices."""

    name = "yibao.domains.price_items"
    label = "price_items"
    verbose_name = _("Price items")
    default_auto_field = "django.db.models.BigAutoField"
