"""Which calls a message needs: text, a file, an album, a place; and how one that was sent is changed or taken back."""

from collections.abc import Mapping
from typing import Any

from messengers.adapter import ChannelFacts, HttpCall, Outcome, Outgoing, Rejected, Reply, Sent, Steps, StoredFile
from messengers.adapters.telegram import writing
from messengers.adapters.telegram.calls import Answer, call, read, upload
from messengers.adapters.telegram.outcomes import outcome, says
from messengers.content import Attachment, AttachmentKind, Content, Location

# Kind of file -> method; and the word for it as a parameter, in the answer and in an album.
METHODS: Mapping[str, tuple[str, str]] = {
    AttachmentKind.IMAGE: ("sendPhoto", "photo"),
    AttachmentKind.VIDEO: ("sendVideo", "video"),
    AttachmentKind.AUDIO: ("sendAudio", "audio"),
    AttachmentKind.VOICE: ("sendVoice", "voice"),
    AttachmentKind.DOCUMENT: ("sendDocument", "document"),
}
_ANIMATION = ("sendAnimation", "animation")
_NAMELESS = "unknown_message"  # Telegram never told us its number
_LOST_FILE = "file identifier"  # "wrong file identifier/HTTP URL specified", "wrong remote file identifier specified"


def send(channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
    """Deliver one part."""
    reply = yield from _sent(channel, message, message.file_ids)
    answer = read(reply)
    if answer and answer.parameters.migrate_to_chat_id:
        moved = Outgoing(
            message.id, str(answer.parameters.migrate_to_chat_id), message.content, message.idempotency_key,
            message.media_urls, message.file_ids, message.bulk,
        )  # fmt: skip
        reply = yield from _sent(channel, moved, moved.file_ids)
    if says(reply, _LOST_FILE) and message.file_ids:
        reply = yield from _sent(channel, message, {})
    return _outcome(reply, message.content)


def edit(channel: ChannelFacts, message: Outgoing, external_id: str) -> Steps[Outcome]:
    """Change the words and buttons of a message."""
    if not external_id:
        return Rejected(_NAMELESS)
    content = message.content
    words, parse_mode = writing.text(content)
    method, name = ("editMessageCaption", "caption") if content.attachments else ("editMessageText", "text")
    said: dict[str, Any] = {name: words}
    if not content.attachments:
        said["link_preview_options"] = _previews(channel)
    first = int(external_id.split(",", maxsplit=1)[0])  # of an album: its words stand under the first
    reply = yield call(
        channel, method, chat_id=int(message.to), message_id=first, parse_mode=parse_mode,
        reply_markup=writing.reply_markup(content.buttons, message.id), **said,
    )  # fmt: skip
    if reply.status == 200 or says(reply, "message is not modified"):
        return Sent(external_id)
    return outcome(reply)


def delete(channel: ChannelFacts, to: str, external_id: str) -> Steps[Outcome]:
    """Take a message back, or all of an album."""
    if not external_id:
        return Rejected(_NAMELESS)
    ids = [int(one) for one in external_id.split(",")]
    reply = yield call(channel, "deleteMessages", chat_id=int(to), message_ids=ids)
    if reply.status == 200 or says(reply, "message to delete not found"):
        return Sent(external_id)
    return outcome(reply)


def _sent(channel: ChannelFacts, message: Outgoing, file_ids: Mapping[int, str]) -> Steps[Reply]:
    content = message.content
    if content.location:
        reply = yield _place(channel, message, content.location)
    elif len(content.attachments) > 1:
        reply = yield _album(channel, message, file_ids)
    elif content.attachments:
        file = content.attachments[0]
        reply = yield _file(channel, message, file, _method(file), file_ids)
        if file.kind == AttachmentKind.VOICE and says(reply, "voice_messages_forbidden"):
            reply = yield _file(channel, message, file, METHODS[AttachmentKind.AUDIO], {})
    else:
        words, parse_mode = writing.text(content)
        common = _common(channel, message)
        reply = yield call(
            channel, "sendMessage", text=words, parse_mode=parse_mode, link_preview_options=_previews(channel), **common
        )
    return reply


def _previews(channel: ChannelFacts) -> dict[str, Any] | None:
    return None if channel.settings.get("link_previews", True) else {"is_disabled": True}


def _place(channel: ChannelFacts, message: Outgoing, place: Location) -> HttpCall:
    where: dict[str, Any] = {"latitude": place.latitude, "longitude": place.longitude}
    if place.title:
        where |= {"title": place.title, "address": place.title}
    return call(channel, "sendVenue" if place.title else "sendLocation", **where, **_common(channel, message))


def _file(
    channel: ChannelFacts,
    message: Outgoing,
    file: Attachment,
    method: tuple[str, str],
    file_ids: Mapping[int, str],
) -> HttpCall:
    name, field = method
    parameters = {**_common(channel, message), **_caption(message.content)}
    if file_id := file_ids.get(file.media):
        return call(channel, name, **parameters | {field: file_id})
    return upload(channel, name, {field: _stored(file)}, parameters)


def _album(channel: ChannelFacts, message: Outgoing, file_ids: Mapping[int, str]) -> HttpCall:
    files: dict[str, StoredFile] = {}
    items: list[dict[str, Any]] = []
    for number, file in enumerate(message.content.attachments):
        known = file_ids.get(file.media)
        if known is None:
            files[f"file{number}"] = _stored(file)
        caption = _caption(message.content) if number == 0 else {}
        items.append({"type": METHODS[file.kind][1], "media": known or f"attach://file{number}"} | caption)
    parameters = {**_common(channel, message), "media": items}
    if files:
        return upload(channel, "sendMediaGroup", files, parameters)
    return call(channel, "sendMediaGroup", **parameters)


def _common(channel: ChannelFacts, message: Outgoing) -> dict[str, Any]:
    paid = message.bulk and channel.settings.get("paid_broadcasts")
    common = {
        "chat_id": int(message.to),
        "reply_markup": writing.reply_markup(message.content.buttons, message.id),
        "allow_paid_broadcast": True if paid else None,
    }
    return {name: value for name, value in common.items() if value is not None}


def _caption(content: Content) -> dict[str, Any]:
    words, parse_mode = writing.text(content)
    if not words.strip():
        return {}
    return {"caption": words} | ({"parse_mode": parse_mode} if parse_mode else {})


def _method(file: Attachment) -> tuple[str, str]:
    return _ANIMATION if file.content_type == "image/gif" else METHODS[file.kind]


def _stored(file: Attachment) -> StoredFile:
    return StoredFile(file.media, file.name or file.kind.value, file.content_type or "application/octet-stream")


def _outcome(reply: Reply, content: Content) -> Outcome:
    answer = read(reply)
    if reply.status != 200 or answer is None:
        return outcome(reply)
    return Sent(_external_id(answer), _file_ids(answer, content))


def _external_id(answer: Answer) -> str:
    told = answer.result if isinstance(answer.result, list) else [answer.result]
    return ",".join(str(one["message_id"]) for one in told if isinstance(one, dict) and "message_id" in one)


def _file_ids(answer: Answer, content: Content) -> dict[int, str]:
    """Return the names of files that went up, by media id; one that Telegram made another kind of is not told."""
    told = answer.result if isinstance(answer.result, list) else [answer.result]
    found: dict[int, str] = {}
    for file, said in zip(content.attachments, told, strict=False):
        held = said.get(_method(file)[1]) if isinstance(said, dict) else None
        largest = held[-1] if isinstance(held, list) and held else held
        if isinstance(largest, dict) and isinstance(largest.get("file_id"), str):
            found[file.media] = largest["file_id"]
    return found
