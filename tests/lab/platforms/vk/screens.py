"""What stands on the screen of a phone, for its page."""

import time
from typing import TYPE_CHECKING, Any

from lab.platforms.vk import keyboards
from lab.platforms.vk.talks import Standing

if TYPE_CHECKING:
    from lab.platforms.vk.phones import Phone

_SHOWN = {"photo": "photo", "doc": "document", "audio_message": "voice", "video": "video", "audio": "audio"}


def screen(phone: "Phone") -> dict[str, Any]:
    """Return what the phone's page shows."""
    talk, bot = phone.chat, phone.bot
    return {
        "bot": {"name": bot.name, "username": bot.key, "picture": f"/vk/face/{bot.id}.jpg"},
        "person": {"name": phone.person.name, "phone": phone.person.phone},
        "started": talk.allowed,
        "blocked": talk.denied,
        "typing": talk.typing_until > time.monotonic(),
        "toast": talk.toast,
        "commands": [],
        "keyboard": _keys(talk.keyboard),
        "messages": [_told(phone, standing) for standing in talk.messages.values()],
    }


def kind_of(told: dict[str, Any]) -> str:
    """Return what a message is: its first file's kind, a place, a carousel or text."""
    if told["attachments"]:
        return _SHOWN[told["attachments"][0]["type"]]
    if "geo" in told:
        return "location"
    return "carousel" if told.get("template") else "text"


def _keys(keyboard: dict[str, Any] | None) -> dict[str, Any] | None:
    if keyboard is None:
        return None
    rows = [[{"text": keyboards.label(key["action"]), "asks": ""} for key in row] for row in keyboard["buttons"]]
    return {"rows": rows, "placeholder": ""}


def _told(phone: "Phone", standing: Standing) -> dict[str, Any]:
    told = standing.told
    shown: dict[str, Any] = {
        "id": standing.id,
        "mine": standing.mine,
        "at": told["date"],
        "edited": standing.edited,
        "text": "\n".join([told["text"], *_cards(told), *_more(phone, told)]).strip(),
        "entities": [],
        "album": "",
        "buttons": [[_button(standing, one) for one in row] for row in keyboards.shown(told)],
    }
    if told["attachments"]:
        shown["file"] = _file(phone, told["attachments"][0])
    if "geo" in told:
        shown["location"] = told["geo"]["coordinates"]
    return shown


def _cards(told: dict[str, Any]) -> list[str]:
    cards = (told.get("template") or {}).get("elements", ())
    return [f"▭ {card.get('title', '')} — {card.get('description', '')}" for card in cards]


def _more(phone: "Phone", told: dict[str, Any]) -> list[str]:
    return [f"📎 {_file(phone, one)['name']}" for one in told["attachments"][1:]]


def _button(standing: Standing, action: dict[str, Any]) -> dict[str, Any]:
    label = keyboards.label(action)
    return {
        "text": label,
        "url": action.get("link", ""),
        "copies": "",
        "style": "",
        "waits": label in standing.pressed,
    }


def _file(phone: "Phone", attachment: dict[str, Any]) -> dict[str, Any]:
    held = attachment[attachment["type"]]
    stored = phone.bot.files.by_id.get(held["id"])
    return {
        "kind": _SHOWN[attachment["type"]],
        "url": stored.path if stored else "",
        "name": stored.name if stored else "",
        "size": len(stored.data) if stored else 0,
        "type": stored.content_type if stored else "",
        "width": stored.width if stored else 0,
        "height": stored.height if stored else 0,
        "duration": 2 if attachment["type"] == "audio_message" else 0,
    }
