"""How the open pages of one visitor hear of each other. A lost event costs little: pages also ask what has changed."""

from collections.abc import Sequence
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from messengers import signals
from messengers.adapters.site_chat import SiteChat
from messengers.models import Conversation, Message
from workspaces.after_commit import after_commit


def group_of(visitor: str) -> str:
    """Return the name of the group of a visitor's open pages; `driver` pushes to it."""
    return f"visitor.{visitor}"


@signals.only_notes
def show_own_message(message: Message, conversation: Conversation, **_facts: Any) -> None:
    """Tell the visitor's other pages what he wrote on one of them."""
    if conversation.channel.kind == SiteChat.kind:
        _tell_on_commit(conversation.identity.external_id, message.pk)


def show_changes(message_ids: Sequence[int], **_facts: Any) -> None:
    """Tell visitors' pages what has been changed or taken back."""
    changed = Message.objects.filter(pk__in=message_ids, channel__kind=SiteChat.kind)
    for message_id, visitor in changed.values_list("pk", "identity__external_id"):
        _tell_on_commit(visitor, message_id)


def listen() -> None:
    """Hear of what visitors write, and of corrections. Called once at start."""
    signals.message_received.connect(show_own_message, dispatch_uid="messengers.site_chat")
    signals.message_changed.connect(show_changes, dispatch_uid="messengers.site_chat")


def _tell_on_commit(visitor: str, message_id: int) -> None:
    event = {"type": "visitor.changed", "message": message_id}
    after_commit(async_to_sync(get_channel_layer().group_send), group_of(visitor), event)
