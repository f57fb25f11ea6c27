"""Django's view of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessengersConfig(AppConfig):
    """Channels, the door in, the door out."""

    name = "messengers"
    verbose_name = _("Messengers")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the site chat hear of what visitors write."""
        from messengers.site_chat import live

        live.listen()
