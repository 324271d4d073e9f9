from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClaimsConfig(AppConfig):
    """Applications of insured persons to the agency, their documents, deadlines, decisions and payments."""

    name = "yibao.domains.claims"
    label = "claims"
    verbose_name = _("Claims")
    default_auto_field = "django.db.models.BigAutoField"
