"""Which calls a message needs: its files go up first and are then known by name, the message itself is one call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from messengers.adapter import (
    ChannelFacts,
    HttpCall,
    Outcome,
    Outgoing,
    Reply,
    RetryAt,
    Sent,
    Steps,
    StoredFile,
    Uncertain,
)
from messengers.adapters.whatsapp.outcomes import AWAY, lost_file, outcome
from messengers.adapters.whatsapp.writing import written
from messengers.content import Attachment, Content
from messengers.protocols.meta_messaging.calls import call, upload
from messengers.protocols.meta_messaging.payloads import metadata


class _Name(BaseModel):
    id: str = ""


class _Taken(BaseModel):
    messages: list[_Name] = Field(default_factory=list)


class _Uploaded(BaseModel):
    id: str = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class _Failed:
    """A file that did not go up, so that the message has surely not left."""

    outcome: Outcome


def send(channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
    """Deliver one part."""
    files = _files(message.content)
    known = {file.media: message.file_ids[file.media] for file in files if file.media in message.file_ids}
    fresh: dict[int, str] = {}
    failed = yield from _upload(channel, [file for file in files if file.media not in known], fresh)
    if failed:
        return _with_files(failed.outcome, fresh)
    reply = yield _message(channel, message, known | fresh)
    if known and lost_file(reply):
        failed = yield from _upload(channel, [file for file in files if file.media in known], fresh)
        if failed:
            return _with_files(failed.outcome, fresh)
        reply = yield _message(channel, message, fresh)
    return _with_files(_outcome(reply), fresh)


def to(external_id: str) -> dict[str, str]:
    """Return how a person is named: by his phone, or where only Meta knows it by the id that he has with this firm."""
    return {"to": external_id} if external_id.isdecimal() else {"recipient": external_id}


def number(channel: ChannelFacts) -> str:
    """Return Meta's id of the channel's phone number."""
    return str(channel.settings.get("phone_number_id", ""))


def _files(content: Content) -> list[Attachment]:
    """Return the files that a part shows, each once."""
    shown = [*content.attachments[:1], *(card.image for card in content.cards if card.image)]
    return list({file.media: file for file in shown}.values())


def _message(channel: ChannelFacts, message: Outgoing, file_ids: Mapping[int, str]) -> HttpCall:
    said: dict[str, Any] = {"messaging_product": "whatsapp", "recipient_type": "individual", **to(message.to)}
    said |= written(message, file_ids) | {"biz_opaque_callback_data": metadata(message.id)}
    return call(channel, "POST", f"{number(channel)}/messages", **said)


def _upload(channel: ChannelFacts, files: Sequence[Attachment], names: dict[int, str]) -> Steps[_Failed | None]:
    """Give files to Meta and note their names there."""
    for file in files:
        content_type = file.content_type or "application/octet-stream"
        form = {"messaging_product": "whatsapp", "type": content_type}
        stored = StoredFile(file.media, file.name or file.kind.value, content_type)
        reply = yield upload(channel, f"{number(channel)}/media", form, {"file": stored})
        if reply.status != 200:
            failure = outcome(reply)
            # Whatever became of the upload, nobody got a message by it.
            return _Failed(RetryAt(AWAY, failure.reason) if isinstance(failure, Uncertain) else failure)
        try:
            names[file.media] = _Uploaded.model_validate_json(reply.body).id
        except ValidationError:
            return _Failed(RetryAt(AWAY, "upload_unreadable"))
    return None


def _outcome(reply: Reply) -> Outcome:
    if reply.status != 200:
        return outcome(reply)
    try:
        taken = _Taken.model_validate_json(reply.body).messages
    except ValidationError:
        return Sent()
    return Sent(",".join(one.id for one in taken))


def _with_files(outcome: Outcome, names: Mapping[int, str]) -> Outcome:
    return replace(outcome, file_ids=dict(names)) if names and isinstance(outcome, Sent | RetryAt) else outcome
