from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupplementConfig(AppConfig):
    """Policies of supplementary insurance, as insurers report them."""

    name = "yibao.domains.supplement"
    label = "supplement"
    verbose_name = _("Supplementary insurance")
    default_auto_field = "django.db.models.BigAutoField"
