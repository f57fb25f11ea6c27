"""A message that a bot gives: held against what MAX takes, and told as MAX would tell it."""

from collections.abc import Mapping, Sequence
from typing import Any

from lab.platforms.max import formatting
from lab.platforms.max.files import Files, described
from lab.platforms.max.refusals import bad

LONGEST = 4000
ROWS, BUTTONS, IN_A_ROW, WIDE_IN_A_ROW = 30, 210, 7, 3
ATTACHMENTS = 12
_KNOWN = {"text", "attachments", "link", "notify", "format"}
_FILES = ("image", "video", "audio", "file")
_WIDE = ("link", "open_app", "request_geo_location", "request_contact")
# Kind of button -> what it must have and what it may, beside its words.
_BUTTONS: Mapping[str, tuple[str, ...]] = {
    "callback": ("payload", "intent"),
    "link": ("url",),
    "request_contact": (),
    "request_geo_location": ("quick",),
    "message": (),
    "clipboard": ("payload",),
}
_LONGEST = {"payload": 1024, "url": 2048}


def parameters(given: Mapping[str, Any], known: Sequence[str]) -> None:
    """Refuse what MAX does not know: it would pass over it, and the mistake would live on."""
    for name in given:
        if name not in known:
            raise bad(f"Unknown parameter: {name}")


def body(files: Files, url: str, bot: int, given: Any, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what a message says: its words, their markup, what is attached. What is not given stays as it was."""
    if not isinstance(given, dict):
        raise bad("No object")
    parameters(given, sorted(_KNOWN))
    told = {"text": "", "attachments": [], "markup": [], **(before or {})}
    if (text := given.get("text")) is not None:
        if not isinstance(text, str) or len(text) > LONGEST:
            raise bad("text: size must be between 0 and 4000")
        told["text"], told["markup"] = formatting.read(text, given.get("format"))
    if (attached := given.get("attachments")) is not None:
        if not isinstance(attached, list) or len(attached) > ATTACHMENTS:
            raise bad("attachments: no list, or too long a one")
        told["attachments"] = [_attachment(files, url, bot, one) for one in attached]
    kinds = [one["type"] for one in told["attachments"]]
    if "file" in kinds and len([kind for kind in kinds if kind in _FILES]) > 1:
        raise bad("attachments: a file must be the only one")
    if kinds.count("inline_keyboard") > 1:
        raise bad("attachments: more than one keyboard")
    if not told["text"].strip() and not {*kinds} - {"inline_keyboard"}:
        raise bad("The message is empty")
    return told


def _attachment(files: Files, url: str, bot: int, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise bad("attachments: no object")
    kind, payload = given.get("type"), given.get("payload") or {}
    match kind:
        case "inline_keyboard":
            return {"type": kind, "payload": {"buttons": _keyboard(payload)}}
        case "location":
            if not all(isinstance(given.get(name), int | float) for name in ("latitude", "longitude")):
                raise bad("location: latitude and longitude are needed")
            return {"type": kind, "latitude": given["latitude"], "longitude": given["longitude"]}
        case "image" | "video" | "audio" | "file":
            photos = payload.get("photos") or {}
            token = payload.get("token") or next((one.get("token") for one in photos.values()), None)
            return described(url, files.held(kind, bot, token))
    raise bad(f"attachments: this lab has no {kind}")


def _keyboard(payload: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    rows = payload.get("buttons")
    if not isinstance(rows, list) or not rows or len(rows) > ROWS or sum(map(len, rows)) > BUTTONS:
        raise bad("buttons: none, or too many")
    for row in rows:
        if not row or len(row) > (WIDE_IN_A_ROW if any(one.get("type") in _WIDE for one in row) else IN_A_ROW):
            raise bad("buttons: an empty row, or too long a one")
    return [[_button(one) for one in row] for row in rows]


def _button(given: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in given.items() if value is not None}
    kind, text = said.get("type"), said.get("text")
    if kind not in _BUTTONS:
        raise bad(f"buttons: this lab has no {kind}")
    if not isinstance(text, str) or not 1 <= len(text) <= 128:
        raise bad("buttons: text must have 1 to 128 characters")
    parameters(said, ("type", "text", *_BUTTONS[kind]))
    for name, longest in _LONGEST.items():
        if name in _BUTTONS[kind] and not (isinstance(said.get(name), str) and len(said[name]) <= longest):
            raise bad(f"buttons: {name} is missing or too long")
    if kind == "link" and not said["url"].startswith(("https://", "http://")):
        raise bad("buttons: url is no address")
    return said
