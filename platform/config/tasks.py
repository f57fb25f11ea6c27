"""The composition root's only task."""

from celery import shared_task

from config.health import note_heartbeat


@shared_task
def heartbeat() -> None:
    """Show that beat, broker and worker are alive."""
    note_heartbeat()
