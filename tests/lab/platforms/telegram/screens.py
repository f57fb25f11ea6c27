"""What stands on the screen of a phone, for its page."""

import time
from typing import TYPE_CHECKING, Any

from lab.platforms.telegram import keyboards
from lab.platforms.telegram.chats import Chat, Standing

if TYPE_CHECKING:
    from lab.platforms.telegram.phones import Phone

KINDS = ("photo", "video", "audio", "voice", "document", "animation", "video_note", "sticker")


def screen(phone: "Phone") -> dict[str, Any]:
    """Return what the phone's page shows."""
    chat, bot = phone.chat, phone.bot
    return {
        "bot": {"name": bot.name, "username": bot.username, "picture": f"/api/files/{bot.picture}"},
        "person": {"name": phone.person.name, "phone": phone.person.phone},
        "started": chat.started,
        "blocked": chat.blocked,
        "typing": chat.typing_until > time.monotonic(),
        "toast": chat.toast,
        "commands": bot.commands,
        "keyboard": _keys(chat),
        "messages": [_told(phone, standing) for standing in chat.messages.values()],
    }


def _keys(chat: Chat) -> dict[str, Any] | None:
    if chat.keyboard is None:
        return None
    rows = [[{"text": keyboards.label(key), "asks": _asks(key)} for key in row] for row in chat.keyboard["keyboard"]]
    return {"rows": rows, "placeholder": chat.keyboard.get("input_field_placeholder", "")}


def _asks(key: dict[str, Any] | str) -> str:
    asked = key if isinstance(key, dict) else {}
    return next((what for what in ("contact", "location") if asked.get(f"request_{what}")), "")


def _told(phone: "Phone", standing: Standing) -> dict[str, Any]:
    told = standing.told
    shown: dict[str, Any] = {
        "id": standing.id,
        "mine": standing.mine,
        "at": told["date"],
        "edited": "edit_date" in told,
        "text": told.get("text", told.get("caption", "")),
        "entities": told.get("entities", told.get("caption_entities", [])),
        "album": told.get("media_group_id", ""),
        "buttons": [[_button(standing, one) for one in row] for row in keyboards.shown(told.get("reply_markup"))],
    }
    kind = "animation" if "animation" in told else next((kind for kind in KINDS if kind in told), "")
    if kind:
        shown["file"] = {"kind": kind, **_file(phone, told[kind])}
    for name in ("venue", "location", "contact"):
        if name in told:
            shown[name] = told[name]
    if (answered := told.get("reply_to_message")) is not None:
        shown["answers"] = answered.get("text", answered.get("caption", "…"))
    return shown


def _button(standing: Standing, button: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": button["text"],
        "url": button.get("url", ""),
        "copies": button.get("copy_text", {}).get("text", ""),
        "style": button.get("style", ""),
        "waits": button["text"] in standing.pressed,
    }


def _file(phone: "Phone", described: Any) -> dict[str, Any]:
    told = described[-1] if isinstance(described, list) else described
    stored = phone.bot.files.named(phone.bot.id, told["file_id"])
    return {
        "url": f"/api/files/{stored.number}",
        "name": told.get("title") or stored.name,
        "size": len(stored.data),
        "type": stored.content_type,
        "width": told.get("width", 0),
        "height": told.get("height", 0),
        "duration": told.get("duration", 0),
    }
