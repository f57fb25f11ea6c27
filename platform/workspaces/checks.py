"""What Kaskad refuses to start without: pages that say who may open them, models behind the walls, a harmless role.

Django runs these with `check`; those that ask the database with `check --database default`, as `up` and a deploy do.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags
from django.core.checks import register as register_check
from django.db import DEFAULT_DB_ALIAS, connection, models

from workspaces.access import PUBLIC, SIGNED_IN, STAFF
from workspaces.addresses import Address, addresses, socket_routes
from workspaces.roles import Permission
from workspaces.tenant_model import TenantForeignKey, TenantManager, TenantModel
from workspaces.walls import standing, tenant_models

# A key that reaches a tenant's row without the workspace, "app.Model.field": why it may.
PLAIN_KEYS: dict[str, str] = {}

_ROLE = """
SELECT current_user, rolsuper, rolbypassrls, EXISTS (
    SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
        AND pg_has_role(current_user, relowner, 'MEMBER'))
FROM pg_roles WHERE rolname = current_user
"""

_NAKED = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND a.attname = 'workspace_id' AND NOT a.attisdropped
"""


def register() -> None:
    """Tell Django of the checks; called once, when the app is ready."""
    register_check(check_local_apps, Tags.security)
    register_check(check_models, Tags.models)
    register_check(check_pages, Tags.urls)
    register_check(check_sockets, Tags.urls)
    register_check(check_database, Tags.database)


def check_local_apps(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Our own apps must be those of the repository: an installed package called `analytics` would otherwise win."""
    homes = {settings.ROOT, settings.ROOT / "platform"}
    strangers = [app for app in apps.get_app_configs() if app.name in settings.LOCAL_APPS and _home(app) not in homes]
    return [
        Error(f"The app {app.name} was found in {app.path}, not in Kaskad's own folder.", obj=app, id="workspaces.E001")
        for app in strangers
    ]


def check_models(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Every model with a workspace is a TenantModel, and is reached by keys that carry the workspace."""
    return [message for model in apps.get_models(include_auto_created=True) for message in model_faults(model)]


def model_faults(model: type[models.Model]) -> Iterator[CheckMessage]:
    """Yield what is wrong with one model's wall."""
    if any(field.name == "workspace" for field in model._meta.fields) and not issubclass(model, TenantModel):
        yield Error("It has a workspace, so it must derive from TenantModel.", obj=model, id="workspaces.E002")
    if issubclass(model, TenantModel):
        for manager in (model._base_manager, model._default_manager):  # noqa: SLF001
            if not isinstance(manager, TenantManager):
                hint = "Derive `Meta` from `TenantModel.Meta`, and managers from TenantManager."
                yield Error("It is read past the scope.", hint=hint, obj=model, id="workspaces.E003")
                break
    for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
        target = field.remote_field.model if field.remote_field else None
        if not (isinstance(target, type) and issubclass(target, TenantModel)) or isinstance(field, TenantForeignKey):
            continue
        if f"{model._meta.label}.{field.name}" not in PLAIN_KEYS:
            hint = "Use TenantForeignKey; for many-to-many write the table in between as a TenantModel."
            text = f"{field.name} could point into a foreign workspace."
            yield Error(text, hint=hint, obj=model, id="workspaces.E004")


def check_pages(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Every page declares who may open it."""
    return page_faults(addresses())


def page_faults(pages: Iterable[Address]) -> list[CheckMessage]:
    """Return the pages that declare nothing, or what does not fit their address."""
    return [
        Error(f"{page.route} ({page}) {fault}", hint="See `workspaces.access`.", id="workspaces.E005")
        for page in pages
        if (fault := _page_fault(page))
    ]


def _page_fault(page: Address) -> str:
    if page.access not in {PUBLIC, SIGNED_IN, STAFF, *Permission}:
        return "does not declare who may open it."
    if page.is_in_workspace and page.access not in set(Permission):
        return "is a workspace's, so it must declare a Permission."
    if not page.is_in_workspace and page.access in set(Permission):
        return "declares a Permission, but its address names no workspace."
    return ""


def check_sockets(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Every WebSocket is a workspace's, or says that it is for everybody."""
    return [
        Error(
            f"{consumer.__name__} at {route} is neither a TenantConsumer nor `access = PUBLIC`.", id="workspaces.E006"
        )
        for route, consumer in socket_routes()
        if not _socket_is_declared(consumer)
    ]


def _socket_is_declared(consumer: type[Any]) -> bool:
    from workspaces.tenant_consumer import TenantConsumer

    if issubclass(consumer, TenantConsumer):
        return getattr(consumer, "permission", None) in set(Permission)
    return getattr(consumer, "access", None) == PUBLIC


def check_database(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """In the catalogue every tenant's table is walled, and the role of the app cannot go round it."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    faults = [
        Error(f"{table}: row-level security is not as it must be.", id="workspaces.E007") for table in naked_tables()
    ]
    if reason := role_fault():
        faults.append(Error(reason, id="workspaces.E008"))
    return list(faults)


def naked_tables() -> list[str]:
    """Return every table with a workspace whose wall does not stand, whether a model is behind it or not.

    A table that is not migrated yet is no hole; a view reads as its owner, so with a workspace in it it always is one.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NAKED)
        found = {name for (name,) in cursor.fetchall()}
    walls = standing()
    found |= {model._meta.db_table for model in tenant_models() if model._meta.db_table in walls}
    return sorted(name for name in found if name not in walls or not walls[name].is_walled)


def role_fault() -> str:
    """Say why the role that the app connects as could go round the walls; nothing when it cannot."""
    with connection.cursor() as cursor:
        cursor.execute(_ROLE)
        name, is_superuser, bypasses, owns = cursor.fetchone()
    if is_superuser:
        return f"DATABASE_URL signs in as {name}, a superuser: row-level security does not hold it."
    if bypasses:
        return f"DATABASE_URL signs in as {name}, which has BYPASSRLS: row-level security does not hold it."
    if owns:
        return f"DATABASE_URL signs in as {name}, which owns the tables. Give the app a role of its own."
    return ""


def refuse_strong_role() -> None:
    """End the process when its role could go round the walls. Web, workers and beat call it as they start."""
    # In a thread of its own: the web server imports the application inside its event loop.
    with ThreadPoolExecutor(max_workers=1) as pool:
        reason = pool.submit(_role_fault_and_close).result()
    if reason:
        raise SystemExit(f"Kaskad does not start. {reason}")


def _role_fault_and_close() -> str:
    try:
        return role_fault()
    finally:
        connection.close()


def _home(app: AppConfig) -> Path:
    return Path(app.path).resolve().parent
