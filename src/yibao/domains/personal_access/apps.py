from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PersonalAccessConfig(AppConfig):
    """Accounts of insured persons on the public pages, and the family members who act for them."""

    name = "yibao.domains.personal_access"
    label = "personal_access"
    verbose_name = _("Access of insured persons")
    default_auto_field = "django.db.models.BigAutoField"
