"""How our buttons and cards look in VK's API, and under which number VK knows a message of ours."""

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from messengers.content import Button, Card, ReplyButton, ShareLocationButton, UrlButton

BEARER = "👇"  # a carousel cannot stand without words
ROWS = 6
COLUMNS = 5


def random_id(channel_key: str, idempotency_key: str) -> int:
    """Return the number by which VK drops repeats: the same for each try, another for each message. Never 0."""
    digest = blake2b(f"{channel_key}/{idempotency_key}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, signed=True) or 1


def keyboard(buttons: Sequence[Button], message_id: int) -> str | None:
    """Return the keyboard under a message: a press comes back with our message's id and the button's."""
    if not buttons:
        return None
    return _json({"inline": True, "one_time": False, "buttons": _rows(buttons, message_id)})


def carousel(cards: Sequence[Card], photos: Mapping[int, str], message_id: int) -> str:
    """Return cards as a template; `photos` are the names of their pictures, by media id."""
    return _json({"type": "carousel", "elements": [_element(card, photos, message_id) for card in cards]})


def _rows(buttons: Sequence[Button], message_id: int) -> list[list[dict[str, Any]]]:
    """Stand the buttons one under another as far as there is room. VK gives a place's button the whole width."""
    places = [button for button in buttons if isinstance(button, ShareLocationButton)][:1]  # all of them look alike
    others = [button for button in buttons if not isinstance(button, ShareLocationButton)]
    wide = min(COLUMNS, max(1, -(-len(others) // (ROWS - len(places)))))
    rows = [others[at : at + wide] for at in range(0, len(others), wide)] + [[place] for place in places]
    return [[_button(button, message_id) for button in row] for row in rows]


def _button(button: Button, message_id: int) -> dict[str, Any]:
    match button:
        case ReplyButton():
            # What was pressed comes back without its words, unless they stand in here.
            payload = _json({"button": f"{message_id}:{button.id}", "text": button.text})
            return {"action": {"type": "callback", "label": button.text, "payload": payload}}
        case UrlButton():
            return {"action": {"type": "open_link", "label": button.text, "link": str(button.url)}}
        case ShareLocationButton():
            return {"action": {"type": "location"}}
        case _:
            raise ValueError(f"VK has no button of kind {button.kind}")


def _element(card: Card, photos: Mapping[int, str], message_id: int) -> dict[str, Any]:
    said = {"title": card.title, "description": card.text or card.title}
    buttons = [_button(button, message_id) for button in card.buttons]
    if card.image is None:
        return {**said, "buttons": buttons}
    owner_and_id = "_".join(photos[card.image.media].removeprefix("photo").split("_")[:2])
    return {**said, "photo_id": owner_and_id, "buttons": buttons, "action": {"type": "open_photo"}}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
