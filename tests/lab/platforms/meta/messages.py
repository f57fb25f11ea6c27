"""The Send API: which messages pass, whom they reach, what the person sees of them."""

import time
from typing import Any

from lab.account import Arrival
from lab.platforms.meta.accounts import Bot
from lab.platforms.meta.chats import DAY, WEEK, Chat, Standing
from lab.platforms.meta.files import KINDS
from lab.platforms.meta.refusals import RefusalError, bad_parameter

_TAKEN = {
    "recipient",
    "messaging_type",
    "message",
    "tag",
    "notification_type",
    "sender_action",
    "persona_id",
    "reply_to",
}
_IN_MESSAGE = {"text", "attachment", "quick_replies", "metadata"}
_TYPES = {"RESPONSE", "UPDATE", "MESSAGE_TAG"}
_TAGS = {"HUMAN_AGENT"}
_BUTTONS = {"postback": {"title", "payload"}, "web_url": {"title", "url"}, "phone_number": {"title", "payload"}}
_ACTIONS = {"typing_on", "typing_off", "mark_seen"}


def send(bot: Bot, given: dict[str, Any], arrival: Arrival) -> dict[str, Any]:
    """Take one message to one person."""
    _known(given, _TAKEN, "the request")
    chat = _chat(bot, given.get("recipient"))
    arrival.to = chat.person.key
    if "sender_action" in given:
        return _acts(chat, given)
    message = given.get("message")
    if not isinstance(message, dict):
        raise bad_parameter("param message must be non-empty.")
    _known(message, _IN_MESSAGE, "param message")
    said = _checked(bot, message)
    _may(bot, chat, given)
    bot.spend(time.monotonic())
    standing = chat.add(False, **said)
    arrival.sent, arrival.text = True, standing.text or standing.template.get("text", "")
    _tell(bot, chat, standing, message)
    return {"recipient_id": chat.person.key, "message_id": standing.mid}


def _chat(bot: Bot, recipient: Any) -> Chat:
    number = recipient.get("id") if isinstance(recipient, dict) else None
    person = bot.ground.people.find(number) if isinstance(number, str) else None
    chat = bot.chats.get(person.id) if person else None
    if chat is None or not chat.started:
        raise bad_parameter("No matching user found", 2534014 if bot.is_instagram else 2018001)
    return chat


def _may(bot: Bot, chat: Chat, given: dict[str, Any]) -> None:
    kind, tag = given.get("messaging_type", "RESPONSE"), given.get("tag")
    if kind not in _TYPES:
        raise bad_parameter("Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG}")
    if (kind == "MESSAGE_TAG") != (tag is not None) or (tag is not None and tag not in _TAGS):
        raise bad_parameter("Invalid tag", 2018334)
    if tag and not bot.human_agent:
        raise RefusalError(10, "Application does not have permission for this action: Human Agent")
    if bot.blocked_by_meta:
        raise RefusalError(368, "The action attempted has been deemed abusive or is otherwise disallowed")
    if chat.blocked:
        raise RefusalError(551, "This person isn't available right now.", 1545041)
    if chat.silence(time.time()) > (WEEK if tag else DAY):
        subcode = 2534022 if bot.is_instagram else 2018278
        raise RefusalError(10, "This message is sent outside of allowed window.", subcode)


def _acts(chat: Chat, given: dict[str, Any]) -> dict[str, Any]:
    action = str(given["sender_action"]).lower()
    if action not in _ACTIONS:
        raise bad_parameter("Param sender_action is unknown")
    chat.typing_until = time.monotonic() + 20 if action == "typing_on" else 0.0
    return {"recipient_id": chat.person.key}


def _checked(bot: Bot, message: dict[str, Any]) -> dict[str, Any]:
    if ("text" in message) == ("attachment" in message):
        raise bad_parameter("Message cannot be empty, must provide valid attachment or text", 2018320)
    if len(str(message.get("metadata", ""))) > 1000:
        raise bad_parameter("Length of param message[metadata] must be less than or equal to 1000")
    if "text" not in message:
        return _attached(bot, message["attachment"])
    text, replies = message["text"], message.get("quick_replies", [])
    too_long = len(str(text).encode()) > 1000 if bot.is_instagram else len(str(text)) > 2000
    if not isinstance(text, str) or not text.strip() or too_long:
        raise bad_parameter(f"Length of param message[text] must be less than or equal to {1000 if too_long else 2000}")
    if len(replies) > 13:
        raise bad_parameter("Too many elements in field quick_replies. Maximum is 13", 2018075)
    for one in replies:
        _known(one, {"content_type", "title", "payload", "image_url"}, "quick_replies")
        if one.get("content_type") != "text" or not 0 < len(one.get("title", "")) <= 20 or not one.get("payload"):
            raise bad_parameter("Invalid quick reply", 2018074)
    return {"text": text, "quick_replies": replies}


def _attached(bot: Bot, attachment: Any) -> dict[str, Any]:
    kind, payload = attachment.get("type"), attachment.get("payload", {})
    if kind == "template":
        return _template(bot, payload)
    if kind not in set(KINDS.values()):
        raise bad_parameter("Invalid attachment type", 2018007)
    _known(payload, {"attachment_id"}, "param message[attachment][payload]")
    number = bot.attachments.get(str(payload.get("attachment_id")))
    stored = bot.files.by_number.get(number or 0)
    if stored is None or stored.kind != kind:
        raise bad_parameter("Invalid attachment id", 2018074)
    return {"kind": next(ours for ours, theirs in KINDS.items() if theirs == kind), "file": stored.number}


def _template(bot: Bot, payload: dict[str, Any]) -> dict[str, Any]:
    if payload.get("template_type") == "button":
        _known(payload, {"template_type", "text", "buttons"}, "the button template")
        if not 0 < len(payload.get("text", "")) <= 640 or not 0 < len(payload.get("buttons", ())) <= 3:
            raise bad_parameter("Invalid button template", 2018033)
        _buttons(bot, payload["buttons"])
        return {"text": payload["text"], "kind": "template", "template": payload}
    if payload.get("template_type") != "generic":
        raise bad_parameter("Invalid template type", 2018015)
    _known(payload, {"template_type", "elements"}, "the generic template")
    elements = payload.get("elements", [])
    if not 0 < len(elements) <= 10:
        raise bad_parameter("Too many elements in field elements. Maximum is 10", 2018032)
    for one in elements:
        _known(one, {"title", "subtitle", "image_url", "default_action", "buttons"}, "elements")
        if not 0 < len(one.get("title", "")) <= 80 or len(one.get("subtitle", "")) > 80 or len(one) < 2:
            raise bad_parameter("Incomplete element data: title and at least one other field is required", 2018034)
        if len(one.get("buttons", ())) > 3:
            raise bad_parameter("Too many buttons", 2018034)
        _buttons(bot, one.get("buttons", []))
    return {"text": "\n".join(one["title"] for one in elements), "kind": "carousel", "template": payload}


def _buttons(bot: Bot, buttons: list[dict[str, Any]]) -> None:
    for one in buttons:
        takes = _BUTTONS.get(str(one.get("type")))
        if takes is None or (bot.is_instagram and one["type"] == "phone_number"):
            raise bad_parameter("Invalid button type", 2018035)
        if set(one) != takes | {"type"} or not 0 < len(one["title"]) <= 20:
            raise bad_parameter("Invalid button", 2018036)


def _known(given: Any, names: set[str], where: str) -> None:
    if not isinstance(given, dict):
        raise bad_parameter(f"Param {where} must be an object")
    if wrong := sorted(given.keys() - names):
        raise bad_parameter(f'Invalid keys "{", ".join(wrong)}" were found in {where}.')


def _tell(bot: Bot, chat: Chat, standing: Standing, message: dict[str, Any]) -> None:
    """Let the app know of the echo, and that the person's phone has it."""
    echo: dict[str, Any] = {"mid": standing.mid, "is_echo": True}
    if "text" in message:
        echo["text"] = message["text"]
    elif standing.file:
        url = bot.ground.url + bot.files.path(standing.file)
        echo["attachments"] = [{"type": message["attachment"]["type"], "payload": {"url": url}}]
    else:
        echo["attachments"] = [{"type": "template", "payload": message["attachment"]["payload"]}]
    if not bot.is_instagram:
        echo |= {"app_id": int(bot.app.id)} | ({"metadata": message["metadata"]} if "metadata" in message else {})
    bot.tells("echo", chat.person, {"message": echo}, ours=True)
    told = {"mids": [standing.mid], "watermark": int(time.time() * 1000)}
    bot.tells("delivery", chat.person, {"delivery": told})
    bot.touched(chat.person)
