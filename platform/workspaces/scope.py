"""The two walls between workspaces: a scope in Python and a setting that PostgreSQL's row-level security reads.

Everything that touches a tenant's rows runs inside `tenant(workspace)`; pages, tasks and sockets open it for their callers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.db import connection, transaction

if TYPE_CHECKING:
    from workspaces.models import Workspace

_current: ContextVar[int | None] = ContextVar("workspace", default=None)


class NoWorkspaceError(RuntimeError):
    """A tenant's table was touched outside `tenant()`."""


class ForeignWorkspaceError(RuntimeError):
    """One workspace's scope was opened, or its row saved, inside another's."""


def current_workspace_id() -> int:
    """Return the id of the workspace in scope, or raise NoWorkspaceError."""
    workspace_id = _current.get()
    if workspace_id is None:
        msg = "No workspace in scope: open one with `with tenant(workspace): …`."
        raise NoWorkspaceError(msg)
    return workspace_id


def has_workspace() -> bool:
    """Say whether a workspace is in scope."""
    return _current.get() is not None


@contextmanager
def tenant(workspace: "Workspace | int") -> Iterator[None]:
    """Open a transaction in which the rows of this workspace, and of no other, can be read and written.

    Nesting the same workspace is free; nesting another one raises ForeignWorkspaceError.
    """
    workspace_id = workspace if isinstance(workspace, int) else workspace.pk
    outer = _current.get()
    if outer is not None:
        if outer != workspace_id:
            msg = f"Workspace {workspace_id} opened inside workspace {outer}."
            raise ForeignWorkspaceError(msg)
        # A callback of on_commit still stands in the scope, but the transaction that PostgreSQL was told in is over.
        if connection.in_atomic_block:
            with transaction.atomic():
                yield
            return
    token = _current.set(workspace_id)
    try:
        with transaction.atomic():
            _tell_postgresql(str(workspace_id))
            try:
                yield
            finally:
                # In a test's or a caller's outer transaction the setting would outlive this block.
                if len(connection.savepoint_ids) > 0 and not connection.needs_rollback:
                    _tell_postgresql("")
    finally:
        _current.reset(token)


def _tell_postgresql(workspace_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('kaskad.workspace', %s, true)", [workspace_id])
