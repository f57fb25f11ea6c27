"""What stands on the screen of a phone, for its page."""

import time
from typing import TYPE_CHECKING, Any

from lab.platforms.max.dialogs import Standing

if TYPE_CHECKING:
    from lab.platforms.max.phones import Phone

_SHOWN = {"image": "photo", "video": "video", "audio": "voice", "file": "document", "sticker": "sticker"}
_STYLES = {
    "strong": "bold",
    "emphasized": "italic",
    "strikethrough": "strikethrough",
    "underline": "underline",
    "monospaced": "code",
    "link": "text_link",
    "heading": "bold",
    "highlighted": "bold",
}


def screen(phone: "Phone") -> dict[str, Any]:
    """Return what the phone's page shows."""
    dialog, bot = phone.chat, phone.bot
    return {
        "bot": {"name": bot.name, "username": bot.key, "picture": f"/max/face/{bot.id}.jpg"},
        "person": {"name": phone.person.name, "phone": phone.person.phone},
        "started": dialog.started,
        "blocked": dialog.blocked,
        "typing": dialog.typing_until > time.monotonic(),
        "toast": dialog.toast,
        "commands": [],
        "keyboard": None,
        "messages": [_told(phone, standing) for standing in dialog.messages.values()],
    }


def kind_of(said: dict[str, Any]) -> str:
    """Return what a message is: its first file's kind, a place, a contact or text."""
    kinds = [one["type"] for one in said.get("attachments") or ()]
    files = [_SHOWN[kind] for kind in kinds if kind in _SHOWN]
    return files[0] if files else next((kind for kind in kinds if kind in ("location", "contact")), "text")


def _told(phone: "Phone", standing: Standing) -> dict[str, Any]:
    said = standing.said
    attached = said.get("attachments") or []
    files = [one for one in attached if one["type"] in _SHOWN]
    words = [said.get("text") or "", *(f"📎 {_file(phone, one)['name']}" for one in files[1:])]
    shown: dict[str, Any] = {
        "id": standing.id,
        "mine": standing.mine,
        "at": standing.told["timestamp"] // 1000,
        "edited": standing.edited,
        "text": "\n".join(one for one in words if one),
        "entities": [_entity(one) for one in said.get("markup") or ()],
        "album": "",
        "buttons": [[_button(standing, one) for one in row] for row in standing.rows],
    }
    if files:
        shown["file"] = _file(phone, files[0])
    for one in attached:
        if one["type"] == "location":
            shown["location"] = {"latitude": one["latitude"], "longitude": one["longitude"]}
        if one["type"] == "contact":
            shown["contact"] = {"first_name": phone.person.name, "phone_number": phone.person.phone}
    return shown


def _entity(mark: dict[str, Any]) -> dict[str, Any]:
    told = {"type": _STYLES[mark["type"]], "offset": mark["from"], "length": mark["length"]}
    return told | ({"url": mark["url"]} if "url" in mark else {})


def _button(standing: Standing, button: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": button["text"],
        "url": button.get("url", ""),
        "copies": button["payload"] if button["type"] == "clipboard" else "",
        "style": "",
        "waits": button["text"] in standing.pressed,
    }


def _file(phone: "Phone", attachment: dict[str, Any]) -> dict[str, Any]:
    payload = attachment["payload"]
    stored = phone.bot.files.by_token.get(payload.get("token") or payload.get("code") or "")
    return {
        "kind": _SHOWN[attachment["type"]],
        "url": stored.path if stored else "",
        "name": stored.name if stored else "",
        "size": len(stored.data) if stored else 0,
        "type": stored.content_type if stored else "",
        "width": attachment.get("width", 0),
        "height": attachment.get("height", 0),
        "duration": attachment.get("duration", 0),
    }
