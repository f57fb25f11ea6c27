"""Which calls a message needs: words and buttons, a carousel, a file that goes up once and is then known by name."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ValidationError

from messengers.adapter import (
    ChannelFacts,
    HttpCall,
    Outcome,
    Outgoing,
    Reply,
    RetryAt,
    Sent,
    Steps,
    StoredFile,
    Uncertain,
)
from messengers.content import Attachment, AttachmentKind, Button, CallButton, Card, ReplyButton, UrlButton
from messengers.protocols.meta_messaging.calls import call, upload
from messengers.protocols.meta_messaging.outcomes import AWAY, lost_file, outcome
from messengers.protocols.meta_messaging.payloads import metadata, payload

TYPES: Mapping[str, str] = {
    AttachmentKind.IMAGE: "image",
    AttachmentKind.VIDEO: "video",
    AttachmentKind.AUDIO: "audio",
    AttachmentKind.VOICE: "audio",
    AttachmentKind.DOCUMENT: "file",
}
OPEN = timedelta(hours=24, minutes=-5)  # how long one may answer freely; their clock is not ours
BUTTON = 20  # characters on a button
_NO_WORDS = "…"  # a card must have something under its title


class _Taken(BaseModel):
    message_id: str = ""


class _Uploaded(BaseModel):
    attachment_id: str


@dataclass(frozen=True, slots=True)
class _Failed:
    """A file that did not go up, so that the message has surely not left."""

    outcome: Outcome


def send(channel: ChannelFacts, message: Outgoing, platform: str) -> Steps[Outcome]:
    """Deliver one part."""
    if not message.content.attachments:
        reply = yield _message(channel, message, {**written(message), "metadata": metadata(message.id)})
        return _outcome(reply, message)
    file = message.content.attachments[0]
    known = message.file_ids.get(file.media)
    if known:
        reply = yield _file(channel, message, file, known)
        if not lost_file(reply):
            return _outcome(reply, message)
    uploaded = yield from _upload(channel, file, platform)
    if isinstance(uploaded, _Failed):
        return uploaded.outcome
    reply = yield _file(channel, message, file, uploaded)
    sent = _outcome(reply, message, {file.media: uploaded})
    return replace(sent, file_ids={file.media: uploaded}) if isinstance(sent, RetryAt) else sent


def written(message: Outgoing) -> dict[str, Any]:
    """Return the words, the buttons and the cards of a message as the Send API wants them."""
    content = message.content
    if content.cards:
        elements = [_element(card, message) for card in content.cards]
        return _template({"template_type": "generic", "elements": elements})
    if not content.buttons:
        return {"text": content.text}
    if all(isinstance(button, ReplyButton) for button in content.buttons):
        return {"text": content.text, "quick_replies": _quick_replies(content.buttons, message.id)}
    buttons = [_button(button, message.id) for button in content.buttons]
    return _template({"template_type": "button", "text": content.text, "buttons": buttons})


def _message(channel: ChannelFacts, message: Outgoing, said: Mapping[str, Any]) -> HttpCall:
    body: dict[str, Any] = {"recipient": {"id": message.to}}
    if is_late(message):
        body |= {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    else:
        body["messaging_type"] = "UPDATE" if message.bulk else "RESPONSE"
    return call(channel, "POST", f"{channel.settings.get('page_id', '')}/messages", **body, message=said)


def is_late(message: Outgoing) -> bool:
    """Say whether a person of the team answers after the day in which anybody may: he has a week."""
    return message.by_member and message.heard_at is not None and datetime.now(UTC) - message.heard_at > OPEN


def _file(channel: ChannelFacts, message: Outgoing, file: Attachment, name: str) -> HttpCall:
    attachment = {"type": TYPES[file.kind], "payload": {"attachment_id": name}}
    return _message(channel, message, {"attachment": attachment, "metadata": metadata(message.id)})


def _upload(channel: ChannelFacts, file: Attachment, platform: str) -> Steps[str | _Failed]:
    """Give a file to Meta and return its name there."""
    said = {"attachment": {"type": TYPES[file.kind], "payload": {"is_reusable": True}}}
    form = {"message": json.dumps(said), "platform": platform}
    stored = StoredFile(file.media, _plain_name(file), file.content_type or "application/octet-stream")
    reply = yield upload(
        channel, f"{channel.settings.get('page_id', '')}/message_attachments", form, {"filedata": stored}
    )
    if reply.status != 200:
        failure = outcome(reply)
        # Whatever became of the upload, nobody got a message by it.
        return _Failed(RetryAt(AWAY, failure.reason) if isinstance(failure, Uncertain) else failure)
    try:
        return _Uploaded.model_validate_json(reply.body).attachment_id
    except ValidationError:
        return _Failed(RetryAt(AWAY, "upload_unreadable"))


def _plain_name(file: Attachment) -> str:
    """Return a name without foreign letters, which uploads refuse."""
    name = "".join(letter for letter in file.name if letter.isascii() and (letter.isalnum() or letter in "._- "))
    stem, dot, ending = name.strip().rpartition(".")
    return f"{stem or file.kind.value}{dot}{ending}" if dot and ending else name.strip() or file.kind.value


def _quick_replies(buttons: Sequence[Button], message_id: int) -> list[dict[str, Any]]:
    return [
        {"content_type": "text", "title": button.text, "payload": payload(message_id, button.id)}
        for button in buttons
        if isinstance(button, ReplyButton)
    ]


def _button(button: Button, message_id: int) -> dict[str, Any]:
    match button:
        case ReplyButton():
            return {"type": "postback", "title": button.text, "payload": payload(message_id, button.id)}
        case UrlButton():
            return {"type": "web_url", "title": button.text, "url": str(button.url)}
        case CallButton():
            return {"type": "phone_number", "title": button.text, "payload": button.phone}
        case _:
            raise ValueError(f"Meta has no button of kind {button.kind}")


def _element(card: Card, message: Outgoing) -> dict[str, Any]:
    element: dict[str, Any] = {"title": card.title}
    address = message.media_urls.get(card.image.media) if card.image else None
    if address:
        element["image_url"] = address
    if card.text or not (address or card.buttons):
        element["subtitle"] = card.text or _NO_WORDS
    if card.buttons:
        element["buttons"] = [_button(_shortened(button), message.id) for button in card.buttons]
    return element


def _shortened(button: Button) -> Button:
    """Return a card's button with words that fit on it: `fit` takes care of those under messages alone."""
    if len(button.text) <= BUTTON:
        return button
    return button.model_copy(update={"text": button.text[: BUTTON - 1].rstrip() + "…"})


def _template(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {"attachment": {"type": "template", "payload": payload}}


def _outcome(reply: Reply, message: Outgoing, file_ids: Mapping[int, str] | None = None) -> Outcome:
    if reply.status != 200:
        return outcome(reply, tagged=is_late(message))
    try:
        name = _Taken.model_validate_json(reply.body).message_id
    except ValidationError:
        name = ""
    return Sent(name, file_ids or {})
