"""How our words and buttons look in the Bot API: HTML, inline keyboards, reply keyboards."""

from collections.abc import Sequence
from html import escape
from typing import Any

from messengers import markup
from messengers.content import Button, Content, ReplyButton, ShareLocationButton, SharePhoneButton, UrlButton

_TAGS = {"bold": "b", "italic": "i", "struck": "s", "code": "code"}


def text(content: Content) -> tuple[str, str | None]:
    """Return the text of a message and its parse mode; None where nothing in it is formatting."""
    words = content.text
    if _has_keyboard(content.buttons):  # which has no place for links
        links = [f"{button.text}: {button.url}" for button in content.buttons if isinstance(button, UrlButton)]
        words = "\n".join([words, *(markup.escape(link) if content.markup else link for link in links)])
    if not content.markup:
        return words, None
    return "".join(map(_html, markup.parse(words))), "HTML"


def reply_markup(buttons: Sequence[Button], message_id: int) -> dict[str, Any] | None:
    """Return the keyboard under a message: a press comes back with our message's id and the button's.

    Only a reply keyboard can ask for a phone number or a place; its other buttons come back as words.
    """
    if not buttons:
        return None
    if _has_keyboard(buttons):
        keys = [[_key(button)] for button in buttons if not isinstance(button, UrlButton)]
        return {"keyboard": keys, "resize_keyboard": True, "one_time_keyboard": True}
    return {"inline_keyboard": [[_inline(button, message_id)] for button in buttons]}


def _has_keyboard(buttons: Sequence[Button]) -> bool:
    return any(isinstance(button, SharePhoneButton | ShareLocationButton) for button in buttons)


def _key(button: Button) -> dict[str, Any]:
    match button:
        case SharePhoneButton():
            return {"text": button.text, "request_contact": True}
        case ShareLocationButton():
            return {"text": button.text, "request_location": True}
        case _:
            return {"text": button.text}


def _inline(button: Button, message_id: int) -> dict[str, Any]:
    match button:
        case ReplyButton():
            return {"text": button.text, "callback_data": f"{message_id}:{button.id}"}
        case UrlButton():
            return {"text": button.text, "url": str(button.url)}
        case _:
            raise ValueError(f"Telegram has no button of kind {button.kind}")


def _html(span: markup.Span) -> str:
    written = escape(span.text, quote=False)
    for style in reversed(span.styles):
        written = f"<{_TAGS[style]}>{written}</{_TAGS[style]}>"
    return f'<a href="{escape(span.href)}">{written}</a>' if span.href else written
