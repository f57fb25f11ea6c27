"""What the panel's pages and live events say of conversations and messages, as plain dictionaries.

Payloads go to readers of both languages, so they hold codes and moments; the panel puts them into words.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from bots.models import Run
from chatpanel.models import ConversationEvent
from messengers import corrections, markup, media, outbox, rules
from messengers.content import Attachment, Content
from messengers.cost import Estimate
from messengers.models import Attempt, Channel, Conversation, Media, Message
from messengers.registry import is_known, messenger
from workspaces.models import User

Payload = dict[str, Any]
PREVIEW = 140


def conversation(row: Conversation) -> Payload:
    """Describe a conversation as the list and the head of the thread show it; `row` is from `listing.described`."""
    return {
        "id": row.pk,
        "revision": row.revision,
        "contact": {
            "id": row.contact_id,
            "name": row.contact.name,
            "phone": row.contact.phone,
            "email": row.contact.email,
            "picture": _picture(row.identity.picture),
        },
        "channel": _channel(row.channel),
        "subscriber": row.identity.state,
        "answer_until": _answer_until(row),
        "owner": row.owner,
        "assignee": person(row.assignee),
        "state": row.state,
        "unread": row.unread,
        "waiting_since": moment(row.waiting_since),
        "last_message_at": moment(row.last_message_at),
        "last": _last(row.last_message) if row.last_message else None,
    }


def _answer_until(row: Conversation) -> str | None:
    """Return until when a member may write freely, where the messenger has such a limit."""
    if not is_known(row.channel.kind):
        return None
    can = messenger(row.channel.kind).capabilities
    return moment(rules.open_until(can, source=Message.Source.MEMBER, heard_at=row.heard_at))


def messages(rows: Iterable[Message]) -> list[Payload]:
    """Describe lines of a thread; one query finds the flows that spoke."""
    rows = list(rows)
    runs = {row.source_id for row in rows if row.source == Message.Source.BOT and row.source_id}
    flows = dict(Run.objects.filter(id__in=runs).values_list("id", "flow__name")) if runs else {}
    return [_message(row, flows) for row in rows]


def event(row: ConversationEvent) -> Payload:
    """Describe a line between the messages."""
    return {
        "id": row.pk,
        "conversation": row.conversation_id,
        "kind": row.kind,
        "actor": person(row.actor),
        "subject": person(row.subject),
        "text": row.text,
        "after": row.after_message,
        "client_id": row.client_id,
        "at": moment(row.created_at),
    }


def attempt(row: Attempt) -> Payload:
    """Describe one try to send a message."""
    return {
        "number": row.number,
        "started_at": moment(row.started_at),
        "finished_at": moment(row.finished_at),
        "outcome": row.outcome,
        "reason": row.reason,
    }


def person(user: User | None) -> Payload | None:
    """Name a colleague."""
    return {"id": user.pk, "name": str(user)} if user else None


def card(row: Conversation) -> Payload:
    """Describe who the conversation is with: what the right-hand column shows besides the row itself."""
    run = Run.objects.filter(conversation=row).select_related("flow").order_by("-id").first()
    return {
        "first_seen": moment(row.contact.created_at),
        "language": row.contact.language,
        "time_zone": row.contact.time_zone,
        "context": row.context,
        "run": {"flow": run.flow.name, "state": run.state, "at": moment(run.updated_at)} if run else None,
    }


def attachment(part: Attachment) -> Payload:
    """Describe a file, with the signed address by which it is read once we have it."""
    return {
        "kind": part.kind,
        "name": part.name,
        "size": part.size,
        "type": part.content_type,
        "state": part.state,
        "url": media.signed_path(part.media) if part.state == "stored" else "",
    }


def moment(at: datetime | None) -> str | None:
    """Write a moment down."""
    return at.isoformat() if at else None


def _message(row: Message, flows: dict[int, str]) -> Payload:
    content = Content.model_validate(row.words)
    return {
        "id": row.pk,
        "conversation": row.conversation_id,
        "revision": row.revision,
        "client_id": row.client_id,
        "direction": row.direction,
        "source": row.source,
        "author": person(row.author),
        "flow": flows.get(row.source_id or 0),
        "status": row.status,
        "reason": row.reason,
        "attempts": row.attempts,
        "retriable": row.status in outbox.RETRIABLE,
        "correctable": corrections.is_correctable(row),
        "at": moment(row.created_at),
        "edited_at": moment(row.edited_at),
        "deleted_at": moment(row.deleted_at),
        "content": _content(content),
    }


def _content(content: Content) -> Payload:
    return {
        "subject": content.subject,
        "spans": [
            {"text": span.text, "styles": span.styles, "href": span.href}
            for span in (markup.parse(content.text) if content.markup else [markup.Span(content.text)])
        ],
        "attachments": [attachment(part) for part in content.attachments],
        "buttons": [
            {"kind": button.kind, "text": button.text, "url": str(getattr(button, "url", ""))}
            for button in content.buttons
        ],
        "cards": [
            {"title": card.title, "text": card.text, "image": attachment(card.image) if card.image else None}
            for card in content.cards
        ],
        "location": content.location.model_dump() if content.location else None,
    }


def cost(told: Estimate) -> Payload:
    """Describe what a draft would cost; the amount is a decimal number, empty where nobody tells it."""
    amount = "" if told.amount is None else f"{told.amount.quantize(Decimal('0.01'))}"
    return {
        "parts": told.parts,
        "alphabet": told.alphabet,
        "left": told.left,
        "amount": amount,
        "currency": told.currency,
    }


def _channel(channel: Channel) -> Payload:
    can = messenger(channel.kind).capabilities if is_known(channel.kind) else None
    return {
        "id": channel.pk,
        "kind": channel.kind,
        "name": channel.name,
        "edits": can is not None and can.edits,
        "deletes": can is not None and can.deletes,
        "templates": can is not None and can.templates,
        "subjects": can is not None and can.subjects,
        "paid": can is not None and can.paid,
    }


def _picture(picture: Media | None) -> str:
    stored = picture is not None and picture.state == Media.State.STORED
    return media.signed_path(picture) if picture and stored else ""


def _last(row: Message) -> Payload:
    text = str(row.words.get("text", ""))
    files = row.words.get("attachments") or []
    return {
        "id": row.pk,
        "direction": row.direction,
        "source": row.source,
        "text": (markup.plain(text) if row.words.get("markup", True) else text)[:PREVIEW],
        "file": files[0]["kind"] if files else None,
        "deleted": row.deleted_at is not None,
    }
