"""The only way out: whoever has something to say puts it here, and `delivery` sends it.

Bots, the chat panel, mailings and the API call this, inside `tenant()`. What may be said is checked here under the
conversation's lock, and once more when the message is handed over.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from messengers import batches, conversations, hints, rules, signals, template_rows
from messengers.content import Content, Template
from messengers.models import Batch, Conversation, Message
from messengers.registry import is_known, messenger
from messengers.statuses import Status
from workspaces.audit import record
from workspaces.models import User

STALE = timedelta(hours=24)  # an answer that waited longer than that would only puzzle
RETRIABLE = (Status.REJECTED, Status.UNREACHABLE, Status.UNCERTAIN)


class NotOwnerError(Exception):
    """A bot wanted to speak where a person owns the conversation."""


class UnreachableError(Exception):
    """The rules do not let us write to the person now; `reason` is a code of `rules` or `template_rows`."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


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
    _check(locked, source, seen_message_id, template=content.template)
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
    template = locked.words.get("template")
    _allow(conversation, locked.source, template=Template.model_validate(template) if template else None)
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


def _check(locked: Conversation, source: str, seen_message_id: int | None, *, template: Template | None) -> None:
    if source == Message.Source.BOT and locked.owner != Conversation.Owner.BOT:
        raise NotOwnerError
    _allow(locked, source, template=template)
    if seen_message_id is not None:
        newer = Message.objects.filter(conversation=locked, direction=Message.Direction.IN, id__gt=seen_message_id)
        if messages := list(newer.order_by("id")):
            raise NewerMessagesError(messages)


def _allow(locked: Conversation, source: str, *, template: Template | None) -> None:
    if not is_known(locked.channel.kind):
        return  # it waits until this Kaskad knows its messenger
    can = messenger(locked.channel.kind).capabilities
    reason = rules.forbids(
        can,
        state=locked.identity.state,
        source=source,
        heard_at=locked.heard_at,
        now=timezone.now(),
        template=template is not None,
    )
    if not reason and template is not None and can.templates:
        reason = template_rows.why_not(locked.channel, template)
    if reason:
        raise UnreachableError(reason)


def _queued(messages: Sequence[Message]) -> None:
    signals.message_queued.tell(messages=list(messages))
    for message in messages:
        transaction.on_commit(partial(hints.wake, message.channel, message.identity_id))
