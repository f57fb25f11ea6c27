"""What the panel's endpoints answer with: a conversation or a message as it stands now, ready to be shown."""

from typing import Any

from django.shortcuts import get_object_or_404

from chatpanel import payloads, thread
from messengers.models import Conversation


def described(conversation_id: int) -> Conversation:
    """Return a conversation with all that is shown of it; Http404 where there is none."""
    row: Conversation = get_object_or_404(
        Conversation.objects.select_related(
            "contact", "channel", "identity__picture", "assignee", "last_message__variant"
        ),
        pk=conversation_id,
    )
    return row


def of_conversation(conversation_id: int) -> dict[str, Any]:
    """Return its row in the list."""
    return {"conversations": [payloads.conversation(described(conversation_id))]}


def of_message(message_id: int) -> list[dict[str, Any]]:
    """Return its line in the thread."""
    return payloads.messages(thread.said().filter(pk=message_id))
