"""What a visitor sees of his talk: his own words, and ours once they have been handed over.

The door and the socket call it. Names that members chose are shown, their addresses never.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from pydantic import ValidationError

from messengers import changes
from messengers.content import Attachment, Button, Card, Content
from messengers.media import signed_url
from messengers.models import Conversation, Message
from messengers.site_chat.spans import spans
from messengers.statuses import Status
from workspaces.models import User

PAGE = 50
HANDED_OVER = (Status.SENT, Status.DELIVERED, Status.READ)
_UNREAD = (Status.SENT, Status.DELIVERED)
# A press is known by the message whose button it was, so that one message takes one press, from however many pages.
PRESS = "press-"


def newest(conversation: Conversation, before: int | None = None) -> list[dict[str, Any]]:
    """Return the newest page of the talk, or the one before a message, in the order of reading."""
    rows = _visible(Message.objects.filter(conversation=conversation).select_related("variant"))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return shown(reversed(rows.order_by("-id")[:PAGE]))


def changed(conversation: Conversation, since: str) -> tuple[list[dict[str, Any]], str, bool]:
    """Return what changed since a cursor, the next cursor, and whether there is more at once."""
    found = changes.changed_messages(since, conversation_id=conversation.pk)
    return shown(row for row in found.rows if _is_visible(row)), found.cursor, found.more


def one(conversation: Conversation, message_id: int) -> dict[str, Any] | None:
    """Return a message that has just been handed over, whose outcome may not be written down yet."""
    message = Message.objects.filter(conversation=conversation, pk=message_id).first()
    if message is None or not (_is_visible(message) or message.status == Status.SENDING):
        return None
    return shown([message])[0]


def unread(conversation: Conversation) -> int:
    """Return how many of our messages the visitor has not read."""
    return Message.objects.filter(
        conversation=conversation, direction=Message.Direction.OUT, status__in=_UNREAD, deleted_at=None
    ).count()


def shown(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Return messages as the widget takes them."""
    rows = list(messages)
    authors = _authors(rows)
    return [_shown(row, authors.get(row.author_id or 0, "")) for row in rows]


def _visible(rows: QuerySet[Message]) -> QuerySet[Message]:
    return rows.filter(Q(direction=Message.Direction.IN) | Q(status__in=HANDED_OVER))


def _is_visible(message: Message) -> bool:
    return message.direction == Message.Direction.IN or message.status in HANDED_OVER


def _authors(rows: Sequence[Message]) -> dict[int, str]:
    ids = {row.author_id for row in rows if row.author_id}
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def _shown(message: Message, author: str) -> dict[str, Any]:
    inbound = message.direction == Message.Direction.IN
    spoken = message.source == Message.Source.MEMBER
    return {
        "id": message.pk,
        "revision": message.revision,
        "from": "visitor" if inbound else "agent" if spoken else "bot",
        "author": author if spoken else "",
        "at": message.created_at.isoformat(),
        "status": message.status if inbound or message.status in HANDED_OVER else Status.SENT.value,
        "client_id": message.client_id if inbound else "",
        "pressed": _pressed(message) if inbound else None,
        "edited": message.edited_at is not None,
        "deleted": message.deleted_at is not None,
        **({} if message.deleted_at else _content(message.words)),
    }


def _pressed(message: Message) -> int | None:
    number = message.client_id.removeprefix(PRESS)
    return int(number) if message.client_id.startswith(PRESS) and number.isdecimal() else None


def _content(stored: Any) -> dict[str, Any]:
    try:
        content = Content.model_validate(stored)
    except ValidationError:
        return {"text": [{"text": "…"}]}
    parts: dict[str, Any] = {
        "text": spans(content),
        "attachments": [_attachment(attachment) for attachment in content.attachments],
        "buttons": [_button(button) for button in content.buttons],
        "cards": [_card(card) for card in content.cards],
    }
    if content.location:
        place = content.location
        address = f"https://www.openstreetmap.org/?mlat={place.latitude}&mlon={place.longitude}#map=16/{place.latitude}/{place.longitude}"
        parts["location"] = {"title": place.title, "url": address}
    return {name: part for name, part in parts.items() if part}


def _attachment(attachment: Attachment) -> dict[str, Any]:
    return {
        "kind": attachment.kind.value,
        "name": attachment.name,
        "size": attachment.size,
        "url": signed_url(attachment),
    }


def _button(button: Button) -> dict[str, Any]:
    return button.model_dump(mode="json")


def _card(card: Card) -> dict[str, Any]:
    return {
        "title": card.title,
        "text": card.text,
        "image": _attachment(card.image) if card.image else None,
        "buttons": [_button(button) for button in card.buttons],
    }
