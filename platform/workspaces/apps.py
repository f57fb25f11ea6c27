"""Django's view of this app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class WorkspacesConfig(AppConfig):
    """Tenants, members, roles, scope and row-level security, secrets, audit log."""

    name = "workspaces"
    verbose_name = _("Workspaces")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Build the walls once all tables of a `migrate` stand; tell open sockets of changed memberships."""
        from workspaces import checks, signals

        checks.register()
        signals.connect()
        post_migrate.connect(_build_walls, sender=self)


def _build_walls(using: str, **_kwargs: Any) -> None:
    from workspaces import walls

    walls.build(using)
