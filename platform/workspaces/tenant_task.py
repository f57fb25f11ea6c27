"""The base of Celery tasks that work inside one workspace."""

from typing import Any

from celery import Task

from workspaces.scope import tenant


class TenantTask(Task[Any, Any]):
    """Runs its body inside `tenant(workspace_id)`; `workspace_id` is a required keyword argument of every call.

    Declare as `@shared_task(base=TenantTask)`; the body does not receive the id (it is in scope).
    """

    abstract = True
    typing = False  # Celery compares calls with the body's signature, which has no `workspace_id`

    def __call__(self, *args: Any, workspace_id: int, **kwargs: Any) -> Any:
        """Open the workspace and run the body."""
        with tenant(workspace_id):
            return super().__call__(*args, **kwargs)

    def apply_async(self, args: Any = None, kwargs: Any = None, *more: Any, **options: Any) -> Any:
        """Queue a call; TypeError when it names no workspace, here rather than in a worker's log."""
        if "workspace_id" not in (kwargs or {}):
            raise TypeError(f"{self.name} works inside a workspace: call it with workspace_id=…")
        return super().apply_async(args, kwargs, *more, **options)
