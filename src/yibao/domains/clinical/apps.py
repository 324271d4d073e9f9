from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClinicalConfig(AppConfig):
    """Uploads of clinical records and of self-payers' visits."""

    name = "yibao.domains.clinical"
    label = "clinical"
    verbose_name = _("Clinical records")
    default_auto_field = "django.db.models.BigAutoField"
