"""Django's view of the composition root: it holds what must see all apps."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Settings, addresses, start-up checks."""

    name = "config"
    verbose_name = "Kaskad"
