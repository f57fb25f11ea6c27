"""What Viber tells: what people write and press, who comes and goes, what became of messages."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from messengers.adapters.viber.calls import Token
from messengers.adapters.viber.writing import ASKS_PHONE, PRESS
from messengers.content import AttachmentKind, Content, Location
from messengers.statuses import Status
from messengers.updates import (
    ButtonPressed,
    MessageReceived,
    ReceiptReceived,
    RemoteFile,
    Sender,
    Started,
    SubscriptionChanged,
    Update,
)

# What we ask for. Messages, subscribed and unsubscribed come unasked.
WANTED = ("delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started")
BEGIN = "start:"  # what the button under the welcome says, with what the link brought
_LATEST = 4_102_444_800_000  # milliseconds: the year 2100
_FILES = {"picture": AttachmentKind.IMAGE, "video": AttachmentKind.VIDEO, "file": AttachmentKind.DOCUMENT}
_RECEIPTS = {"delivered": Status.DELIVERED, "seen": Status.READ, "failed": Status.REJECTED}
_NOTHING = frozenset({"webhook", "client_status", "action"})


_Words = Annotated[str, BeforeValidator(lambda told: "" if told is None else told)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Person(_Model):
    id: str = Field(min_length=1)
    name: _Words = ""
    country: _Words = ""
    language: _Words = ""

    def sender(self, phone: str = "") -> Sender:
        extra = {"country": self.country} if self.country else {}
        return Sender(self.id, name=self.name, language=self.language, phone=phone, extra=extra)


class _Contact(_Model):
    name: _Words = ""
    phone_number: _Words = ""

    @property
    def phone(self) -> str:
        digits = "".join(filter(str.isdigit, self.phone_number))
        return f"+{digits}" if digits else ""


class _Place(_Model):
    lat: float
    lon: float


class _Message(_Model):
    type: str
    text: _Words = ""
    media: _Words = ""
    file_name: _Words = ""
    size: int = Field(default=0, ge=0)
    sticker_id: int | None = None
    contact: _Contact | None = None
    location: _Place | None = None
    tracking_data: _Words = ""

    def files(self) -> tuple[RemoteFile, ...]:
        kind = _FILES.get(self.type)
        if kind and not self.media:
            raise ValueError("missing media")
        if kind:
            return (RemoteFile(kind, self.media, self.file_name, size=self.size),)
        if self.type == "sticker" and self.media:
            return (RemoteFile(AttachmentKind.IMAGE, self.media),)
        return ()

    def content(self) -> Content | None:
        """Return what is said; None when there are but files."""
        match self.type:
            case "text" | "picture" | "video" | "file":
                words = self.text
            case "url":
                words = self.media or self.text
            case "contact" if self.contact:
                words = " ".join(part for part in (self.contact.name, self.contact.phone) if part)
            case "sticker":
                words = "" if self.media else f"🙂 {self.sticker_id or ''}".strip()
            case "location" if self.location:
                return Content.plain("", location=Location(latitude=self.location.lat, longitude=self.location.lon))
            case _:
                raise ValueError(f"unknown kind of message: {self.type[:50]}")
        return Content.plain(words) if words.strip() else None


class _Event(_Model):
    event: str
    timestamp: int = Field(ge=0, le=_LATEST)
    message_token: Token
    sender: _Person | None = None
    user: _Person | None = None
    user_id: _Words = ""
    message: _Message | None = None
    context: _Words = ""
    desc: _Words = ""

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.timestamp / 1000, UTC)

    def who(self) -> _Person:
        if person := self.sender or self.user:
            return person
        return _Person(id=self.user_id)


def update_id(body: Mapping[str, Any]) -> str:
    """Return a name of the event: Viber repeats it until we have taken it."""
    event, token = body["event"], body["message_token"]
    if not isinstance(event, str) or type(token) is not int:
        raise ValueError("no name of an event")
    return f"{event}:{token}:{_named(body)}"


def sender_key(body: Mapping[str, Any]) -> str:
    """Return whom an event is from, without reading all of it. What became of our messages need not wait its turn."""
    return "" if str(body.get("event")) in _RECEIPTS else _named(body)


def _named(body: Mapping[str, Any]) -> str:
    for name in ("sender", "user"):
        told = body.get(name)
        if isinstance(told, dict) and isinstance(told.get("id"), str):
            return str(told["id"])
    told = body.get("user_id")
    return told if isinstance(told, str) else ""


def parse(body: Mapping[str, Any]) -> Sequence[Update]:
    """Return what an event says. ValueError when it cannot be read."""
    if str(body.get("event")) in _NOTHING:
        return []
    event = _Event.model_validate(dict(body))
    match event.event:
        case "message":
            return [_said(event)]
        case "conversation_started":
            return [Started(event.who().sender(), event.message_token, event.at, event.context)]
        case "subscribed":
            return [SubscriptionChanged(event.who().sender(), "", "active", event.at)]
        case "unsubscribed":
            # Whoever writes is subscribed again: that is what being let in again is called here.
            return [SubscriptionChanged(event.who().sender(), "", "blocked", event.at)]
        case "delivered" | "seen" | "failed":
            return [_receipt(event)]
    raise ValueError(f"unknown event: {event.event[:50]}")


def _said(event: _Event) -> Update:
    message, person = event.message, event.sender
    if message is None or person is None:
        raise ValueError("missing message or sender")
    if message.type == "text" and (found := PRESS.fullmatch(message.text)):
        number, button, words = found.groups()
        return ButtonPressed(person.sender(), event.message_token, int(number), button, words, event.at)
    if message.type == "text" and message.text.startswith(BEGIN):
        return Started(person.sender(), event.message_token, event.at, message.text.removeprefix(BEGIN))
    files, content = message.files(), message.content()
    if content is None and not files:
        raise ValueError("missing words")
    own = message.contact is not None and message.tracking_data == ASKS_PHONE
    sender = person.sender(message.contact.phone if own and message.contact else "")
    return MessageReceived(sender, event.message_token, content, event.at, files=files)


def _receipt(event: _Event) -> ReceiptReceived:
    """Return what became of a message. It is seen once for all that came before."""
    return ReceiptReceived(
        _RECEIPTS[event.event],
        event.at,
        external_ids=(event.message_token,),
        sender=event.who().sender(),
        reason=event.desc[:300] if event.event == "failed" else "",
        until=event.at if event.event == "seen" else None,
    )
