"""Work of workspaces that happens later. Thin: `erasing` does it."""

from celery import shared_task

from workspaces import erasing
from workspaces.crossings import ids_across_workspaces


@shared_task
def erase_workspace(workspace_id: int) -> None:
    """Erase one deleted workspace."""
    erasing.erase(workspace_id)


@shared_task
def erase_deleted_workspaces() -> None:
    """Erase what is still left of deleted workspaces; beat calls it, so that none is forgotten."""
    for (workspace_id,) in ids_across_workspaces("deleted_workspaces"):
        erasing.erase(workspace_id)


@shared_task
def clear_expired_sessions() -> None:
    """Delete the sessions that have run out; beat calls it."""
    from django.core.management import call_command

    call_command("clearsessions")
