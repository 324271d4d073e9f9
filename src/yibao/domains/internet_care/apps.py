from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InternetCareConfig(AppConfig):
    """Care over the internet: practices, physicians, checked visits, budgets, findings and reviews."""

    name = "yibao.domains.internet_care"
    label = "internet_care"
    verbose_name = _("Care over the internet")
    default_auto_field = "django.db.models.BigAutoField"
