"""What stands on the screen of a phone, for its page."""

from typing import TYPE_CHECKING, Any

from lab.platforms.viber.messages import cards
from lab.platforms.viber.phones import kind_of, text_of, words
from lab.platforms.viber.talks import Standing

if TYPE_CHECKING:
    from lab.platforms.viber.phones import Phone

_ASKS = {"share-phone": "contact", "location-picker": "location"}


def screen(phone: "Phone") -> dict[str, Any]:
    """Return what the phone's page shows."""
    talk, bot = phone.chat, phone.bot
    return {
        "bot": {"name": bot.name, "username": bot.key, "picture": f"/viber/face/{bot.number}.jpg"},
        "person": {"name": phone.person.name, "phone": phone.person.phone},
        "started": talk.subscribed,
        "blocked": False,
        "typing": False,
        "toast": "",
        "commands": [],
        "keyboard": _keys(talk.keyboard),
        "messages": [_told(standing) for standing in talk.messages.values()],
    }


def _keys(keyboard: dict[str, Any] | None) -> dict[str, Any] | None:
    if keyboard is None:
        return None
    rows = [[{"text": words(key), "asks": _ASKS.get(key["ActionType"], "")}] for key in keyboard["Buttons"]]
    return {"rows": rows, "placeholder": ""}


def _told(standing: Standing) -> dict[str, Any]:
    told = standing.told
    shown: dict[str, Any] = {
        "id": standing.id,
        "mine": standing.mine,
        "at": standing.at,
        "edited": False,
        "text": text_of(told),
        "entities": [],
        "album": "",
        "buttons": _buttons(standing),
    }
    if "media" in told:
        address = told["media"]
        shown["file"] = {
            "kind": kind_of(told), "url": address, "name": told.get("file_name", address.rpartition("/")[2]),
            "size": told.get("size", 0), "type": "", "width": 0, "height": 0, "duration": 0,
        }  # fmt: skip
    if "location" in told:
        shown["location"] = {"latitude": told["location"]["lat"], "longitude": told["location"]["lon"]}
    return shown


def _buttons(standing: Standing) -> list[list[dict[str, Any]]]:
    if standing.told["type"] != "rich_media":
        return []
    every = [one for card in cards(standing.told["rich_media"]) for one in card if one.get("ActionType") != "none"]
    return [
        [
            {
                "text": words(one), "copies": "", "style": "", "waits": words(one) in standing.pressed,
                "url": one["ActionBody"] if one.get("ActionType") == "open-url" else "",
            }
        ]
        for one in every
    ]  # fmt: skip
