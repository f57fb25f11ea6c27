"""How our words and buttons look in MAX: HTML, and one keyboard, which is an attachment like others."""

from collections.abc import Sequence
from html import escape
from typing import Any

from messengers import markup
from messengers.content import Button, Content, Location, ReplyButton, ShareLocationButton, SharePhoneButton, UrlButton

LONGEST = 4000  # characters of what is written, tags and all

_TAGS = {"bold": "b", "italic": "i", "struck": "s", "code": "code"}


def text(content: Content) -> dict[str, Any]:
    """Return the words of a message and their format; none where nothing in them is formatting."""
    words, title = content.text, content.location.title if content.location else ""
    if title:
        title = markup.escape(title) if content.markup else title
        words = "\n".join(part for part in (words, title) if part)
    if not words.strip():
        return {}
    if not content.markup:
        return {"text": words}
    written = "".join(map(_html, markup.parse(words)))
    if len(written) > LONGEST:
        return {"text": markup.plain(words)}  # better bare than refused
    return {"text": written, "format": "html"}


def keyboard(buttons: Sequence[Button], message_id: int) -> dict[str, Any]:
    """Return the keyboard under a message: a press comes back with our message's id and the button's."""
    return {"type": "inline_keyboard", "payload": {"buttons": [[_button(one, message_id)] for one in buttons]}}


def place(location: Location) -> dict[str, Any]:
    """Return a place as an attachment."""
    return {"type": "location", "latitude": location.latitude, "longitude": location.longitude}


def _button(button: Button, message_id: int) -> dict[str, Any]:
    match button:
        case ReplyButton():
            return {"type": "callback", "text": button.text, "payload": f"{message_id}:{button.id}"}
        case UrlButton():
            return {"type": "link", "text": button.text, "url": str(button.url)}
        case SharePhoneButton():
            return {"type": "request_contact", "text": button.text}
        case ShareLocationButton():
            return {"type": "request_geo_location", "text": button.text}
        case _:
            raise ValueError(f"MAX has no button of kind {button.kind}")


def _html(span: markup.Span) -> str:
    written = escape(span.text, quote=False)
    for style in reversed(span.styles):
        written = f"<{_TAGS[style]}>{written}</{_TAGS[style]}>"
    return f'<a href="{escape(span.href)}">{written}</a>' if span.href else written
