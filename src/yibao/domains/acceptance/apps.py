from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AcceptanceConfig(AppConfig):
    """What institutions' systems have performed at the platform, and the reports issued about it."""

    name = "yibao.domains.acceptance"
    label = "acceptance"
    verbose_name = _("Acceptance of interfaces")
    default_auto_field = "django.db.models.BigAutoField"
