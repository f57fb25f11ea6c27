"""One conversation: its history page by page, and what changed in it and around it. Called by endpoints and sockets."""

from typing import NamedTuple

from django.db.models import QuerySet

from chatpanel.listing import described
from chatpanel.models import ConversationEvent
from messengers.models import Conversation, Message

PAGE = 40
CAUGHT_UP = 200  # a client that missed more than this loads its list, or its thread, anew


class History(NamedTuple):
    """A page of a thread, oldest first, and the id before which the page above it ends (None at the top)."""

    messages: list[Message]
    events: list[ConversationEvent]
    before: int | None


class Changes(NamedTuple):
    """What changed since a cursor. `reload_*` say that there was too much of it to tell."""

    conversations: list[Conversation]
    messages: list[Message]
    events: list[ConversationEvent]
    reload_list: bool
    reload_thread: bool


def history(conversation: Conversation, before: int | None = None) -> History:
    """Return the newest page, or the one that ends before a message."""
    rows = said().filter(conversation=conversation)
    if before is not None:
        rows = rows.filter(id__lt=before)
    messages = list(rows.order_by("-id")[: PAGE + 1])
    more = len(messages) > PAGE
    messages = messages[:PAGE][::-1]
    oldest = messages[0].pk if more else None
    return History(messages, _events(conversation, oldest, before), oldest)


def changes(cursor: int, conversation_id: int | None) -> Changes:
    """Return the conversations that changed since the cursor, and the lines of the one that is open."""
    conversations = list(described().filter(revision__gte=cursor).order_by("-revision")[: CAUGHT_UP + 1])
    messages: list[Message] = []
    events: list[ConversationEvent] = []
    if conversation_id is not None:
        missed = said().filter(conversation=conversation_id, revision__gte=cursor)
        messages = list(missed.order_by("-revision", "-id")[: CAUGHT_UP + 1])
        lines = told().filter(conversation=conversation_id, revision__gte=cursor)
        events = list(lines.order_by("-id")[: CAUGHT_UP + 1])
    return Changes(
        conversations[:CAUGHT_UP],
        messages[:CAUGHT_UP],
        events[:CAUGHT_UP],
        reload_list=len(conversations) > CAUGHT_UP,
        reload_thread=max(len(messages), len(events)) > CAUGHT_UP,
    )


def said() -> QuerySet[Message]:
    """Return messages with all that a line of the thread shows."""
    return Message.objects.select_related("author", "variant")


def told() -> QuerySet[ConversationEvent]:
    """Return events with the people in them."""
    return ConversationEvent.objects.select_related("actor", "subject")


def _events(conversation: Conversation, oldest: int | None, before: int | None) -> list[ConversationEvent]:
    events = told().filter(conversation=conversation)
    if oldest is not None:
        events = events.filter(after_message__gte=oldest)
    if before is not None:
        events = events.filter(after_message__lt=before)
    return list(events.order_by("-id")[:CAUGHT_UP])[::-1]
