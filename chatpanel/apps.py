"""Django's view of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatpanelConfig(AppConfig):
    """One window for the talks of every channel."""

    name = "chatpanel"
    verbose_name = _("Chats")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what happens in conversations."""
        from chatpanel import live

        live.connect()
