"""The only way out: whoever has something to say puts it here, and `delivery` sends it.

Bots, the chat panel, mailings and the API call this, inside `tenant()`. What may be said is checked here under the
conversation's lock, and once more when the message is handed over.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from messengers import batches, conversations, hints, signals
from messengers.content import Content
from messengers.models import Batch, Conversation, Identity, Message
from messengers.statuses import Status
from workspaces.audit import record
from workspaces.models import User

# Who may still write to a person in this state. A member's answer is no mailing.
MAY_WRITE: Mapping[str, frozenset[str]] = {
    Identity.State.ACTIVE: frozenset(Message.Source.values),
    Identity.State.UNSUBSCRIBED: frozenset({Message.Source.MEMBER}),
    Identity.State.BLOCKED: frozenset(),
}
STALE = timedelta(hours=24)  # an answer that waited longer than that would only puzzle
RETRIABLE = (Status.REJECTED, Status.UNREACHABLE, Status.UNCERTAIN)


class NotOwnerError(Exception):
    """A bot wanted to speak where a person owns the conversation."""


class UnreachableError(Exception):
    """The person has unsubscribed or blocked us; `state` says which."""

    def __init__(self, state: str) -> None:
        """Keep the state."""
        super().__init__(state)
        self.state = state


class NewerMessagesError(Exception):
    """The person wrote what the writer of the answer has not seen; `messages` are those."""

    def __init__(self, messages: Sequence[Message]) -> None:
        """Keep the messages."""
        super().__init__(len(messages))
        self.messages = list(messages)


class NotRetriableError(Exception):
    """The message is on its way, arrived or was taken back, so it cannot be sent again."""


def enqueue(
    conversation: Conversation,
    content: Content,
    *,
    source: str,
    source_id: int | None = None,
    source_ref: str = "",
    author: User | None = None,
    client_id: str = "",
    seen_message_id: int | None = None,
    batch: Batch | None = None,
) -> Message:
    """Queue a message. A repeated `client_id` returns the message that it made the first time."""
    locked = conversations.lock(conversation.pk)
    if client_id and (known := Message.objects.filter(conversation=locked, client_id=client_id).first()):
        return known
    _check(locked, source, seen_message_id)
    message = Message.objects.create(
        conversation=locked,
        channel=locked.channel,
        identity=locked.identity,
        batch=batch,
        direction=Message.Direction.OUT,
        content=content.model_dump(mode="json"),
        status=Status.QUEUED,
        lane=Message.Lane.BULK if batch else Message.Lane.INTERACTIVE,
        source=source,
        source_id=source_id,
        source_ref=source_ref,
        author=author,
        client_id=client_id,
    )
    conversations.said(locked, message)
    _queued([message])
    return message


def retry(message: Message, author: User) -> Message:
    """Send again what failed, or what may have failed: a person's decision. It becomes a new attempt of the message."""
    conversation = conversations.lock(message.conversation_id)
    locked = Message.objects.select_for_update().get(pk=message.pk)
    if locked.status not in RETRIABLE:
        raise NotRetriableError(locked.status)
    state = conversation.identity.state
    if locked.source not in MAY_WRITE[state]:
        raise UnreachableError(state)
    if locked.batch is not None and locked.batch.state == Batch.State.STOPPED:
        raise NotRetriableError("batch_stopped")
    record(author, "message.retried", locked, {"status": (locked.status, Status.QUEUED)})
    locked.status, locked.reason, locked.retries = Status.QUEUED, "", 0
    locked.due_at, locked.lease = timezone.now(), None
    locked.save(update_fields=["status", "reason", "retries", "due_at", "lease"])
    # A finished batch runs again until this one has left.
    batches.run_again([locked.pk])
    _queued([locked])
    return locked


def cancel(message: Message) -> bool:
    """Take back a message that has not left. False when it is too late."""
    taken_back = Message.objects.filter(pk=message.pk, status=Status.QUEUED).update(status=Status.CANCELED)
    if taken_back:
        signals.message_status_changed.tell(message_ids=[message.pk], status=Status.CANCELED)
    return bool(taken_back)


def _check(locked: Conversation, source: str, seen_message_id: int | None) -> None:
    if source == Message.Source.BOT and locked.owner != Conversation.Owner.BOT:
        raise NotOwnerError
    if source not in MAY_WRITE[locked.identity.state]:
        raise UnreachableError(locked.identity.state)
    if seen_message_id is not None:
        newer = Message.objects.filter(conversation=locked, direction=Message.Direction.IN, id__gt=seen_message_id)
        if messages := list(newer.order_by("id")):
            raise NewerMessagesError(messages)


def _queued(messages: Sequence[Message]) -> None:
    signals.message_queued.tell(messages=list(messages))
    for message in messages:
        transaction.on_commit(partial(hints.wake, message.channel, message.identity_id))
