"""Messages of which a person must decide what to do: it is not known whether they arrived, or they did not.

The page of deliveries calls this, inside `tenant()`. One at a time there is also `outbox.retry`.
"""

from collections.abc import Sequence
from enum import StrEnum

from django.db.models import F, QuerySet
from django.utils import timezone

from messengers import batches, signals
from messengers.models import Batch, Channel, Message
from messengers.statuses import Status
from workspaces.audit import record
from workspaces.models import User, Workspace

PAGE = 50
COUNTED = 1_000
UNDECIDED = (Status.UNCERTAIN,)
FAILED = (Status.REJECTED, Status.UNREACHABLE)
GIVEN_UP = "given_up"


class Decision(StrEnum):
    """What a person may decide."""

    SEND = "send"  # once more
    ARRIVED = "arrived"  # he knows that it did
    GIVE_UP = "give_up"  # whatever became of it


def newest(
    statuses: Sequence[Status], channel: Channel | None = None, *, before: int | None = None, limit: int = PAGE
) -> list[Message]:
    """Return messages to decide about, the newest first; `before` is the id of the last one that was shown."""
    rows = _open(statuses, channel).select_related("conversation__contact", "channel", "variant", "author")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:limit])


def count(statuses: Sequence[Status], channel: Channel | None = None) -> int:
    """Return how many there are, counted up to COUNTED."""
    return _open(statuses, channel)[:COUNTED].count()


def decide(rows: QuerySet[Message], decision: Decision, actor: User, workspace: Workspace) -> int:
    """Do with these messages what a person has decided; return with how many. Others may have decided meanwhile."""
    match decision:
        case Decision.SEND:
            done = _send(rows.filter(status__in=(*UNDECIDED, *FAILED)))
        case Decision.ARRIVED:
            undecided = rows.filter(status__in=UNDECIDED)
            done = _write(_locked(undecided), Status.SENT, reason="", sent_at=F("leased_at"))
        case Decision.GIVE_UP:
            done = _write(_locked(rows.filter(status__in=UNDECIDED)), Status.REJECTED, reason=GIVEN_UP)
    if done:
        record(actor, f"message.decided_{decision}", workspace, {"messages": (None, done)})
    return done


def these(ids: Sequence[int]) -> QuerySet[Message]:
    """Return the messages with these ids."""
    return _open((*UNDECIDED, *FAILED), None).filter(pk__in=ids)


def all_of(statuses: Sequence[Status], channel: Channel | None) -> QuerySet[Message]:
    """Return all there are to decide about."""
    return _open(statuses, channel)


def _open(statuses: Sequence[Status], channel: Channel | None) -> QuerySet[Message]:
    rows = Message.objects.filter(direction=Message.Direction.OUT, status__in=statuses).exclude(reason=GIVEN_UP)
    return rows.filter(channel=channel) if channel else rows


def _send(rows: QuerySet[Message]) -> int:
    # Who may not be written to any more is found when the message is handed over, and the message canceled then.
    ids = _locked(rows.exclude(batch__state=Batch.State.STOPPED))
    done = _write(ids, Status.QUEUED, reason="", retries=0, due_at=timezone.now(), lease=None)
    batches.run_again(ids)
    return done


def _locked(rows: QuerySet[Message]) -> list[int]:
    return list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))


def _write(ids: list[int], status: Status, **values: object) -> int:
    done = Message.objects.filter(pk__in=ids).update(status=status, **values)
    if ids:
        signals.message_status_changed.tell(message_ids=ids, status=status)
    return done
