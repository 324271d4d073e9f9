from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagesConfig(AppConfig):
    """Who may speak to the gateway, and every message that changed something with its answer."""

    name = "yibao.domains.messages"
    label = "message_store"
    verbose_name = _("Messages")
    default_auto_field = "django.db.models.BigAutoField"
