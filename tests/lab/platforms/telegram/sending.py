"""Methods that put messages into a chat."""

import time
from typing import Any

from lab.platforms.telegram import files, keyboards
from lab.platforms.telegram.calls import Call, method
from lab.platforms.telegram.chats import Chat, Standing
from lab.platforms.telegram.formatting import formatted, units
from lab.platforms.telegram.refusals import bad_request

TEXT, CAPTION, ALBUM = 4096, 1024, 10
_FILE_METHODS = {
    "sendPhoto": "photo",
    "sendVideo": "video",
    "sendAudio": "audio",
    "sendVoice": "voice",
    "sendDocument": "document",
    "sendAnimation": "animation",
    "sendVideoNote": "video_note",
    "sendSticker": "sticker",
}
_ALONE = ("audio", "document")  # in an album only with their own kind


def words(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """Return a text as a message tells it; refuse an empty or too long one."""
    text, entities = formatted(given["text"], given.get("parse_mode"), given.get("entities"))
    if not text:
        raise bad_request("message text is empty")
    if units(text) > TEXT:
        raise bad_request("message is too long")
    call.arrival.text = text
    told: dict[str, Any] = {"text": text} | ({"entities": entities} if entities else {})
    options = given.get("link_preview_options")
    return told | ({"link_preview_options": options} if options else {})


def caption(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """Return a caption as a message tells it."""
    text, entities = formatted(given.get("caption", ""), given.get("parse_mode"), given.get("caption_entities"))
    if units(text) > CAPTION:
        raise bad_request("message caption is too long")
    if not text:
        return {}
    call.arrival.text = call.arrival.text or text
    return {"caption": text} | ({"caption_entities": entities} if entities else {})


def put(call: Call, contents: list[dict[str, Any]]) -> list[Standing]:
    """Put messages into the chat, if the person and the limits let them in."""
    chat, given = call.chat(), call.given
    markup = given.get("reply_markup")
    keyboards.check(markup)
    chat.may_write()
    call.bot.limits.spend(chat.person.id, len(contents), bool(given.get("allow_paid_broadcast")), time.monotonic())
    more = _replied(call, chat)
    if markup and "inline_keyboard" in markup:
        more["reply_markup"] = {"inline_keyboard": markup["inline_keyboard"]}
    standing = [chat.add(call.bot.message_number(), False, {**content, **more}) for content in contents]
    chat.wear(markup)
    chat.typing_until = 0.0
    call.arrival.text = call.arrival.text or " ".join(_nameless(content) for content in contents)
    call.arrival.sent = True
    call.bot.touched(chat)
    return standing


def _nameless(content: dict[str, Any]) -> str:
    """Say what came without a word, so that the account can tell one such message from another."""
    kind, told = next(iter(content.items()))
    last = told[-1] if isinstance(told, list) else told
    return f"[{kind} {last.get('file_unique_id', last)}]"


def _replied(call: Call, chat: Chat) -> dict[str, Any]:
    reply = call.given.get("reply_parameters")
    if not reply:
        return {}
    answered = chat.messages.get(reply["message_id"])
    if answered is None:
        if reply.get("allow_sending_without_reply"):
            return {}
        raise bad_request("message to be replied not found")
    return {"reply_to_message": {name: one for name, one in answered.told.items() if name != "reply_to_message"}}


@method("sendMessage")
async def send_message(call: Call) -> Any:
    """Send text."""
    call.chat()
    return put(call, [words(call, call.given)])[0].told


@method(*_FILE_METHODS)
async def send_file(call: Call) -> Any:
    """Send one file."""
    kind = _FILE_METHODS[call.arrival.method]
    chat = call.chat()
    content = await _file_content(call, kind, call.given[kind], call.given)
    if kind == "voice" and chat.refuses_voice:
        raise bad_request("VOICE_MESSAGES_FORBIDDEN")
    return put(call, [content])[0].told


async def _file_content(call: Call, kind: str, value: Any, given: dict[str, Any]) -> dict[str, Any]:
    stored = await call.file(kind, value)
    told = files.described(call.bot.id, stored, kind=kind)
    if isinstance(told, dict):
        told |= {name: given[name] for name in ("duration", "width", "height", "title", "performer") if name in given}
    content: dict[str, Any] = {kind: told}
    if kind == "animation":
        content["document"] = files.described(call.bot.id, stored, kind="document")
    if given.get("has_spoiler"):
        content["has_media_spoiler"] = True
    return content if kind in ("video_note", "sticker") else content | caption(call, given)


@method("sendMediaGroup")
async def send_media_group(call: Call) -> Any:
    """Send an album."""
    call.chat()
    media = call.given["media"]
    if not 1 <= len(media) <= ALBUM:
        raise bad_request("too many messages to send as an album" if media else "media group must be non-empty")
    kinds = {item["type"] for item in media}
    if kinds & {"animation"} or any(kind in kinds and len(kinds) > 1 for kind in _ALONE):
        raise bad_request(
            "document can't be mixed with other media types"
            if "document" in kinds
            else "audio can't be mixed with other media types"
        )
    contents = [await _file_content(call, item["type"], item["media"], item) for item in media]
    if len(media) > 1:
        group = {"media_group_id": str(13_000_000_000 + call.arrival.number)}
        contents = [content | group for content in contents]
    return [standing.told for standing in put(call, contents)]


@method("sendLocation", "sendVenue")
async def send_location(call: Call) -> Any:
    """Send a place."""
    given = call.given
    call.chat()
    if not (-90 <= given["latitude"] <= 90 and -180 <= given["longitude"] <= 180):
        raise bad_request("wrong latitude or longitude specified")
    place = {"latitude": given["latitude"], "longitude": given["longitude"]}
    content: dict[str, Any] = {"location": place}
    if call.arrival.method == "sendVenue":
        content["venue"] = {"location": place, "title": given["title"], "address": given["address"]}
        call.arrival.text = given["title"]
    return put(call, [content])[0].told


@method("sendContact")
async def send_contact(call: Call) -> Any:
    """Send a phone number."""
    call.chat()
    names = ("phone_number", "first_name", "last_name", "vcard")
    return put(call, [{"contact": {name: call.given[name] for name in names if name in call.given}}])[0].told


@method("sendChatAction")
async def send_chat_action(call: Call) -> Any:
    """Show that the bot is writing, for five seconds."""
    chat = call.chat()
    chat.may_write()
    chat.typing_until = time.monotonic() + 5
    call.bot.touched(chat)
    return True


@method("copyMessage", "forwardMessage")
async def copy_message(call: Call) -> Any:
    """Send again what stands in another chat of the bot."""
    source = call.bot.chats.get(call.given["from_chat_id"])
    original = source.messages.get(call.given["message_id"]) if source else None
    if original is None:
        raise bad_request(
            "message to copy not found" if call.arrival.method == "copyMessage" else "message to forward not found"
        )
    left_out = ("message_id", "from", "chat", "date", "reply_markup", "reply_to_message", "edit_date", "media_group_id")
    content = {name: value for name, value in original.told.items() if name not in left_out}
    if "caption" in call.given:
        content |= caption(call, call.given)
    call.arrival.text = content.get("text", content.get("caption", ""))
    told = put(call, [content])[0].told
    return {"message_id": told["message_id"]} if call.arrival.method == "copyMessage" else told
