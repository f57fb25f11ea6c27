"""Django's view of the composition root: it holds what must see all apps."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Settings, addresses, start-up checks."""

    name = "config"
    verbose_name = "Kaskad"

    def ready(self) -> None:
        """Make Celery's application known: a task that a page queues would else look for a broker of its own."""
        from config import celery

        celery.app.set_default()
