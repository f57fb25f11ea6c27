"""How the open pages of one visitor hear of each other. A lost event costs little: pages also ask what has changed."""

from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from messengers import signals
from messengers.adapters.site_chat import SiteChat
from messengers.models import Conversation, Message


def group_of(visitor: str) -> str:
    """Return the name of the group of a visitor's open pages; `driver` pushes to it."""
    return f"visitor.{visitor}"


@signals.only_notes
def show_own_message(message: Message, conversation: Conversation, **_facts: Any) -> None:
    """Tell the visitor's other pages what he wrote on one of them."""
    if conversation.channel.kind != SiteChat.kind:
        return
    event = {"type": "visitor.changed", "message": message.pk}
    group = group_of(conversation.identity.external_id)
    transaction.on_commit(lambda: async_to_sync(get_channel_layer().group_send)(group, event), robust=True)


def listen() -> None:
    """Hear of what visitors write. Called once at start."""
    signals.message_received.connect(show_own_message, dispatch_uid="messengers.site_chat")
