from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReimbursementConfig(AppConfig):
    """Reimbursements by hand with their bill lines and calculations."""

    name = "yibao.domains.reimbursement"
    label = "reimbursement"
    verbose_name = _("Reimbursement by hand")
    default_auto_field = "django.db.models.BigAutoField"
