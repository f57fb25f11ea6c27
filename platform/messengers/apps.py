"""Django's view of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessengersConfig(AppConfig):
    """Channels, the door in, the door out."""

    name = "messengers"
    verbose_name = _("Messengers")
    default_auto_field = "django.db.models.BigAutoField"
