from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VouchersConfig(AppConfig):
    """Codes of electronic vouchers, the keys that they are made with, and who took which code."""

    name = "yibao.domains.vouchers"
    label = "vouchers"
    verbose_name = _("Electronic vouchers")
    default_auto_field = "django.db.models.BigAutoField"
