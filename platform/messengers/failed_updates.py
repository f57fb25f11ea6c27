"""Updates that could not be handled: they are kept as they came, and a person decides. The pages call this.

What is replayed is handled like anything that comes in: have `tasks.announce` tell the workers after the commit.
"""

from django.db.models import QuerySet
from django.utils import timezone

from messengers.models import Channel, InboundUpdate
from workspaces.audit import record
from workspaces.models import User

State = InboundUpdate.State

PAGE = 50


def newest(channel: Channel, *, before: int | None = None, limit: int = PAGE) -> list[InboundUpdate]:
    """Return failed updates of a channel, the newest first; `before` is the id of the last one that was shown."""
    rows = _failed(channel)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:limit])


def count(channel: Channel, *, at_most: int = 1_000) -> int:
    """Return how many have failed, counted up to a limit."""
    return _failed(channel)[:at_most].count()


def get(channel: Channel, update_id: int) -> InboundUpdate:
    """Return one failed update, or raise InboundUpdate.DoesNotExist."""
    return _failed(channel).get(pk=update_id)


def replay(update: InboundUpdate, actor: User | None) -> bool:
    """Have a failed update handled again; False when somebody has decided already."""
    again = _again(InboundUpdate.objects.filter(pk=update.pk))
    if again:
        record(actor, "channel.updates_replayed", update.channel, {"updates": (None, 1)})
    return bool(again)


def replay_all(channel: Channel, actor: User | None) -> int:
    """Have all failed updates of a channel handled again, each person's in their order; return how many."""
    again = _again(_failed(channel))
    if again:
        record(actor, "channel.updates_replayed", channel, {"updates": (None, again)})
    return again


def drop(update: InboundUpdate, actor: User | None) -> bool:
    """Give a failed update up: the row goes. False when somebody has decided already."""
    dropped, _by_model = InboundUpdate.objects.filter(pk=update.pk, state=State.FAILED).delete()
    if dropped:
        record(actor, "channel.updates_dropped", update.channel, {"updates": (1, None)})
    return bool(dropped)


def _failed(channel: Channel) -> QuerySet[InboundUpdate]:
    return InboundUpdate.objects.filter(channel=channel, state=State.FAILED)


def _again(rows: QuerySet[InboundUpdate]) -> int:
    fresh = {"state": State.STORED, "tries": 0, "error": "", "due_at": timezone.now()}
    return rows.filter(state=State.FAILED).update(**fresh)
