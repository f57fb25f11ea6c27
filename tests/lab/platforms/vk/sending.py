"""Methods of messages: sent one by one or many in a script, changed, taken back, and presses answered."""

import json
import re
import time
from typing import Any

from lab.platforms.vk import keyboards
from lab.platforms.vk.calls import ANSWERS, Call, method
from lab.platforms.vk.files import described
from lab.platforms.vk.methods import METHODS, checked
from lab.platforms.vk.refusals import (
    NO_BOTS,
    NO_CODE,
    TOO_LONG,
    TOO_MUCH_CODE,
    TOO_OLD_TO_DELETE,
    TOO_OLD_TO_EDIT,
    RefusalError,
    invalid,
)
from lab.platforms.vk.talks import Standing

LONGEST, FILES = 4096, 10
DAY = 24 * 3600.0
INSIDE = 25  # calls of one script
_OPENING, _ENDING = "return [", "];"
_CALL = re.compile(r"API\.(messages\.\w+)\(")


@method("messages.send")
async def send(call: Call) -> Any:
    """Put a message into a talk; a repeat of its number changes nothing."""
    if peers := call.given.get("peer_ids"):
        return [_to_one_of_many(call, peer) for peer in peers[:100]]
    return _sent(call, None).id


def _to_one_of_many(call: Call, peer: int) -> dict[str, Any]:
    try:
        standing = _sent(call, peer)
    except RefusalError as error:
        return {"peer_id": peer, "message_id": 0, "error": {"code": error.code, "description": error.words}}
    number = standing.told["conversation_message_id"]
    return {"peer_id": peer, "message_id": standing.id, "conversation_message_id": number}


def _sent(call: Call, peer: int | None) -> Standing:
    if abs(call.given["random_id"]) > 2**31:
        raise invalid("random_id must be int32")
    talk = call.talk(peer)
    content = _content(call)
    talk.may_write()
    now = time.monotonic()
    if (before := talk.repeated(call.given["random_id"], now)) is not None:
        return before
    talk.spend(now)
    standing = call.bot.say(talk, {**content, "random_id": call.given["random_id"]})
    call.arrival.sent, call.arrival.text, call.arrival.to = True, content["text"], talk.key
    return standing


def _content(call: Call) -> dict[str, Any]:
    given = call.given
    words = given.get("message", "")
    names = given["attachment"].split(",") if given.get("attachment") else []
    place = "lat" in given and "long" in given
    if not (words.strip() or names or place or given.get("sticker_id")):
        raise invalid("message is empty or invalid")
    if len(words) > LONGEST:
        raise RefusalError(*TOO_LONG)
    if len(names) > FILES:
        raise invalid("attachment: too many")
    files = [call.files.named(name) for name in names]
    content: dict[str, Any] = {"text": words, "attachments": [described(call.ground.url, one) for one in files]}
    if place:
        content["geo"] = {"type": "point", "coordinates": {"latitude": given["lat"], "longitude": given["long"]}}
    keyboard, template = given.get("keyboard"), given.get("template")
    if (keyboard or template) and not call.bot.bot_features:
        raise RefusalError(*NO_BOTS)
    if keyboard is not None:
        keyboards.check(keyboard)
        content["keyboard"] = keyboard
    if template is not None:
        keyboards.check_carousel(template, words, call.files)
        content["template"] = template
    return content


@method("messages.edit")
async def edit(call: Call) -> Any:
    """Change a message of the last day."""
    standing = _own(call, call.given.get("message_id"), call.given.get("cmid"))
    if time.monotonic() - standing.at > DAY:
        raise RefusalError(*TOO_OLD_TO_EDIT)
    content = _content(call)
    standing.told = {**standing.told, "keyboard": {}, **content, "update_time": int(time.time())}
    standing.edited = True
    call.arrival.text, call.arrival.to = content["text"], call.talk().key
    call.bot.tell("message_edit", call.talk(), standing.told)
    return 1


@method("messages.delete")
async def delete(call: Call) -> Any:
    """Take messages of the last day away for both."""
    told = []
    for number in call.given.get("message_ids", ()):
        talk = next((one for one in call.bot.talks.values() if number in one.messages), None)
        item: dict[str, Any] = {"message_id": number, "peer_id": talk.person.id if talk else 0}
        if talk is None or time.monotonic() - talk.messages[number].at > DAY:
            code, words = TOO_OLD_TO_DELETE
            told.append({**item, "response": 0, "error": {"code": code, "description": words}})
            continue
        del talk.messages[number]
        call.bot.touched(talk)
        told.append({**item, "response": 1})
    return told


@method("messages.sendMessageEventAnswer")
async def answer_press(call: Call) -> Any:
    """Let a press be heard, within a minute."""
    talk = call.talk()
    pressed_at = talk.open_presses.pop(call.given["event_id"], None)
    if pressed_at is None or time.monotonic() - pressed_at > 60:
        raise invalid("event_id is invalid")
    said = call.given.get("event_data") or {}
    talk.answered.append(call.given["event_id"])
    talk.toast = str(said.get("text", ""))
    for standing in talk.messages.values():
        standing.pressed.clear()
    call.bot.touched(talk)
    return 1


@method("messages.setActivity")
async def set_activity(call: Call) -> Any:
    """Show that somebody writes."""
    talk = call.talk()
    talk.may_write()
    talk.typing_until = time.monotonic() + 10
    call.bot.touched(talk)
    return 1


@method("messages.markAsRead")
async def mark_as_read(call: Call) -> Any:
    """Note that the community has read it."""
    call.talk()
    return 1


@method("execute")
async def execute(call: Call) -> Any:
    """Run a script. This lab reads but one kind: a list of calls of `messages`, with what JSON can say."""
    results: list[Any] = []
    for name, given in _inner_calls(call.given["code"]):
        arrival = call.ground.account.arrived("vk", call.bot.key, name)
        inner = Call(call.ground, call.files, call.bot, given, arrival, call.errors)
        try:
            inner.given = checked(name, given)
            results.append(await ANSWERS[name](inner))
        except RefusalError as error:
            call.errors.append({"method": name, "error_code": error.code, "error_msg": error.words})
            results.append(False)
        arrival.status, arrival.fate, arrival.ended = 200, "answered", time.time()
    return results


def _inner_calls(code: str) -> list[tuple[str, dict[str, Any]]]:
    if not (code.startswith(_OPENING) and code.endswith(_ENDING)):
        raise RefusalError(NO_CODE[0], f"{NO_CODE[1]}: the lab reads but lists of calls")
    at, end, found = len(_OPENING), len(code) - len(_ENDING), []
    while at < end:
        if found and code[at] == ",":
            at += 1
        named = _CALL.match(code, at)
        if named is None or named[1] not in METHODS:
            raise RefusalError(*NO_CODE)
        try:
            given, at = json.JSONDecoder().raw_decode(code, named.end())
        except ValueError:
            raise RefusalError(*NO_CODE) from None
        if code[at : at + 1] != ")" or not isinstance(given, dict):
            raise RefusalError(*NO_CODE)
        at += 1
        found.append((named[1], given))
    if len(found) > INSIDE:
        raise RefusalError(*TOO_MUCH_CODE)
    return found


def _own(call: Call, number: int | None, place: int | None) -> Standing:
    for standing in call.talk().messages.values():
        if not standing.mine and (standing.id == number or standing.told["conversation_message_id"] == place):
            return standing
    raise invalid("message_id is invalid")
