from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SimulationsConfig(AppConfig):
    """Simulations of reforms that analysts ask for, how far each has come, and what came out."""

    name = "yibao.domains.simulations"
    label = "simulations"
    verbose_name = _("Simulations")
    default_auto_field = "django.db.models.BigAutoField"
