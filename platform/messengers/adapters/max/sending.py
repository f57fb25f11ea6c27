"""Which calls a message needs: its files go up first, then everything leaves in one message."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from messengers.adapter import ChannelFacts, HttpCall, Outcome, Outgoing, Rejected, Reply, Sent, Steps, StoredFile
from messengers.adapters.max import writing
from messengers.adapters.max.calls import Done, call, read, refusal, upload
from messengers.adapters.max.outcomes import outcome, unsent
from messengers.content import Attachment, AttachmentKind

# Kind of file -> MAX's word for it, in the upload and in the message.
TYPES: Mapping[AttachmentKind, str] = {
    AttachmentKind.IMAGE: "image",
    AttachmentKind.VIDEO: "video",
    AttachmentKind.AUDIO: "audio",
    AttachmentKind.VOICE: "audio",
    AttachmentKind.DOCUMENT: "file",
}
_NAMELESS = "unknown_message"  # MAX never told us its id
_GONE = ("message.not.found", "not.found")


class _Way(BaseModel):
    url: str
    token: str = ""


class _Photo(BaseModel):
    token: str = ""


class _Uploaded(BaseModel):
    token: str = ""
    photos: dict[str, _Photo] = Field(default_factory=dict)


class _Body(BaseModel):
    mid: str = ""


class _Message(BaseModel):
    body: _Body


class _Taken(BaseModel):
    message: _Message


def send(channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
    """Deliver one part."""
    files = yield from _brought(channel, message, message.file_ids)
    if not isinstance(files, dict):
        return files
    reply = yield _said(channel, message, files)
    if _lost_a_file(reply) and any(message.file_ids.get(media) == name for media, name in files.items()):
        files = yield from _brought(channel, message, {})
        if not isinstance(files, dict):
            return files
        reply = yield _said(channel, message, files)
    if reply.status != 200:
        return outcome(reply, files)
    taken = read(_Taken, reply)
    return Sent(taken.message.body.mid if taken else "", files)


def edit(channel: ChannelFacts, message: Outgoing, external_id: str) -> Steps[Outcome]:
    """Change the words and buttons of a message; its files are told again, or they would be taken away."""
    if not external_id:
        return Rejected(_NAMELESS)
    files = yield from _brought(channel, message, message.file_ids)
    if not isinstance(files, dict):
        return files
    body = _body(message, files)
    reply = yield call(channel, "PUT", "/messages", query={"message_id": external_id}, json=body)
    return _changed(reply, external_id)


def delete(channel: ChannelFacts, to: str, external_id: str) -> Steps[Outcome]:
    """Take a message back."""
    if not external_id:
        return Rejected(_NAMELESS)
    reply = yield call(channel, "DELETE", "/messages", query={"message_id": external_id})
    if reply.status == 404 or refusal(reply).code in _GONE:
        return Sent(external_id)
    return _changed(reply, external_id)


def _changed(reply: Reply, external_id: str) -> Outcome:
    if reply.status != 200:
        return unsent(reply)  # doing it twice changes nothing
    done = read(Done, reply) or Done()
    return Sent(external_id) if done.success else Rejected(done.message or "not_changed")


def _brought(channel: ChannelFacts, message: Outgoing, known: Mapping[int, str]) -> Steps[dict[int, str] | Outcome]:
    """Bring up the files that MAX does not have; return the names of all of them, by media id."""
    files: dict[int, str] = {}
    for file in message.content.attachments:
        kind = TYPES[file.kind]
        held = known.get(file.media, "")
        if held.startswith(f"{kind}:"):
            files[file.media] = held
            continue
        reply = yield call(channel, "POST", "/uploads", query={"type": kind})
        way = read(_Way, reply) if reply.status == 200 else None
        if way is None:
            return _not_up(reply)
        reply = yield upload(way.url, _stored(file))
        token = way.token or _token(reply)
        if reply.status != 200 or not token:
            return _not_up(reply)
        files[file.media] = f"{kind}:{token}"
    return files


def _token(reply: Reply) -> str:
    told = read(_Uploaded, reply) or _Uploaded()
    return told.token or next((photo.token for photo in told.photos.values()), "")


def _not_up(reply: Reply) -> Outcome:
    return Rejected("upload_refused") if reply.status == 200 else unsent(reply)


def _said(channel: ChannelFacts, message: Outgoing, files: Mapping[int, str]) -> HttpCall:
    previews = None if channel.settings.get("link_previews", True) else "true"
    query = {"user_id": message.to, "disable_link_preview": previews}
    return call(channel, "POST", "/messages", query=query, json=_body(message, files))


def _body(message: Outgoing, files: Mapping[int, str]) -> dict[str, Any]:
    content = message.content
    attached: list[dict[str, Any]] = []
    for file in content.attachments:
        kind, _, token = files[file.media].partition(":")
        attached.append({"type": kind, "payload": {"token": token}})
    if content.location:
        attached.append(writing.place(content.location))
    if content.buttons:
        attached.append(writing.keyboard(content.buttons, message.id))
    return {**writing.text(content), "attachments": attached}


def _lost_a_file(reply: Reply) -> bool:
    """Say whether a message was refused for a file that MAX has forgotten. Nothing was sent then."""
    said = refusal(reply)
    return reply.status in (400, 404) and "token" in f"{said.code} {said.message}".lower()


def _stored(file: Attachment) -> StoredFile:
    return StoredFile(file.media, file.name or file.kind.value, file.content_type or "application/octet-stream")
