from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReferenceConfig(AppConfig):
    """Divisions, dictionaries, settings in force, and the history of every changed record."""

    name = "yibao.domains.reference"
    label = "reference"
    verbose_name = _("Reference")
    default_auto_field = "django.db.models.BigAutoField"
