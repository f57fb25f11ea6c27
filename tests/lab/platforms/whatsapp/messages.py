"""Which messages pass, whom they reach, what the person sees of them."""

import re
import time
from typing import Any

from lab.account import Arrival
from lab.people import Person
from lab.platforms.meta.chats import DAY, Standing
from lab.platforms.meta.refusals import RefusalError, bad_parameter
from lab.platforms.whatsapp.numbers import Number, bsuid, digits

_TAKEN = {
    *("messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data"),
    *("text", "image", "video", "audio", "document", "location", "interactive", "template"),
}
_FILES = {"image": "photo", "video": "video", "audio": "audio", "document": "document"}
_FILE_FIELDS = {"id", "caption", "filename", "voice"}


def send(bot: Number, given: dict[str, Any], arrival: Arrival) -> dict[str, Any]:
    """Take one message to one person. Whether it reaches him is told later."""
    _known(given, _TAKEN, "the request")
    kind = given.get("type")
    if given.get("messaging_product") != "whatsapp" or not isinstance(given.get(str(kind)), dict):
        raise RefusalError(131008, "Required parameter is missing")
    if len(str(given.get("biz_opaque_callback_data", ""))) > 512:
        raise bad_parameter("Param biz_opaque_callback_data is too long")
    person = _person(bot, given)
    arrival.to = person.key
    said = _said(bot, str(kind), given[str(kind)])
    if not bot.registered:
        raise RefusalError(133010, "Account not registered")
    bot.spend(person, time.monotonic())
    chat = bot.chat(person)
    failure = _failure(bot, person, given)
    standing = Standing(f"wamid.{time.time_ns():x}", 0, mine=False) if failure else chat.add(False, **said)
    if not failure:
        del chat.messages[standing.mid]
        standing.mid = f"wamid.{standing.mid[2:]}"
        chat.messages[standing.mid] = standing
    if told := given.get("biz_opaque_callback_data"):
        bot.opaque[standing.mid] = told
    arrival.sent, arrival.text = not failure, str(said.get("text", ""))
    _tell(bot, person, standing, failure)
    contact = {"input": given.get("to") or given.get("recipient"), "wa_id": digits(person)}
    return {
        "messaging_product": "whatsapp",
        "contacts": [contact],
        "messages": [{"id": standing.mid, "message_status": "accepted"}],
    }


def _person(bot: Number, given: dict[str, Any]) -> Person:
    told = str(given.get("to", "")).lstrip("+")
    everybody = bot.ground.people.by_id.values()
    found = next((one for one in everybody if told and digits(one) == told), None)
    if found is None and not told:
        found = next((one for one in everybody if bsuid(one) == given.get("recipient")), None)
    if found is None:
        raise RefusalError(131009, "Parameter value is not valid")
    return found


def _failure(bot: Number, person: Person, given: dict[str, Any]) -> int:
    chat = bot.chat(person)
    if person.id in bot.absent:
        return 131026
    if given["type"] == "template":
        return 131050 if person.id in bot.stopped else 0
    return 131047 if chat.silence(time.time()) > DAY else 0


def _tell(bot: Number, person: Person, standing: Standing, failure: int) -> None:
    if failure:
        bot.tells_status(person, standing, "failed", failure)
        return
    bot.tells_status(person, standing, "sent")
    if not bot.chat(person).blocked:  # who has blocked a number just never gets it
        bot.tells_status(person, standing, "delivered")
    bot.touched(person)


def _said(bot: Number, kind: str, what: dict[str, Any]) -> dict[str, Any]:
    if kind == "text":
        _known(what, {"body", "preview_url"}, "text")
        return {"text": _words(what.get("body"), 4096)}
    if kind in _FILES:
        _known(what, _FILE_FIELDS, kind)
        caption = what.get("caption", "")
        return {"kind": _FILES[kind], "file": _file(bot, what), "text": _words(caption, 1024) if caption else ""}
    if kind == "location":
        _known(what, {"latitude", "longitude", "name", "address"}, "location")
        place = {"latitude": float(what["latitude"]), "longitude": float(what["longitude"])}
        return {"kind": "location", "place": place, "text": what.get("name", "")}
    if kind == "template":
        return _template(bot, what)
    return _interactive(bot, what)


def _file(bot: Number, told: dict[str, Any]) -> int:
    number = bot.media.get(str(told.get("id")))
    if number is None:
        raise RefusalError(131053, "Media upload error")
    return number


def _words(told: Any, limit: int) -> str:
    if not isinstance(told, str) or not told.strip() or len(told) > limit:
        raise RefusalError(131009, f"Parameter value is not valid: at most {limit} characters")
    return told


def _interactive(bot: Number, what: dict[str, Any]) -> dict[str, Any]:
    _known(what, {"type", "header", "body", "footer", "action"}, "interactive")
    kind, action = what.get("type"), what.get("action", {})
    said: dict[str, Any] = {"text": _words(what.get("body", {}).get("text"), 4096 if kind == "list" else 1024)}
    if header := what.get("header"):
        if kind == "list":
            raise bad_parameter("A list has no header with a file")
        said |= {"kind": _FILES[header["type"]], "file": _file(bot, header[header["type"]])}
    match kind:
        case "button":
            buttons = [_reply(one["reply"], 20, 256) for one in action["buttons"]]
            _count(buttons, 3)
        case "list":
            _words(action.get("button"), 20)
            buttons = [_reply(row, 24, 200) for section in action["sections"] for row in section["rows"]]
            _count(buttons, 10)
        case "cta_url":
            buttons = [_address(action)]
        case "carousel":
            cards = [_card(bot, number, one) for number, one in enumerate(action["cards"])]
            if not 2 <= len(cards) <= 10 or len({_shape(card) for card in cards}) > 1:
                raise bad_parameter("Cards must be 2 to 10, all with the same buttons")
            return {**said, "kind": "carousel", "template": {"elements": cards}}
        case _:
            raise bad_parameter("Unknown kind of interactive message")
    return {"kind": kind, **said, "template": {"buttons": buttons}}


def _card(bot: Number, number: int, card: dict[str, Any]) -> dict[str, Any]:
    _known(card, {"card_index", "type", "header", "body", "action"}, "card")
    header, action = card.get("header", {}), card["action"]
    if card.get("card_index") != number or header.get("type") not in ("image", "video"):
        raise bad_parameter("A card needs its index and a picture")
    _file(bot, header[header["type"]])
    buttons = action.get("buttons")
    told = [_reply(one["quick_reply"], 20, 256) for one in buttons] if buttons else [_address(action)]
    _count(told, 3)
    return {"title": _words(card.get("body", {}).get("text"), 160), "buttons": told}


def _shape(card: dict[str, Any]) -> tuple[str, ...]:
    return tuple(button["type"] for button in card["buttons"])


def _reply(told: dict[str, Any], title: int, name: int) -> dict[str, Any]:
    return {"type": "reply", "title": _words(told.get("title"), title), "payload": _words(told.get("id"), name)}


def _address(action: dict[str, Any]) -> dict[str, Any]:
    told = action["parameters"]
    return {"type": "url", "title": _words(told.get("display_text"), 20), "url": told["url"]}


def _count(buttons: list[Any], most: int) -> None:
    if not 0 < len(buttons) <= most:
        raise RefusalError(131009, f"Parameter value is not valid: 1 to {most} buttons")


def _template(bot: Number, what: dict[str, Any]) -> dict[str, Any]:
    _known(what, {"name", "language", "components"}, "template")
    language = what.get("language", {}).get("code")
    made = next((one for one in bot.templates if (one["name"], one["language"]) == (what.get("name"), language)), None)
    if made is None or made["status"] in ("PENDING", "REJECTED"):
        raise RefusalError(132001, "Template name does not exist in the translation", status=404)
    if made["status"] in ("PAUSED", "DISABLED"):
        raise RefusalError(132015 if made["status"] == "PAUSED" else 132016, f"Template is {made['status'].lower()}")
    parts = what.get("components", [])
    texts = [_filled(made, kind, parts) for kind in ("HEADER", "BODY")]
    footer = next((one["text"] for one in made["components"] if one["type"] == "FOOTER"), "")
    shown = [one for part in made["components"] if part["type"] == "BUTTONS" for one in part["buttons"]]
    buttons = [_pushed(place, button, parts) for place, button in enumerate(shown)]
    if not shown:  # one whose buttons nobody has told of
        pushes = [part for part in parts if part["type"] == "button" and part["sub_type"] == "quick_reply"]
        buttons = [_push(f"Button {part['index']}", part) for part in pushes]
    text = "\n".join(one for one in (*texts, footer) if one)
    said = {"kind": "template", "text": text, "template": {"buttons": buttons}}
    header = next((part["parameters"][0] for part in parts if part["type"] == "header"), {"type": "text"})
    if header["type"] != "text":
        said |= {"kind": _FILES[header["type"]], "file": _file(bot, header[header["type"]])}
    return said


def _filled(made: dict[str, Any], kind: str, parts: list[dict[str, Any]]) -> str:
    part = next((one for one in made["components"] if one["type"] == kind), {})
    text = str(part.get("text", ""))
    given = [gap for one in parts if one["type"] == kind.lower() for gap in one["parameters"] if gap["type"] == "text"]
    names = list(dict.fromkeys(re.findall(r"\{\{\s*(\w+)\s*\}\}", text)))
    if len(names) != len(given):
        raise RefusalError(132000, "Number of parameters does not match the expected number of params")
    if made["parameter_format"] == "NAMED":
        told = {gap.get("parameter_name"): gap["text"] for gap in given}
    else:
        told = {str(number): gap["text"] for number, gap in enumerate(given, 1)}
    if told.keys() != set(names) or not all(words.strip() for words in told.values()):
        raise RefusalError(132012, "Parameter format does not match format in the created template")
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda gap: told[gap[1]], text)


def _pushed(place: int, button: dict[str, Any], parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a button as the person sees it, with what the call says for its place."""
    told = next((part for part in parts if part["type"] == "button" and part["index"] == str(place)), None)
    kind = button["type"].lower()
    if told is not None and told["sub_type"] != kind:
        raise RefusalError(132012, f"Button at index {place} is of type {button['type']}")
    if kind == "quick_reply":
        return _push(button["text"], told)
    if kind != "url":
        return {"type": "call", "title": button["text"]}
    if ("{{" in button["url"]) != (told is not None):
        raise RefusalError(131008, f"Button at index {place} of type Url requires a parameter")
    tail = told["parameters"][0]["text"] if told else ""
    return {"type": "url", "title": button["text"], "url": re.sub(r"\{\{\w+\}\}", tail, button["url"])}


def _push(title: str, part: dict[str, Any] | None) -> dict[str, Any]:
    return {"type": "button", "title": title, "payload": part["parameters"][0]["payload"] if part else title}


def _known(given: Any, names: set[str], where: str) -> None:
    if not isinstance(given, dict) or given.keys() - names:
        raise bad_parameter(f"Invalid parameter in {where}")
