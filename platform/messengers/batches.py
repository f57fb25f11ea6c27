"""Bulk messages that are paused, stopped and slowed together: all that delivery knows of mailings and cascades.

Mailings call this inside `tenant()`. Each change is one row: what it means for a million messages is decided when they
are handed over, and senders see it within a second. `finish` owns running batches, called by `tasks.tick`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from messengers import personal, statements
from messengers.content import Content
from messengers.models import Batch, Variant
from messengers.statuses import Status
from workspaces.crossings import ids_across_workspaces
from workspaces.scope import current_workspace_id, tenant

State = Batch.State

# (state, what is asked) -> state. What is not here cannot be done any more.
TRANSITIONS: Mapping[tuple[str, str], str] = {
    (State.RUNNING, "pause"): State.PAUSED,
    (State.PAUSED, "resume"): State.RUNNING,
    (State.RUNNING, "stop"): State.STOPPED,
    (State.PAUSED, "stop"): State.STOPPED,
    (State.RUNNING, "finish"): State.FINISHED,
}


class BatchOverError(Exception):
    """The batch is in a state in which this cannot be done."""


def begin(*, per_hour: int | None = None, not_after: datetime | None = None, paused: bool = False) -> Batch:
    """Make an empty batch: at most `per_hour` messages leave, and none after `not_after`."""
    return Batch.objects.create(per_hour=per_hour, not_after=not_after, state=State.PAUSED if paused else State.RUNNING)


def vary(batch: Batch, content: Content) -> Variant:
    """Add a content to a batch. BadTemplateError says what is wrong with its gaps."""
    personal.check(content)
    return Variant.objects.create(batch=batch, content=content.model_dump(mode="json"))


def fill(
    batch: Batch,
    variant: Variant,
    conversation_ids: Sequence[int],
    *,
    source: str,
    source_id: int | None = None,
    source_ref: str = "",
) -> int:
    """Queue a variant for many people in one statement; who may not be written to is left out. Return how many."""
    if batch.state in (State.STOPPED, State.FINISHED):
        raise BatchOverError(batch.state)
    values: dict[str, Any] = {
        "workspace": current_workspace_id(),
        "batch": batch.pk,
        "variant": variant.pk,
        "conversations": list(conversation_ids),
        "source": source,
        "source_id": source_id,
        "source_ref": source_ref,
        "now": timezone.now(),
    }
    return int(statements.run(statements.ENQUEUE_MANY, values)[0][0])


def seal(batch: Batch) -> None:
    """Say that all messages are made: with the last of them the batch is finished."""
    Batch.objects.filter(pk=batch.pk, sealed_at__isnull=True).update(sealed_at=timezone.now())


def pause(batch: Batch) -> Batch:
    """Let nothing more leave until `resume`; what is under way arrives."""
    return _change(batch, "pause")


def resume(batch: Batch) -> Batch:
    """Let a paused batch go on."""
    return _change(batch, "resume")


def stop(batch: Batch) -> Batch:
    """End a batch: what has not left is canceled as its turn comes."""
    return _change(batch, "stop")


def set_speed(batch: Batch, per_hour: int | None) -> Batch:
    """Let at most `per_hour` messages leave from now on; None lets the messenger set the pace."""
    locked = Batch.objects.select_for_update().get(pk=batch.pk)
    locked.per_hour, locked.next_at = per_hour, timezone.now()
    locked.save(update_fields=["per_hour", "next_at"])
    return locked


def set_deadline(batch: Batch, not_after: datetime | None) -> Batch:
    """Let nothing leave after a moment; what waits then is canceled."""
    locked = Batch.objects.select_for_update().get(pk=batch.pk)
    locked.not_after = not_after
    locked.save(update_fields=["not_after"])
    return locked


def finish(limit: int = 500) -> int:
    """Finish, in whatever workspace, the sealed batches of which nothing is left to leave; return how many."""
    done = 0
    for workspace_id, batch_id in ids_across_workspaces("batches_to_finish", limit):
        with tenant(workspace_id):
            done += _finish(batch_id)
    return done


def run_again(message_ids: Sequence[int]) -> None:
    """Let the finished batches of messages that were just queued run until those have left. Call it after queuing."""
    if not message_ids:
        return
    batch_ids = Batch.objects.filter(messages__in=message_ids).values_list("pk", flat=True)
    # Locked whatever their state is: one that is just being finished is seen as finished then.
    for locked in Batch.objects.select_for_update(no_key=True).filter(pk__in=batch_ids).order_by("pk"):
        if locked.state == State.FINISHED:
            locked.state = State.RUNNING
            locked.save(update_fields=["state"])


def _finish(batch_id: int) -> bool:
    locked = Batch.objects.select_for_update(no_key=True).filter(pk=batch_id, state=State.RUNNING).first()
    # Looked at once more under the lock: somebody may have decided meanwhile to send a message again.
    if locked is None or locked.messages.filter(status__in=(Status.QUEUED, Status.SENDING)).exists():
        return False
    locked.state = State.FINISHED
    locked.save(update_fields=["state"])
    return True


def _change(batch: Batch, asked: str) -> Batch:
    locked = Batch.objects.select_for_update().get(pk=batch.pk)
    state = TRANSITIONS.get((locked.state, asked))
    if state is None:
        raise BatchOverError(locked.state)
    locked.state = state
    locked.save(update_fields=["state"])
    return locked
