from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InstitutionsConfig(AppConfig):
    """Hospitals, clinics and pharmacies (定点医药机构), their departments and practitioners."""

    name = "yibao.domains.institutions"
    label = "institutions"
    verbose_name = _("Institutions")
    default_auto_field = "django.db.models.BigAutoField"
