from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrescriptionsConfig(AppConfig):
    """Electronic prescriptions from the physician's signature to the medicine handed over."""

    name = "yibao.domains.prescriptions"
    label = "prescriptions"
    verbose_name = _("Electronic prescriptions")
    default_auto_field = "django.db.models.BigAutoField"
