"""The base of Celery tasks that work inside one workspace."""

from typing import Any

from celery import Task

from workspaces.scope import tenant


class TenantTask(Task[Any, Any]):
    """Runs its body inside `tenant(workspace_id)`; `workspace_id` is a required keyword argument of every call.

    Declare as `@shared_task(base=TenantTask)`; the body does not receive the id (it is in scope).
    """

    abstract = True

    def __call__(self, *args: Any, workspace_id: int, **kwargs: Any) -> Any:
        """Open the workspace and run the body."""
        with tenant(workspace_id):
            return super().__call__(*args, **kwargs)
