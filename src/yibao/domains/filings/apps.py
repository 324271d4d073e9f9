from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FilingsConfig(AppConfig):
    """Filings on which a person's benefits stand, and the decisions on them."""

    name = "yibao.domains.filings"
    label = "filings"
    verbose_name = _("Filings")
    default_auto_field = "django.db.models.BigAutoField"
