"""What the Bot API's updates say. Only private chats are conversations; groups are no subscribers."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from messengers.content import AttachmentKind, Content
from messengers.content import Location as Place
from messengers.updates import (
    ButtonPressed,
    MessageEdited,
    MessageReceived,
    RemoteFile,
    Sender,
    Started,
    SubscriptionChanged,
    Update,
)

# What we ask for; a kind that is not here means nothing to us.
ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")

# Messages that only tell of a change in the chat.
_SERVICE = frozenset(
    {
        *("pinned_message", "message_auto_delete_timer_changed", "chat_background_set", "write_access_allowed"),
        *("proximity_alert_triggered", "forum_topic_created", "boost_added", "connected_website", "web_app_data"),
        *("successful_payment", "refunded_payment", "users_shared", "chat_shared", "gift", "unique_gift"),
    }
)


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


_Moment = Annotated[int, Field(ge=0, le=99_999_999_999)]  # seconds, of which a date can be made


class _User(_Model):
    id: int
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    language_code: str = ""

    def sender(self, phone: str = "") -> Sender:
        extra = {"username": self.username} if self.username else {}
        name = f"{self.first_name} {self.last_name}".strip()
        return Sender(str(self.id), name=name, language=self.language_code, phone=phone, extra=extra)


class _Chat(_Model):
    id: int
    type: str


class _File(_Model):
    file_id: str
    file_name: str = ""
    mime_type: str = ""
    file_size: int = 0

    def remote(self, kind: AttachmentKind) -> RemoteFile:
        return RemoteFile(kind, self.file_id, self.file_name, self.mime_type, self.file_size)


class _Sticker(_File):
    emoji: str = ""
    is_animated: bool = False
    is_video: bool = False

    def picture(self) -> RemoteFile:
        moving = self.is_animated or self.is_video
        return self.remote(AttachmentKind.DOCUMENT if moving else AttachmentKind.IMAGE)


class _Contact(_Model):
    phone_number: str
    first_name: str = ""
    last_name: str = ""
    user_id: int | None = None

    @property
    def phone(self) -> str:
        return "+" + "".join(filter(str.isdigit, self.phone_number))


class _Location(_Model):
    latitude: float
    longitude: float


class _Venue(_Model):
    location: _Location
    title: str = ""
    address: str = ""


class _Poll(_Model):
    question: str


class _Dice(_Model):
    emoji: str
    value: int


class _InlineButton(_Model):
    text: str
    callback_data: str = ""


class _Keyboard(_Model):
    inline_keyboard: list[list[_InlineButton]] = Field(default_factory=list)


class _Message(_Model):
    message_id: int
    date: _Moment = 0
    edit_date: _Moment = 0
    chat: _Chat
    sender: _User | None = Field(default=None, alias="from")
    text: str = ""
    caption: str = ""
    media_group_id: str = ""
    photo: list[_File] = Field(default_factory=list)
    video: _File | None = None
    animation: _File | None = None
    audio: _File | None = None
    voice: _File | None = None
    video_note: _File | None = None
    document: _File | None = None
    sticker: _Sticker | None = None
    contact: _Contact | None = None
    location: _Location | None = None
    venue: _Venue | None = None
    poll: _Poll | None = None
    dice: _Dice | None = None
    reply_markup: _Keyboard | None = None

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.date, UTC)

    @property
    def name(self) -> str:
        """Return an id that is unique on the channel: Telegram counts in each chat."""
        return f"{self.chat.id}:{self.message_id}"

    def files(self) -> Iterator[RemoteFile]:
        if self.photo:
            yield self.photo[-1].remote(AttachmentKind.IMAGE)  # the largest stands last
        if self.sticker:
            yield self.sticker.picture()
        # An animation comes with a document that is the same file.
        for file, kind in (
            (self.video, AttachmentKind.VIDEO),
            (self.animation, AttachmentKind.VIDEO),
            (self.video_note, AttachmentKind.VIDEO),
            (self.audio, AttachmentKind.AUDIO),
            (self.voice, AttachmentKind.VOICE),
            (None if self.animation else self.document, AttachmentKind.DOCUMENT),
        ):
            if file:
                yield file.remote(kind)

    def words(self) -> str:
        """Return what there is to read."""
        if self.contact:
            name = f"{self.contact.first_name} {self.contact.last_name}".strip()
            return " ".join(part for part in (name, self.contact.phone) if part)
        if self.poll:
            return self.poll.question
        if self.dice:
            return f"{self.dice.emoji} {self.dice.value}"
        if self.sticker and not self.text:
            return self.sticker.emoji
        return self.text or self.caption

    def place(self) -> Place | None:
        if self.venue:
            title = ", ".join(part for part in (self.venue.title, self.venue.address) if part)
            where = self.venue.location
            return Place(latitude=where.latitude, longitude=where.longitude, title=title)
        if self.location:
            return Place(latitude=self.location.latitude, longitude=self.location.longitude)
        return None

    def content(self) -> Content | None:
        """Return what is said; None when there are but files."""
        words, place = self.words(), self.place()
        return Content.plain(words, location=place) if words.strip() or place else None


class _CallbackQuery(_Model):
    id: str
    sender: _User = Field(alias="from")
    message: _Message | None = None
    data: str = ""

    def button_text(self) -> str:
        keyboard = self.message.reply_markup if self.message else None
        rows = keyboard.inline_keyboard if keyboard else []
        return next((button.text for row in rows for button in row if button.callback_data == self.data), "")


class _ChatMember(_Model):
    status: str


class _ChatMemberUpdated(_Model):
    chat: _Chat
    sender: _User = Field(alias="from")
    date: _Moment
    new_chat_member: _ChatMember


class _Update(_Model):
    update_id: int
    message: _Message | None = None
    edited_message: _Message | None = None
    callback_query: _CallbackQuery | None = None
    my_chat_member: _ChatMemberUpdated | None = None


def sender_key(body: Mapping[str, Any]) -> str:
    """Return whom an update is from, without reading all of it."""
    for kind in ALLOWED:
        told = body.get(kind)
        sender = told.get("from") if isinstance(told, dict) else None
        if isinstance(sender, dict) and "id" in sender:
            return str(sender["id"])
    return ""


def parse(body: Mapping[str, Any]) -> Sequence[Update]:
    """Return what an update says; nothing for what does not concern us. ValueError when it cannot be read."""
    update = _Update.model_validate(dict(body))
    if update.message:
        return _received(update.message, body["message"])
    if update.edited_message:
        return _edited(update.edited_message)
    if update.callback_query:
        return _pressed(update.callback_query)
    if update.my_chat_member:
        return _member(update.my_chat_member)
    return []


def _received(message: _Message, body: Mapping[str, Any]) -> Sequence[Update]:
    if message.chat.type != "private" or message.sender is None:
        return []
    command, _, payload = message.text.partition(" ")
    if command == "/start":
        return [Started(message.sender.sender(), message.name, message.at, payload.strip())]
    content, files = message.content(), tuple(message.files())
    if content is None and not files:
        if _SERVICE.isdisjoint(body):
            raise ValueError("unknown kind of message")
        return []
    own = message.contact is not None and message.contact.user_id == message.sender.id
    sender = message.sender.sender(message.contact.phone if own and message.contact else "")
    album = message.media_group_id
    return [MessageReceived(sender, message.name, content, message.at, files=files, album=album)]


def _edited(message: _Message) -> Sequence[Update]:
    content = message.content()
    if message.chat.type != "private" or message.sender is None or content is None:
        return []
    at = datetime.fromtimestamp(message.edit_date or message.date, UTC)
    return [MessageEdited(message.sender.sender(), message.name, content, at)]


def _pressed(press: _CallbackQuery) -> Sequence[Update]:
    if press.message is None or press.message.chat.type != "private":
        return []
    text = press.button_text()
    if not (press.data.strip() or text.strip()):
        return []  # a button of a game
    ours, _, button_id = press.data.partition(":")
    message_id = int(ours) if ours.isdecimal() and button_id else None
    return [
        ButtonPressed(
            press.sender.sender(),
            f"press:{press.id}",
            message_id,
            button_id if message_id is not None else press.data,
            text,
            None,
        )
    ]


def _member(change: _ChatMemberUpdated) -> Sequence[Update]:
    if change.chat.type != "private":
        return []
    state = "blocked" if change.new_chat_member.status == "kicked" else "active"
    at = datetime.fromtimestamp(change.date, UTC)
    return [SubscriptionChanged(change.sender.sender(), "", state, at)]
