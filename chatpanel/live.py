"""Tells the open panels of a workspace what has changed, after the change is committed.

An event carries whole rows and is only a hint: whoever misses one asks `thread.changes` by his cursor. It is made once,
whatever the number of panels, and not at all while none is open.
"""

import json
import logging
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db.models import F

from chatpanel import listing, payloads, presence, thread
from messengers import held, signals
from messengers.models import Conversation, Identity, Message
from workspaces.after_commit import after_commit
from workspaces.scope import current_workspace_id, tenant

MANY = 50  # more rows than this at once are not sent: panels are told to ask

_log = logging.getLogger(__name__)


class _Changed(NamedTuple):
    conversations: Collection[int]
    messages: Collection[int]
    events: Collection[int]


def group_of(workspace_id: int) -> str:
    """Name the group that the workspace's panels listen to."""
    return f"workspace.{workspace_id}.chats"


def connect() -> None:
    """Listen to what happens below; called when the app is ready."""
    signals.message_received.connect(_message_received, dispatch_uid="chatpanel")
    signals.message_queued.connect(_messages_queued, dispatch_uid="chatpanel")
    signals.message_status_changed.connect(_statuses_changed, dispatch_uid="chatpanel")
    signals.message_changed.connect(_messages_changed, dispatch_uid="chatpanel")
    signals.conversation_changed.connect(_conversation_changed, dispatch_uid="chatpanel")
    signals.identity_changed.connect(_identity_changed, dispatch_uid="chatpanel")


def tell(conversations: Iterable[int] = (), messages: Iterable[int] = (), events: Iterable[int] = ()) -> None:
    """Have the open panels told of these rows once the transaction is committed."""
    held.gather(_Changed(tuple(conversations), tuple(messages), tuple(events)), _tell_on_commit)


def send(workspace_id: int, kind: str, data: dict[str, Any]) -> None:
    """Send one event to all panels of a workspace, now. Losing it is allowed, raising is not."""
    text = json.dumps({"type": kind, **data})
    layer = get_channel_layer()
    try:
        async_to_sync(layer.group_send)(group_of(workspace_id), {"type": "panel.event", "text": text})
    except Exception:
        _log.warning("A live event was lost; panels will ask for it", exc_info=True)


def _tell_on_commit(gathered: Sequence[_Changed]) -> None:
    changed = _Changed(*({row: None for rows in kind for row in rows} for kind in zip(*gathered, strict=True)))
    after_commit(_publish, current_workspace_id(), changed)


def _publish(workspace_id: int, changed: _Changed) -> None:
    if not presence.has_open_panels(workspace_id):
        return
    if sum(map(len, changed)) > MANY:
        send(workspace_id, "ask", {})
        return
    with tenant(workspace_id):
        data = _described(changed)
    send(workspace_id, "changes", data)


def _described(changed: _Changed) -> dict[str, Any]:
    data: dict[str, Any] = {"conversations": [], "messages": [], "events": []}
    if changed.conversations:
        rows = listing.described().filter(id__in=changed.conversations)
        data["conversations"] = [payloads.conversation(row) for row in rows]
        data["unread"] = unread()
    if changed.messages:
        data["messages"] = payloads.messages(thread.said().filter(id__in=changed.messages).order_by("id"))
    if changed.events:
        told = thread.told().filter(id__in=changed.events).order_by("id")
        data["events"] = [payloads.event(line) for line in told]
    return data


def unread() -> dict[str, int]:
    """Return the unread conversations for each person by id, and for anybody under an empty name."""
    return {str(person or ""): count for person, count in listing.unread_counts().items()}


@signals.only_notes
def _message_received(message: Message, conversation: Conversation, **_: Any) -> None:
    tell([conversation.pk], [message.pk])


@signals.only_notes
def _messages_queued(messages: Sequence[Message], **_: Any) -> None:
    tell({message.conversation_id for message in messages}, [message.pk for message in messages])


@signals.only_notes
def _statuses_changed(message_ids: Sequence[int], **_: Any) -> None:
    tell(messages=message_ids)


def _messages_changed(message_ids: Sequence[int], **_: Any) -> None:
    newest = Message.objects.filter(pk__in=message_ids, conversation__last_message=F("pk"))
    ids = list(newest.values_list("conversation_id", flat=True))
    listing.touch(ids)  # their rows show what the message says
    tell(ids, message_ids)


@signals.only_notes
def _conversation_changed(conversation: Conversation, **_: Any) -> None:
    tell([conversation.pk])


def _identity_changed(identity: Identity, **_: Any) -> None:
    ids = list(Conversation.objects.filter(identity=identity).values_list("id", flat=True))
    listing.touch(ids)
    tell(ids)
