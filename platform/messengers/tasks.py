"""Celery's side of the two doors; the rules are in `inbox` and `delivery`."""

from celery import shared_task

from messengers import inbox


@shared_task
def receive(update_id: int, *, workspace_id: int) -> None:
    """Handle a stored update. A lost call costs some seconds: `tick` finds the row."""
    inbox.process(update_id, workspace_id=workspace_id)
