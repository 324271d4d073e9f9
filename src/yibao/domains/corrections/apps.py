from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CorrectionsConfig(AppConfig):
    """Recalculations: what other law would have given, who approved it, and the rows that corrected it."""

    name = "yibao.domains.corrections"
    label = "corrections"
    verbose_name = _("Recalculations")
    default_auto_field = "django.db.models.BigAutoField"
