from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InterregionalConfig(AppConfig):
    """What pooling regions owe each other for care of the one's insured in the other, and how it is cleared."""

    name = "yibao.domains.interregional"
    label = "interregional"
    verbose_name = _("Care in another region")
    default_auto_field = "django.db.models.BigAutoField"
