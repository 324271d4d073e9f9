from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ListingsConfig(AppConfig):
    """The lists that institutions download, release by release."""

    name = "yibao.domains.listings"
    label = "listings"
    verbose_name = _("Published lists")
    default_auto_field = "django.db.models.BigAutoField"
