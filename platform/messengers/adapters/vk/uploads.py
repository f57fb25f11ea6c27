"""Puts files on VK's servers: where to, the file, and the name by which messages carry it ever after."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from messengers.adapter import ChannelBroken, ChannelFacts, Outcome, Rejected, Reply, RetryAt, Sent, Steps, StoredFile
from messengers.adapters.vk import calls
from messengers.adapters.vk.calls import call, read
from messengers.adapters.vk.outcomes import TROUBLED, outcome
from messengers.content import Attachment, AttachmentKind

_Told = TypeVar("_Told", bound=BaseModel)


class _Server(BaseModel):
    upload_url: str


class _Photo(BaseModel):
    server: int | str = ""
    photo: str = ""
    hash: str = ""
    error: Any = None


class _Document(BaseModel):
    file: str = ""
    error: Any = None


class _Saved(BaseModel):
    owner_id: int
    id: int
    access_key: str = ""

    def name(self, kind: str) -> str:
        return f"{kind}{self.owner_id}_{self.id}" + (f"_{self.access_key}" if self.access_key else "")


class _SavedDocument(BaseModel):
    doc: _Saved | None = None
    audio_message: _Saved | None = None


class _StoppedError(Exception):
    """A file is not up; the message comes to `outcome`."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def put(
    channel: ChannelFacts, peer: int, files: Iterable[Attachment], known: Mapping[int, str]
) -> Steps[dict[int, str] | Outcome]:
    """Return VK's names of files by media id, of those that are up already and those that go up now.

    An outcome instead where one cannot: nothing has been sent then.
    """
    names: dict[int, str] = {}
    try:
        for file in files:
            if file.media not in names:
                names[file.media] = known.get(file.media) or (yield from _put(channel, peer, file))
    except _StoppedError as stopped:
        return stopped.outcome
    except (ValidationError, LookupError, TypeError):
        return RetryAt(TROUBLED, "unreadable_answer")
    return names


def _put(channel: ChannelFacts, peer: int, file: Attachment) -> Steps[str]:
    if is_photo(file):
        return (yield from _photo(channel, peer, file))
    return (yield from _document(channel, peer, file))


def is_photo(file: Attachment) -> bool:
    """Say whether a file is shown as a picture. Only documents move."""
    return file.kind == AttachmentKind.IMAGE and file.content_type != "image/gif"


def _photo(channel: ChannelFacts, peer: int, file: Attachment) -> Steps[str]:
    server = _Server.model_validate(_result((yield call(channel, "photos.getMessagesUploadServer", peer_id=peer))))
    told = _uploaded(_Photo, (yield calls.upload(server.upload_url, "photo", _stored(file))))
    if told.error or told.photo in ("", "[]"):
        raise _StoppedError(Rejected("file_refused"))
    saved = _result(
        (yield call(channel, "photos.saveMessagesPhoto", photo=told.photo, server=told.server, hash=told.hash))
    )
    return _Saved.model_validate(saved[0]).name("photo")


def _document(channel: ChannelFacts, peer: int, file: Attachment) -> Steps[str]:
    kind = "audio_message" if file.kind == AttachmentKind.VOICE else "doc"
    asked = yield call(channel, "docs.getMessagesUploadServer", type=kind, peer_id=peer)
    server = _Server.model_validate(_result(asked))
    told = _uploaded(_Document, (yield calls.upload(server.upload_url, "file", _stored(file))))
    if told.error or not told.file:
        raise _StoppedError(Rejected("file_refused"))
    saved = _SavedDocument.model_validate(_result((yield call(channel, "docs.save", file=told.file, title=file.name))))
    if saved.audio_message:
        return saved.audio_message.name("audio_message")
    if saved.doc is None:
        raise _StoppedError(Rejected("file_refused"))
    return saved.doc.name("doc")


def _result(reply: Reply) -> Any:
    """Return what a method answered. That files are not allowed says nothing of messages without any."""
    answer = read(reply)
    if answer is None or answer.error is not None:
        refused = outcome(reply)
        if isinstance(refused, ChannelBroken) and refused.reason == "access_denied":
            refused = Rejected("files_not_allowed")
        raise _StoppedError(refused)
    return answer.response


def _uploaded(model: type[_Told], reply: Reply) -> _Told:
    """Return what an upload server answered; whatever it is, no message has left."""
    if reply.status == 413:
        raise _StoppedError(Rejected("file_too_large"))
    if reply.status != 200:
        refused = outcome(reply) if reply.status == 0 else RetryAt(TROUBLED, f"status_{reply.status}")
        raise _StoppedError(refused if not isinstance(refused, Sent) else RetryAt(TROUBLED, "no_answer"))
    try:
        return model.model_validate_json(reply.body)
    except ValidationError:
        raise _StoppedError(RetryAt(TROUBLED, "unreadable_answer")) from None


def _stored(file: Attachment) -> StoredFile:
    return StoredFile(file.media, file.name or file.kind.value, file.content_type or "application/octet-stream")
