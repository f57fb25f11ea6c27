"""How our words, buttons and cards look in Viber: messages, keyboards, carousels."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from messengers.adapter import Outgoing
from messengers.content import (
    Attachment,
    AttachmentKind,
    Button,
    Card,
    Content,
    ReplyButton,
    ShareLocationButton,
    SharePhoneButton,
    UrlButton,
)

PRESS = re.compile(r"btn:([0-9]{1,18}):([A-Za-z0-9_-]{1,32}):(.*)", re.DOTALL)
ASKS_PHONE = "asks_phone"  # comes back with what is answered, so that a contact is known to be the person's own
WORDS = 250  # characters of a card's text, its tags counted
WIDTH = 6  # columns: a row of a keyboard or a card
HEIGHT = 7  # rows of a card at most

# The version of Viber's app that knows a thing; older ones are not sent what they cannot show.
_SHARING = 3
_CARDS = 7


def said(message: Outgoing) -> dict[str, Any] | None:
    """Return a message without its sender and receiver; None when a file of it has no address."""
    content = message.content
    if content.cards:
        return _carousel(message)
    body = _body(content, message.media_urls)
    return body and body | _beneath(content.buttons, message.id)


def plainly(message: Outgoing) -> dict[str, Any]:
    """Return what an app too old for the message can show: its words and the buttons that it knows."""
    content = message.content
    words = _alternative(content.cards) if content.cards else content.text
    known = [button for button in content.buttons if isinstance(button, ReplyButton | UrlButton)]
    return {"type": "text", "text": words} | _beneath(known, message.id)


def needs_new_app(content: Content) -> bool:
    """Say whether there are apps too old for it to which something else can be said."""
    shares = any(isinstance(button, SharePhoneButton | ShareLocationButton) for button in content.buttons)
    return bool(content.cards) or (shares and bool(content.text) and not content.attachments)


def press(message_id: int, button: ReplyButton) -> str:
    """Return what comes back when a button is pressed: as words, which nobody would type."""
    return f"btn:{message_id}:{button.id}:{button.text}"


def keyboard(buttons: Sequence[Button], message_id: int) -> dict[str, Any]:
    """Return the keyboard under the talk; it goes with the next message."""
    keys = [{"Columns": WIDTH, "Rows": 1, **_key(button, message_id)} for button in buttons]
    return {"Type": "keyboard", "DefaultHeight": False, "Buttons": keys}


def _beneath(buttons: Sequence[Button], message_id: int) -> dict[str, Any]:
    if not buttons:
        return {}
    beneath: dict[str, Any] = {"keyboard": keyboard(buttons, message_id)}
    if any(isinstance(button, SharePhoneButton | ShareLocationButton) for button in buttons):
        beneath["min_api_version"] = _SHARING
    if any(isinstance(button, SharePhoneButton) for button in buttons):
        beneath["tracking_data"] = ASKS_PHONE
    return beneath


def _body(content: Content, urls: Mapping[int, str]) -> dict[str, Any] | None:
    if content.location:
        return {
            "type": "location",
            "location": {"lat": content.location.latitude, "lon": content.location.longitude},
        }
    if not content.attachments:
        return {"type": "text", "text": content.text}
    file = content.attachments[0]
    address = urls.get(file.media)
    return _file(file, address, content.text) if address else None


def _file(file: Attachment, address: str, caption: str) -> dict[str, Any]:
    match file.kind:
        case AttachmentKind.IMAGE:
            return {"type": "picture", "text": caption, "media": address}
        case AttachmentKind.VIDEO:
            lasts = {"duration": file.seconds} if file.seconds else {}
            return {"type": "video", "media": address, "size": file.size, **lasts}
        case _:
            return {"type": "file", "media": address, "size": file.size, "file_name": _named(file, address)}


def _named(file: Attachment, address: str) -> str:
    """Return a file's name with an ending: Viber takes none without."""
    stem, dot, ending = file.name.rpartition(".")
    if dot and stem and ending:
        return f"{stem[: 250 - len(ending)]}.{ending}" if len(file.name) > 250 else file.name
    return address.rpartition("/")[2]


def _key(button: Button, message_id: int) -> dict[str, Any]:
    words = escape(button.text, quote=False)
    match button:
        case ReplyButton():
            return {"ActionType": "reply", "ActionBody": press(message_id, button), "Text": words, "Silent": True}
        case UrlButton():
            return {"ActionType": "open-url", "ActionBody": str(button.url), "Text": words}
        case SharePhoneButton():
            return {"ActionType": "share-phone", "ActionBody": "phone", "Text": words}
        case ShareLocationButton():
            return {"ActionType": "location-picker", "ActionBody": "location", "Text": words}
        case _:
            raise ValueError(f"Viber has no button of kind {button.kind}")


def _carousel(message: Outgoing) -> dict[str, Any] | None:
    """Return cards side by side: each is filled to the last cell, as Viber wants it."""
    cards = message.content.cards
    pictures = [message.media_urls.get(card.image.media) if card.image else None for card in cards]
    if any(card.image and not picture for card, picture in zip(cards, pictures, strict=True)):
        return None
    below = max(len(card.buttons) for card in cards)
    above = min(3, HEIGHT - 2 - below) if any(pictures) else 0
    cells: list[dict[str, Any]] = []
    for card, picture in zip(cards, pictures, strict=True):
        cells += _card(card, picture, above, below, message.id)
    return {
        "type": "rich_media",
        "min_api_version": _CARDS,
        "alt_text": _alternative(cards),
        "rich_media": {
            "Type": "rich_media",
            "ButtonsGroupColumns": WIDTH,
            "ButtonsGroupRows": above + 2 + below,
            "BgColor": "#FFFFFF",
            "Buttons": cells,
        },
    }


def _card(card: Card, picture: str | None, above: int, below: int, message_id: int) -> list[dict[str, Any]]:
    still = {"Columns": WIDTH, "ActionType": "none", "ActionBody": "none"}
    cells: list[dict[str, Any]] = [{**still, "Rows": above, "Image": picture}] if picture else []
    cells.append({
        **still, "Rows": 2 if picture else above + 2, "Text": _words(card), "TextHAlign": "left", "TextVAlign": "top",
    })  # fmt: skip
    cells += [{"Columns": WIDTH, "Rows": 1, "TextSize": "medium", **_key(one, message_id)} for one in card.buttons]
    if len(card.buttons) < below:
        cells.append({**still, "Rows": below - len(card.buttons)})
    return cells


def _words(card: Card) -> str:
    """Return a card's title and text, cut so that they are short enough with their tags."""
    text = card.text
    while True:
        body = f"<br>{escape(text, quote=False)}" if text else ""
        written = f"<b>{escape(card.title, quote=False)}</b>{body}"
        if len(written) <= WORDS or not text:
            return written
        text = text[: max(0, len(text) - (len(written) - WORDS))].rstrip() if len(text) > 1 else ""


def _alternative(cards: Sequence[Card]) -> str:
    """Return the cards as words, for apps that do not know cards."""
    blocks = []
    for card in cards:
        links = [f"{button.text}: {button.url}" for button in card.buttons if isinstance(button, UrlButton)]
        blocks.append("\n".join(part for part in (card.title, card.text, *links) if part))
    return "\n\n".join(blocks)[:7000]
