"""What VK's events say. Only talks with people are conversations; group chats are no subscribers."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from messengers.adapters.vk.attachments import Attachment
from messengers.content import Content
from messengers.content import Location as Place
from messengers.statuses import Status
from messengers.updates import (
    ButtonPressed,
    MemberWrote,
    MessageEdited,
    MessageReceived,
    ReceiptReceived,
    RemoteFile,
    Sender,
    Started,
    SubscriptionChanged,
    Update,
)

# What we ask for; a kind that is not here means nothing to us.
ALLOWED = (
    *("message_new", "message_reply", "message_edit", "message_allow", "message_deny", "message_read"),
    "message_event",
)

FIRST_CHAT = 2_000_000_000  # from here on peers are group chats; below zero, communities
_LANGUAGES = {0: "ru", 1: "uk", 2: "be", 3: "en", 4: "es", 5: "fi", 6: "de", 7: "it", 97: "kk"}
_Moment = Annotated[int, Field(ge=0, le=253_402_300_799)]
_Read = TypeVar("_Read", bound=BaseModel)


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Client(_Model):
    lang_id: int = -1


class _Coordinates(_Model):
    latitude: float
    longitude: float


class _Venue(_Model):
    title: str = ""


class _Geo(_Model):
    coordinates: _Coordinates | None = None
    place: _Venue | None = None

    def where(self) -> Place | None:
        if self.coordinates is None:
            return None
        title = self.place.title if self.place else ""
        return Place(latitude=self.coordinates.latitude, longitude=self.coordinates.longitude, title=title)


class _Forwarded(_Model):
    text: str = ""
    attachments: list[Attachment] = Field(default_factory=list)


class _Message(_Model):
    id: int
    date: _Moment
    from_id: int
    peer_id: int
    text: str = ""
    conversation_message_id: int = 0
    update_time: _Moment = 0
    admin_author_id: int = 0
    attachments: list[Attachment] = Field(default_factory=list)
    fwd_messages: list[_Forwarded] = Field(default_factory=list)
    geo: _Geo | None = None
    payload: Any = None
    ref: str = ""
    ref_source: str = ""
    action: dict[str, Any] | None = None

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.date, UTC)

    @property
    def name(self) -> str:
        return str(self.id) if self.id else f"{self.peer_id}:{self.conversation_message_id}"

    def files(self) -> tuple[RemoteFile, ...]:
        forwarded = [file for one in self.fwd_messages for part in one.attachments for file in part.files()]
        return (*(file for part in self.attachments for file in part.files()), *forwarded)

    def content(self) -> Content | None:
        """Return what is said; None when there are but files."""
        words, place = "\n".join(filter(str.strip, self._words())), self.geo.where() if self.geo else None
        return Content.plain(words, location=place) if words or place else None

    def _words(self) -> Iterator[str]:
        yield self.text
        for part in self.attachments:
            words = part.words()
            if not (part.link and part.link.url in self.text):
                yield words
        for one in self.fwd_messages:
            yield "\n".join(f"> {line}" for line in one.text.splitlines())


class _New(_Model):
    message: _Message
    client_info: _Client = Field(default_factory=_Client)


class _Press(_Model):
    user_id: int
    peer_id: int
    event_id: str
    payload: Any = None


class _Permission(_Model):
    user_id: int
    key: str = ""


class _Seen(_Model):
    from_id: int
    peer_id: int
    read_message_id: Annotated[int, Field(ge=0)]


class _Event(_Model):
    type: str
    event_id: str = ""
    object: dict[str, Any] | None = None


def sender_key(body: Mapping[str, Any]) -> str:
    """Return whom an event is about, without reading all of it."""
    told = body.get("object")
    if isinstance(told, dict) and isinstance(told.get("message"), dict):
        told = told["message"]
    if not isinstance(told, dict):
        return ""
    for name in ("peer_id", "user_id", "from_id"):
        if type(told.get(name)) is int:
            return str(told[name])
    return ""


def parse(body: Mapping[str, Any]) -> Sequence[Update]:
    """Return what an event says; nothing for what does not concern us. ValueError when it cannot be read."""
    event = _Event.model_validate(dict(body))
    reader = _READERS.get(event.type)
    return reader(event) if reader else []


def _is_talk(peer: int) -> bool:
    return 0 < peer < FIRST_CHAT


def _told(event: _Event, model: type[_Read]) -> _Read:
    return model.model_validate(event.object)


def _received(event: _Event) -> Sequence[Update]:
    told = _told(event, _New)
    message = told.message
    if not _is_talk(message.peer_id) or message.from_id != message.peer_id:
        return []
    sender = Sender(str(message.from_id), language=_LANGUAGES.get(told.client_info.lang_id, ""))
    context = {"ref_source": message.ref_source} if message.ref_source else {}
    came = Started(sender, message.name, message.at, message.ref, context)
    pressed = _pressed_payload(message.payload)
    if pressed.get("command") == "start":
        return [came]
    said = _said(message, sender, pressed)
    return [came, *said] if message.ref else said


def _said(message: _Message, sender: Sender, pressed: Mapping[str, Any]) -> Sequence[Update]:
    if "button" in pressed:  # where an app of VK's knows no buttons that are pressed silently
        message_id, button_id = _button(pressed)
        text = message.text or _text(pressed)
        return [ButtonPressed(sender, message.name, message_id, button_id, text, message.at)]
    content, files = message.content(), message.files()
    if content is None and not files:
        if message.action is None:
            raise ValueError("unknown kind of message")
        return []
    return [MessageReceived(sender, message.name, content, message.at, files=files)]


def _edited(event: _Event) -> Sequence[Update]:
    message = _told(event, _Message)
    content = message.content()
    if not _is_talk(message.peer_id) or message.from_id != message.peer_id or content is None:
        return []
    at = datetime.fromtimestamp(message.update_time or message.date, UTC)
    return [MessageEdited(Sender(str(message.from_id)), message.name, content, at)]


def _replied(event: _Event) -> Sequence[Update]:
    """Take what an administrator typed in VK; what programs send, ours among them, has no author."""
    message = _told(event, _Message)
    content, files = message.content(), message.files()
    if not _is_talk(message.peer_id) or not message.admin_author_id or (content is None and not files):
        return []
    return [MemberWrote(Sender(str(message.peer_id)), message.name, content, message.at, files)]


def _pressed(event: _Event) -> Sequence[Update]:
    press = _told(event, _Press)
    if not _is_talk(press.peer_id):
        return []
    pressed = _pressed_payload(press.payload)
    message_id, button_id = _button(pressed)
    text = _text(pressed)
    if not (button_id.strip() or text.strip()):
        return []
    return [ButtonPressed(Sender(str(press.user_id)), f"press:{press.event_id}", message_id, button_id, text, None)]


def _allowed(event: _Event) -> Sequence[Update]:
    told = _told(event, _Permission)
    sender = Sender(str(told.user_id))
    changed = SubscriptionChanged(sender, "", "active", None)
    return [changed, Started(sender, f"allow:{event.event_id}", None, told.key)] if told.key else [changed]


def _denied(event: _Event) -> Sequence[Update]:
    return [SubscriptionChanged(Sender(str(_told(event, _Permission).user_id)), "", "blocked", None)]


def _seen(event: _Event) -> Sequence[Update]:
    told = _told(event, _Seen)
    if not _is_talk(told.peer_id) or told.from_id != told.peer_id:
        return []
    return [ReceiptReceived(Status.READ, None, sender=Sender(str(told.from_id)), upto=told.read_message_id)]


def _pressed_payload(payload: Any) -> Mapping[str, Any]:
    """Return a button's payload, which VK tells as an object or as its text; what is not ours, under its text."""
    told = payload
    if isinstance(told, str):
        try:
            told = json.loads(told) if told else {}
        except (ValueError, RecursionError):
            told = payload
    if isinstance(told, dict):
        return told
    return {"foreign": str(told)} if told not in (None, [], "") else {}


def _button(pressed: Mapping[str, Any]) -> tuple[int | None, str]:
    """Return our message's id and the button's; None and the whole payload for a button that is not ours."""
    ours = pressed.get("button")
    number, _, button_id = ours.partition(":") if isinstance(ours, str) else ("", "", "")
    if number.isascii() and number.isdecimal() and len(number) < 19 and button_id:
        return int(number), button_id
    return None, json.dumps(pressed, ensure_ascii=False) if pressed else ""


def _text(pressed: Mapping[str, Any]) -> str:
    text = pressed.get("text")
    return text if isinstance(text, str) else ""


_READERS: Mapping[str, Callable[[_Event], Sequence[Update]]] = {
    "message_new": _received,
    "message_reply": _replied,
    "message_edit": _edited,
    "message_allow": _allowed,
    "message_deny": _denied,
    "message_read": _seen,
    "message_event": _pressed,
}
