"""Work of workspaces that happens later. Thin: `erasing` does it."""

import logging

from celery import shared_task

from workspaces import erasing
from workspaces.crossings import ids_across_workspaces

logger = logging.getLogger(__name__)


@shared_task
def erase_workspace(workspace_id: int) -> None:
    """Erase one deleted workspace."""
    erasing.erase(workspace_id)


@shared_task
def erase_deleted_workspaces() -> None:
    """Erase what is still left of deleted workspaces; beat calls it, so that none is forgotten."""
    for (workspace_id,) in ids_across_workspaces("deleted_workspaces"):
        try:
            erasing.erase(workspace_id)
        except Exception:
            # It comes up again at the next beat, and must not stand in the way of the others.
            logger.exception("Deleted workspace %s could not be erased", workspace_id)


@shared_task
def clear_expired_sessions() -> None:
    """Delete the sessions that have run out; beat calls it."""
    from django.core.management import call_command

    call_command("clearsessions")
