"""Keyboards and carousels: refuse what VK refuses, and tell the phone what stands under a message."""

import json
from typing import Any
from urllib.parse import urlsplit

from lab.platforms.vk.files import Files
from lab.platforms.vk.refusals import BAD_KEYBOARD, RefusalError

LABEL, PAYLOAD = 40, 255
_WIDE = ("location", "vkpay", "open_app")
_FIELDS = {
    "text": {"type", "label", "payload"},
    "callback": {"type", "label", "payload"},
    "open_link": {"type", "label", "link", "payload"},
    "location": {"type", "payload"},
}


def check(keyboard: Any) -> None:
    """Refuse a keyboard that VK would refuse."""
    if not isinstance(keyboard, dict) or not {*keyboard} <= {"one_time", "inline", "buttons", "author_id"}:
        raise _bad("unknown fields")
    inline, rows = bool(keyboard.get("inline")), keyboard.get("buttons")
    if not isinstance(rows, list) or any(not isinstance(row, list) or not row for row in rows):
        raise _bad("buttons is not an array of rows")
    if inline and keyboard.get("one_time"):
        raise _bad("inline keyboard can't be one_time")
    if len(rows) > (6 if inline else 10) or sum(map(len, rows)) > (10 if inline else 40):
        raise _bad("too many buttons")
    for row in rows:
        if len(row) > 5:
            raise _bad("too many buttons in a row")
        for button in row:
            check_button(button)
            if button["action"]["type"] in _WIDE and len(row) > 1:
                raise _bad(f"{button['action']['type']} takes a whole row")


def check_button(button: Any) -> None:
    """Refuse a button that VK would refuse."""
    action = button.get("action") if isinstance(button, dict) else None
    if not isinstance(action, dict) or not {*button} <= {"action", "color"}:
        raise _bad("button without an action")
    fields = _FIELDS.get(str(action.get("type")))
    if fields is None or not {*action} <= fields:
        raise _bad(f"action of type {action.get('type')} with {', '.join(map(str, action))}")
    if "label" in fields and not 1 <= len(str(action.get("label", ""))) <= LABEL:
        raise _bad("label is empty or longer than 40 characters")
    if len(payload(action)) > PAYLOAD:
        raise _bad("payload is longer than 255 characters")
    if "link" in fields and urlsplit(str(action.get("link"))).scheme not in ("http", "https"):
        raise _bad("link is invalid")


def check_carousel(template: Any, words: str, files: Files) -> None:
    """Refuse a carousel that VK would refuse: its cards are all built as the first is."""
    elements = template.get("elements") if isinstance(template, dict) else None
    if not isinstance(elements, list) or template.get("type") != "carousel" or not 1 <= len(elements) <= 10:
        raise _bad("template")
    if not words:
        raise _bad("message is required for a template")
    if len({(tuple(sorted(one)), len(one.get("buttons", ()))) for one in elements}) > 1:
        raise _bad("elements must have the same structure")
    for one in elements:
        if not {*one} <= {"title", "description", "photo_id", "buttons", "action"} or "buttons" not in one:
            raise _bad("element")
        if "photo_id" not in one and not (one.get("title") and one.get("description")):
            raise _bad("element needs photo_id, or title and description")
        if max(len(one.get("title", "")), len(one.get("description", ""))) > 80 or len(one["buttons"]) > 3:
            raise _bad("element is too long")
        if "photo_id" in one:
            files.photo_of(one["photo_id"])
        for button in one["buttons"]:
            check_button(button)


def shown(message: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Return the rows of buttons under a message, those of its cards included."""
    keyboard = message.get("keyboard") or {}
    rows = [[button["action"] for button in row] for row in keyboard.get("buttons", ())]
    cards = (message.get("template") or {}).get("elements", ())
    return rows + [[button["action"] for button in card["buttons"]] for card in cards if card["buttons"]]


def label(action: dict[str, Any]) -> str:
    """Return the words on a button. VK words the one for a place itself."""
    return "Отправить местоположение" if action["type"] == "location" else str(action["label"])


def payload(action: dict[str, Any]) -> str:
    """Return what a button brings back, as text: VK takes an object, too."""
    told = action.get("payload", "")
    if isinstance(told, str):
        try:
            json.loads(told or "{}")
        except ValueError:
            raise _bad("payload is no JSON") from None
        return told
    return json.dumps(told, ensure_ascii=False)


def _bad(why: str) -> RefusalError:
    return RefusalError(BAD_KEYBOARD[0], f"{BAD_KEYBOARD[1]}: {why}")
