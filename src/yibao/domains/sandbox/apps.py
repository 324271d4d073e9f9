from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SandboxConfig(AppConfig):
    """The latest messages, the faults on demand and the test persons of a sandbox; empty everywhere else."""

    name = "yibao.domains.sandbox"
    label = "sandbox"
    verbose_name = _("Sandbox")
    default_auto_field = "django.db.models.BigAutoField"
