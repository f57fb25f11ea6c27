"""Erases a deleted workspace: every row of every tenant's table, in batches, then the workspace itself.

Each batch is its own transaction, so that it may stop anywhere and be run again; a sweep finds what was left.
"""

from collections.abc import Iterator
from graphlib import TopologicalSorter

from django.db import connection, models, transaction

from workspaces.crossings import ids_across_workspaces
from workspaces.models import AuditEntry, Workspace
from workspaces.scope import tenant
from workspaces.signals import workspace_erased
from workspaces.tenant_model import TenantModel
from workspaces.walls import tenant_keys, tenant_models

BATCH = 5_000

Model = type[models.Model]


def erase(workspace_id: int, batch: int = BATCH) -> None:
    """Erase a workspace that was deleted; nothing happens to one that was not, or is gone already."""
    if not Workspace.all_workspaces.filter(pk=workspace_id, deleted_at__isnull=False).exists():
        return
    order = list(deletion_order())
    for model, keys in order:
        for key in keys:
            _repeat(workspace_id, _untie(model, key), batch)
    for model, _keys in order:
        if model is AuditEntry:
            _erase_audit_log(workspace_id, batch)
        else:
            _repeat(workspace_id, _delete(model), batch)
    # Before the workspace itself: the sweep knows it by its row, so whoever is cut short here is called again.
    workspace_erased.send(sender=Workspace, workspace_id=workspace_id)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM workspaces_workspace WHERE id = %s", [workspace_id])


def deletion_order() -> Iterator[tuple[type[TenantModel], list[str]]]:
    """Yield each tenant's table after those that point to it, with its keys that must be emptied first.

    Keys that may be empty can close a circle (a conversation's last message, a message's conversation), so they do
    not count for the order.
    """
    found = tenant_models()
    children: dict[Model, set[Model]] = {model: set() for model in found}
    loose: dict[Model, list[str]] = {model: [] for model in found}
    for model in found:
        for key in tenant_keys(model):
            if key.null:
                loose[model].append(str(key.column))
            elif key.remote_field.model is not model:
                children[key.remote_field.model].add(model)
    for table in TopologicalSorter(children).static_order():
        if issubclass(table, TenantModel):
            yield table, loose[table]


def _untie(model: Model, column: str) -> str:
    table, name = _quoted(model._meta.db_table), _quoted(column)
    primary = _quoted(str(model._meta.pk.column))
    return (
        f"UPDATE {table} SET {name} = NULL WHERE workspace_id = %s AND {primary} IN "  # noqa: S608
        f"(SELECT {primary} FROM {table} WHERE workspace_id = %s AND {name} IS NOT NULL LIMIT %s)"
    )


def _delete(model: Model) -> str:
    table, primary = _quoted(model._meta.db_table), _quoted(str(model._meta.pk.column))
    return (
        f"DELETE FROM {table} WHERE workspace_id = %s AND {primary} IN "  # noqa: S608
        f"(SELECT {primary} FROM {table} WHERE workspace_id = %s LIMIT %s)"
    )


def _repeat(workspace_id: int, statement: str, batch: int) -> None:
    while True:
        with tenant(workspace_id), connection.cursor() as cursor:
            cursor.execute(statement, [workspace_id, workspace_id, batch])
            if cursor.rowcount < batch:
                return


def _erase_audit_log(workspace_id: int, batch: int) -> None:
    """Take the log's rows, which the app itself may not delete."""
    while len(ids_across_workspaces("erase_audit_log", workspace_id, batch)) == batch:
        pass


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
