from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MaternityConfig(AppConfig):
    """Maternity claims, what was computed for them and what is owed."""

    name = "yibao.domains.maternity"
    label = "maternity"
    verbose_name = _("Maternity")
    default_auto_field = "django.db.models.BigAutoField"
