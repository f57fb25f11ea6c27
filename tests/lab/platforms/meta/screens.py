"""What stands on the screen of a phone, for its page."""

import time
from typing import TYPE_CHECKING, Any

from lab.platforms.meta.chats import Standing

if TYPE_CHECKING:
    from lab.platforms.meta.phones import Phone


def screen(phone: "Phone") -> dict[str, Any]:
    """Return what the phone's page shows."""
    chat, bot = phone.chat, phone.bot
    replies = [{"text": one["title"], "asks": ""} for one in chat.quick_replies()]
    return {
        "bot": {"name": bot.name, "username": bot.key, "picture": bot.files.path(bot.picture)},
        "person": {"name": phone.person.name, "phone": phone.person.phone},
        "started": chat.started,
        "blocked": chat.blocked,
        "typing": chat.typing_until > time.monotonic(),
        "toast": "",
        "commands": [],
        "keyboard": {"rows": [replies], "placeholder": ""} if replies else None,
        "messages": [_told(phone, one) for one in chat.messages.values()],
    }


def _told(phone: "Phone", one: Standing) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": one.number,
        "mine": one.mine,
        "at": int(one.at),
        "edited": bool(one.edited),
        "text": one.text,
        "entities": [],
        "album": "",
        "buttons": [[_button(one, button)] for button in one.buttons()],
    }
    if one.place:
        shown["location"] = one.place
    if one.file:
        stored = phone.bot.files.by_number[one.file]
        shown["file"] = {
            "kind": one.kind,
            "url": phone.bot.files.path(one.file),
            "name": stored.name,
            "size": len(stored.data),
            "type": stored.content_type,
            "width": 0,
            "height": 0,
            "duration": 0,
        }
    return shown


def _button(one: Standing, button: dict[str, Any]) -> dict[str, Any]:
    waits = button["title"] in one.pressed
    return {"text": button["title"], "url": button.get("url", ""), "copies": "", "style": "", "waits": waits}
