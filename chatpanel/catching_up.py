"""What a panel that was away has missed, as one answer. Called by the socket and, where it is closed, over HTTP."""

from chatpanel import live, payloads, presence, thread
from messengers.changes import take_cursor
from messengers.models import Conversation


def missed(cursor: int, conversation_id: int | None) -> payloads.Payload:
    """Return the changes since the cursor, with the cursor to ask by next time."""
    newest = take_cursor()  # before the rows are read: what is committed in between comes twice, never not at all
    changes = thread.changes(cursor, conversation_id)
    return {
        "cursor": newest,
        "conversation": conversation_id,
        "conversations": [payloads.conversation(row) for row in changes.conversations],
        "messages": payloads.messages(changes.messages),
        "events": [payloads.event(row) for row in changes.events],
        "reload_list": changes.reload_list,
        "reload_thread": changes.reload_thread,
        "unread": live.unread(),
        "viewers": _viewers(conversation_id),
    }


def _viewers(conversation_id: int | None) -> list[int]:
    # Presence knows no workspaces, and the number comes from outside.
    if conversation_id is None or not Conversation.objects.filter(pk=conversation_id).exists():
        return []
    return presence.viewers(conversation_id)
