from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EmergenciesConfig(AppConfig):
    """Decisions in a major epidemic, what was settled under them, and what was prepaid to institutions."""

    name = "yibao.domains.emergencies"
    label = "emergencies"
    verbose_name = _("Emergencies")
    default_auto_field = "django.db.models.BigAutoField"
