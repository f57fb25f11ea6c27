"""The two walls between workspaces: a scope in Python and a setting that PostgreSQL's row-level security reads.

Whatever touches a tenant's rows runs inside `tenant(workspace)`; pages, tasks and sockets open it for their callers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    from workspaces.models import Workspace


class NoWorkspaceError(RuntimeError):
    """A tenant's table was touched outside `tenant()`."""


class ForeignWorkspaceError(RuntimeError):
    """One workspace's scope was opened, or its row saved, inside another's."""


@dataclass(slots=True, eq=False)
class _Scope:
    """One open `tenant()`. A task started inside inherits it, and may outlive it or use another connection."""

    workspace_id: int
    connection: BaseDatabaseWrapper
    is_open: bool = True

    def holds(self) -> bool:
        """Say whether PostgreSQL, on this thread's connection, knows of it."""
        return self.is_open and self.connection is connections[DEFAULT_DB_ALIAS]


_current: ContextVar[_Scope | None] = ContextVar("workspace", default=None)


def current_workspace_id() -> int:
    """Return the id of the workspace in scope, or raise NoWorkspaceError."""
    scope = _current.get()
    if scope is None or not scope.holds():
        msg = "No workspace in scope: open one with `with tenant(workspace): …`."
        raise NoWorkspaceError(msg)
    return scope.workspace_id


def has_workspace() -> bool:
    """Say whether a workspace is in scope."""
    scope = _current.get()
    return scope is not None and scope.holds()


@contextmanager
def tenant(workspace: "Workspace | int") -> Iterator[None]:
    """Open a transaction in which the rows of this workspace, and of no other, can be read and written.

    Nesting the same workspace is a savepoint; nesting another one raises ForeignWorkspaceError. What runs on commit
    runs after the scope, and opens one anew.
    """
    workspace_id = workspace if isinstance(workspace, int) else workspace.pk
    outer = _current.get()
    if outer is not None and outer.holds():
        if outer.workspace_id != workspace_id:
            msg = f"Workspace {workspace_id} opened inside workspace {outer.workspace_id}."
            raise ForeignWorkspaceError(msg)
        with transaction.atomic():
            yield
        return
    within_transaction = connection.in_atomic_block
    with transaction.atomic():
        _tell_postgresql(str(workspace_id))
        with _in_scope(_Scope(workspace_id, connections[DEFAULT_DB_ALIAS])):
            yield
        # The setting lasts as long as the transaction. Where that is a caller's, end it here; after an error the
        # savepoint that is rolled back takes it along.
        if within_transaction and not connection.needs_rollback:
            _tell_postgresql("")


@contextmanager
def _in_scope(scope: _Scope) -> Iterator[None]:
    token = _current.set(scope)
    try:
        yield
    finally:
        scope.is_open = False
        _current.reset(token)


def _tell_postgresql(workspace_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('kaskad.workspace', %s, true)", [workspace_id])
