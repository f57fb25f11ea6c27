"""Which messages pass: kinds, limits, addresses that end in the file's type, keyboards, cards that are full."""

from typing import Any
from urllib.parse import urlsplit

from lab.platforms.viber.refusals import RefusalError

LARGEST = 30_000  # bytes of a request
_COMMON = {
    *("auth_token", "receiver", "broadcast_list", "type", "sender", "min_api_version", "tracking_data", "keyboard"),
    *("chat_id", "alt_text"),
}
_OWN = {
    "text": {"text"},
    "picture": {"text", "media", "thumbnail"},
    "video": {"media", "size", "duration", "thumbnail"},
    "file": {"media", "size", "file_name"},
    "location": {"location"},
    "contact": {"contact"},
    "sticker": {"sticker_id"},
    "url": {"media"},
    "rich_media": {"rich_media"},
}
LONGEST = 180  # seconds of a video
_ENDINGS = {"picture": (".jpg", ".jpeg", ".png", ".gif"), "video": (".mp4",)}
_SIZES = {"video": 26 * 1024 * 1024, "file": 50 * 1024 * 1024}
_BANNED = ("exe", "apk", "bat", "bin", "cmd", "com", "js", "jar", "msi", "scr", "vbs", "dmg", "ipa")
_ACTIONS = {"reply": 1, "open-url": 1, "none": 1, "share-phone": 3, "location-picker": 3}
_IN_BUTTON = {
    *("Columns", "Rows", "ActionType", "ActionBody", "Text", "Silent", "Image", "BgColor", "TextSize"),
    *("TextHAlign", "TextVAlign", "TextOpacity", "BgMedia", "BgMediaType", "OpenURLType"),
}


def checked(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message that Viber would take."""
    kind = message.get("type")
    if kind is None:
        raise RefusalError(4, "missing type")
    if kind not in _OWN:
        raise RefusalError(3, f"unknown type {kind}")
    if unknown := sorted(message.keys() - _COMMON - _OWN[kind]):
        raise RefusalError(3, f"unknown fields: {', '.join(unknown)}")
    sender = message.get("sender")
    if not isinstance(sender, dict) or not 0 < len(str(sender.get("name", ""))) <= 28:
        raise RefusalError(4, "missing or too long sender name")
    if len(str(message.get("tracking_data", ""))) > 4000 or len(str(message.get("alt_text", ""))) > 7000:
        raise RefusalError(3, "tracking_data or alt_text is too long")
    _body(kind, message)
    version = message.get("min_api_version", 1)
    if keyboard := message.get("keyboard"):
        if not isinstance(keyboard, dict) or keyboard.get("Type") != "keyboard" or not keyboard.get("Buttons"):
            raise RefusalError(3, "keyboard is not valid")
        _buttons(keyboard["Buttons"], version, 2)
        if sum(one.get("Rows", 1) * one.get("Columns", 6) for one in keyboard["Buttons"]) > 24 * 6:
            raise RefusalError(3, "keyboard has too many rows")
    return message


def _body(kind: str, message: dict[str, Any]) -> None:
    if kind == "text" and not 0 < len(message.get("text", "")) <= 7000:
        raise RefusalError(3, "text is empty or too long")
    if kind == "picture" and len(message.get("text", "")) > 768:
        raise RefusalError(3, "text is too long")
    if "media" in _OWN[kind]:
        _media(kind, message)
    if kind == "location":
        place = message.get("location")
        if not isinstance(place, dict) or set(place) != {"lat", "lon"}:
            raise RefusalError(3, "location is not valid")
    if kind == "rich_media":
        _cards(message)


def _media(kind: str, message: dict[str, Any]) -> None:
    address = message.get("media")
    if not isinstance(address, str) or not address.startswith(("http://", "https://")) or len(address) > 2000:
        raise RefusalError(3, "media is not an address")
    endings = _ENDINGS.get(kind)
    if endings and not urlsplit(address).path.lower().endswith(endings):
        raise RefusalError(3, "media does not end in a type that is supported")
    if kind in _SIZES:
        size = message.get("size")
        if type(size) is not int or size <= 0:
            raise RefusalError(4, "missing size")
        if size > _SIZES[kind]:
            raise RefusalError(3, "file is too large")
        duration = message.get("duration", 1)
        if type(duration) is not int or not 0 < duration <= LONGEST:
            raise RefusalError(3, "duration is wrong")
    if kind == "file":
        name = str(message.get("file_name", ""))
        ending = name.rpartition(".")[2].lower() if "." in name else ""
        if not ending or len(name) > 256 or ending in _BANNED:
            raise RefusalError(3, "file_name is not supported")


def _cards(message: dict[str, Any]) -> None:
    told = message.get("rich_media")
    if not isinstance(told, dict) or told.get("Type") != "rich_media":
        raise RefusalError(3, "rich_media is not valid")
    if message.get("min_api_version", 1) < 2:
        raise RefusalError(3, "rich_media wants min_api_version 2")
    columns, rows = told.get("ButtonsGroupColumns", 6), told.get("ButtonsGroupRows", 7)
    if not (1 <= columns <= 6 and 1 <= rows <= 7):
        raise RefusalError(3, "ButtonsGroup is not valid")
    _buttons(told.get("Buttons", []), message.get("min_api_version", 1), 7)
    if not 1 <= len(cards(told)) <= 6:
        raise RefusalError(3, "too many cards")


def cards(told: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Divide the buttons of rich media into its cards; each must be full to the cell."""
    whole = told.get("ButtonsGroupColumns", 6) * told.get("ButtonsGroupRows", 7)
    found: list[list[dict[str, Any]]] = []
    left = 0
    for button in told["Buttons"]:
        if left == 0:
            found.append([])
            left = whole
        left -= button.get("Columns", 6) * button.get("Rows", 1)
        if left < 0:
            raise RefusalError(3, "a card is fuller than full")
        found[-1].append(button)
    if left or not found:
        raise RefusalError(3, "a card is not filled")
    return found


def _buttons(buttons: Any, version: int, rows: int) -> None:
    for one in buttons:
        if not isinstance(one, dict) or one.keys() - _IN_BUTTON:
            raise RefusalError(3, "button is not valid")
        if not (1 <= one.get("Columns", 6) <= 6 and 1 <= one.get("Rows", 1) <= rows):
            raise RefusalError(3, "button has a wrong size")
        needs = _ACTIONS.get(one.get("ActionType", "reply"))
        if needs is None or (needs > version):
            raise RefusalError(3, f"ActionType {one.get('ActionType')} wants min_api_version {needs}")
        if not isinstance(one.get("ActionBody"), str) or not 0 < len(one["ActionBody"]) <= 1000:
            raise RefusalError(3, "ActionBody is not valid")
        if len(one.get("Text", "")) > 250:
            raise RefusalError(3, "Text is too long")
