"""What MAX's updates say. Only dialogs with people are conversations; groups and channels are no subscribers."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from messengers.adapters.max.contacts import Contact
from messengers.content import AttachmentKind, Content
from messengers.content import Location as Place
from messengers.updates import (
    ButtonPressed,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    RemoteFile,
    Sender,
    Started,
    SubscriptionChanged,
    Update,
)

# What we ask for; a kind that is not here means nothing to us.
ALLOWED = (
    *("message_created", "message_callback", "message_edited", "message_removed"),
    *("bot_started", "bot_stopped", "dialog_removed"),
)
VIDEO = "video:"  # before the token of a video, whose address is asked for
_FILES = {"image": AttachmentKind.IMAGE, "sticker": AttachmentKind.IMAGE, "video": AttachmentKind.VIDEO}
_FILES |= {"audio": AttachmentKind.VOICE, "file": AttachmentKind.DOCUMENT}  # people send music as files
_LONGEST = 150  # characters of a name that is told as it is


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
Moment = Annotated[int, Field(ge=0, le=99_999_999_999_999)]  # milliseconds, of which a date can be made


class _User(_Model):
    user_id: int
    first_name: Text = ""
    last_name: Text = ""
    username: Text = ""
    is_bot: bool = False

    def sender(self, language: str = "", phone: str = "") -> Sender:
        extra = {"username": self.username} if self.username else {}
        name = f"{self.first_name} {self.last_name}".strip()
        return Sender(str(self.user_id), name=name, language=language, phone=phone, extra=extra)


class _Recipient(_Model):
    chat_type: Text = ""


class _Button(_Model):
    text: Text = ""
    payload: Text = ""


class _Payload(_Model):
    url: Text = ""
    token: Text = ""
    buttons: list[list[_Button]] = Field(default_factory=list)


class _Attachment(_Model):
    type: str
    payload: Any = None
    filename: Text = ""
    size: int = 0
    title: Text = ""
    latitude: float | None = None
    longitude: float | None = None

    @property
    def told(self) -> _Payload:
        return _Payload.model_validate(self.payload or {})

    @property
    def contact(self) -> Contact:
        return Contact.model_validate(self.payload or {})

    def file(self) -> RemoteFile | None:
        kind, told = _FILES.get(self.type), self.told
        ref = f"{VIDEO}{told.token}" if self.type == "video" and told.token else told.url
        if kind is None or not ref:
            return None
        return RemoteFile(kind, ref, self.filename, size=max(0, self.size))

    def words(self) -> str:
        """Return what there is to read, beside the words of the message."""
        match self.type:
            case "contact":
                return self.contact.words()
            case "share":
                return "\n".join(part for part in (self.title, self.told.url) if part)
        return ""


class _Body(_Model):
    mid: str = ""
    text: Text = ""
    attachments: list[_Attachment] | None = None

    def of(self, kind: str) -> Iterator[_Attachment]:
        return (one for one in self.attachments or () if one.type == kind)

    def files(self) -> tuple[RemoteFile, ...]:
        return tuple(file for one in self.attachments or () if (file := one.file()))

    def words(self) -> str:
        told = [self.text, *(one.words() for one in self.of("contact"))]
        if not self.text.strip():
            told += [one.words() for one in self.of("share")]  # under words it is but their preview
        return "\n".join(part for part in told if part.strip())

    def place(self) -> Place | None:
        found = next(self.of("location"), None)
        if found is None or found.latitude is None or found.longitude is None:
            return None
        return Place(latitude=found.latitude, longitude=found.longitude)


class _Link(_Model):
    type: str = ""
    message: _Body | None = None


class _Message(_Model):
    sender: _User | None = None
    recipient: _Recipient
    timestamp: Moment
    body: _Body | None = None
    link: _Link | None = None

    @property
    def is_heard(self) -> bool:
        return self.recipient.chat_type == "dialog" and self.sender is not None and not self.sender.is_bot

    def said(self) -> Sequence[_Body]:
        """Return what was said and, behind it, what was handed on."""
        forwarded = self.link.message if self.link and self.link.type == "forward" else None
        return [one for one in (self.body, forwarded) if one is not None]

    def content(self) -> Content | None:
        """Return what is said; None when there are but files."""
        words = "\n\n".join(part for one in self.said() if (part := one.words()))
        place = next((place for one in self.said() if (place := one.place())), None)
        return Content.plain(words, location=place) if words.strip() or place else None

    def files(self) -> tuple[RemoteFile, ...]:
        return tuple(file for one in self.said() for file in one.files())


class _Callback(_Model):
    callback_id: str = Field(min_length=1)
    timestamp: Moment
    payload: Text = ""
    user: _User


class _Told(_Model):
    update_type: str
    timestamp: Moment
    user_locale: Text = ""


class _Said(_Told):
    message: _Message


class _Pressed(_Told):
    callback: _Callback
    message: _Message | None = None

    def button_text(self) -> str:
        body = self.message.body if self.message else None
        rows = [row for one in (body.of("inline_keyboard") if body else ()) for row in one.told.buttons]
        return next((one.text for row in rows for one in row if one.payload == self.callback.payload), "")


class _Removed(_Told):
    message_id: str
    user_id: int


class _Came(_Told):
    user: _User
    payload: Text = ""


def update_id(body: Mapping[str, Any]) -> str:
    """Return what an update is known by: MAX numbers none, but its repeats are the same in every letter."""
    kind, at = body["update_type"], body["timestamp"]
    if not isinstance(kind, str) or type(at) is not int:
        raise ValueError("update_type or timestamp is missing")
    return f"{kind}:{_short(_subject(body))}:{at}"


def sender_key(body: Mapping[str, Any]) -> str:
    """Return whom an update is from, without reading all of it."""
    for place in (("callback", "user"), ("message", "sender"), ("user",)):
        told = _inner(body, *place)
        if isinstance(told, Mapping) and type(told.get("user_id")) is int:
            return str(told["user_id"])
    return str(body["user_id"]) if type(body.get("user_id")) is int else ""


def parse(body: Mapping[str, Any], token: str, bot_id: int = 0) -> Sequence[Update]:
    """Return what an update says; nothing for what does not concern us. ValueError when it cannot be read."""
    kind = _Told.model_validate(dict(body)).update_type
    match kind:
        case "message_created":
            return _received(_Said.model_validate(dict(body)), token)
        case "message_edited":
            return _edited(_Said.model_validate(dict(body)))
        case "message_removed":
            return _removed(_Removed.model_validate(dict(body)), bot_id)
        case "message_callback":
            return _pressed(_Pressed.model_validate(dict(body)))
        case "bot_started":
            came = _Came.model_validate(dict(body))
            return [Started(_who(came), _name(came), _at(came.timestamp), came.payload.strip())]
        case "bot_stopped" | "dialog_removed":
            gone = _Came.model_validate(dict(body))
            return [SubscriptionChanged(_who(gone), "", "blocked", _at(gone.timestamp))]
    return []


def _received(told: _Said, token: str) -> Sequence[Update]:
    message = told.message
    if not message.is_heard or message.sender is None or message.body is None:
        return []
    at, mid = _at(message.timestamp), message.body.mid
    if not mid:
        raise ValueError("a message whose id is missing")
    command, _, payload = message.body.text.partition(" ")
    if command == "/start":
        return [Started(message.sender.sender(told.user_locale), mid, at, payload.strip())]
    content, files = message.content(), message.files()
    if content is None and not files:
        raise ValueError("unknown kind of message")
    contacts = (one.contact for one in message.body.of("contact"))
    phone = next((one.phone for one in contacts if one.phone and one.is_own(token)), "")
    return [MessageReceived(message.sender.sender(told.user_locale, phone), mid, content, at, files=files)]


def _edited(told: _Said) -> Sequence[Update]:
    message = told.message
    if not message.is_heard or message.sender is None or message.body is None or not message.body.mid:
        return []
    content = message.content()
    if content is None:
        return []
    return [MessageEdited(message.sender.sender(), message.body.mid, content, _at(told.timestamp))]


def _removed(told: _Removed, bot_id: int) -> Sequence[Update]:
    if told.user_id == bot_id or not told.message_id:
        return []
    return [MessageDeleted(Sender(str(told.user_id)), told.message_id, _at(told.timestamp))]


def _pressed(told: _Pressed) -> Sequence[Update]:
    press, text = told.callback, told.button_text()
    if told.message is not None and told.message.recipient.chat_type not in ("", "dialog"):
        return []
    if not (press.payload.strip() or text.strip()):
        return []
    ours, _, button_id = press.payload.partition(":")
    message_id = int(ours) if ours.isascii() and ours.isdecimal() and len(ours) < 19 and button_id else None
    button = button_id if message_id is not None else press.payload
    sender = press.user.sender(told.user_locale)
    # The id is the keyboard's: it is the moment that tells one press from another.
    name = f"press:{_short(press.callback_id)}:{press.timestamp}"
    return [ButtonPressed(sender, name, message_id, button, text, _at(press.timestamp))]


def _who(told: _Came) -> Sender:
    return told.user.sender(told.user_locale)


def _name(told: _Came) -> str:
    return f"{told.update_type}:{told.user.user_id}:{told.timestamp}"


def _at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _subject(body: Mapping[str, Any]) -> str:
    """Return the id of what an update is about."""
    name: Any = body.get("message_id")
    for place in (("callback", "callback_id"), ("message", "body", "mid")):
        name = name or _inner(body, *place)
    if isinstance(name, str):
        return name
    return sender_key(body)


def _inner(body: Any, *keys: str) -> Any:
    for key in keys:
        body = body.get(key) if isinstance(body, Mapping) else None
    return body


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
