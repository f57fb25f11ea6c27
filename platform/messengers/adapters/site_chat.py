"""Kaskad's own messenger: the chat on a site. `inbox` parses what its door stored, `driver` runs its pushes."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from messengers.adapter import (
    Capabilities,
    ChannelFacts,
    IncomingRequest,
    Messenger,
    Outcome,
    Outgoing,
    PushCall,
    Rate,
    RefusedError,
    Sent,
    Steps,
)
from messengers.content import Attachment, AttachmentKind, Content
from messengers.statuses import Status
from messengers.updates import ButtonPressed, MessageReceived, ReceiptReceived, Sender, Started, Update

FILE_SIZE = 20 * 1024 * 1024
TEXT_LENGTH = 4_000

CAPABILITIES = Capabilities(
    text=TEXT_LENGTH,
    caption=TEXT_LENGTH,
    markup=True,
    attachments=dict.fromkeys(AttachmentKind, FILE_SIZE),
    attachments_per_message=10,
    reply_buttons=20,
    url_buttons=True,
    call_buttons=True,
    share_phone=True,
    cards=10,
    location=True,
    rate=Rate(500),
    per_chat=Rate(20),
    receipts=(Status.SENT, Status.DELIVERED, Status.READ),
    idempotent=True,
    edits=True,
    deletes=True,
)


class SiteChatSettings(BaseModel):
    """How the chat looks, and on which sites it may stand."""

    model_config = ConfigDict(extra="ignore")

    title: str = Field(default="", max_length=60)
    greeting: str = Field(default="", max_length=200)
    offline_text: str = Field(default="", max_length=200)
    color: str = Field(default="#0b7a99", pattern=r"^#[0-9a-f]{6}$")
    position: Literal["right", "left"] = "right"
    language: Literal["page", "ru", "en"] = "page"
    origins: list[str] = Field(default_factory=list, max_length=50)


class _Visited(BaseModel):
    """What every stored body begins with."""

    model_config = ConfigDict(extra="forbid")

    visitor: str = Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    at: datetime


class _StartedBody(_Visited):
    type: Literal["started"]
    language: str = ""
    context: dict[str, Any] = Field(default_factory=dict)

    def update_id(self) -> str:
        return f"started:{self.visitor}"

    def update(self) -> Update:
        sender = Sender(self.visitor, language=self.language)
        return Started(sender, self.update_id(), self.at, context=self.context)


class _Written(_Visited):
    client_id: str = Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")

    def update_id(self) -> str:
        return f"{self.visitor}:{self.client_id}"


class _MessageBody(_Written):
    type: Literal["message"]
    text: str = Field(default="", max_length=TEXT_LENGTH)
    attachments: list[Attachment] = Field(default_factory=list, max_length=10)
    phone: str = ""

    def update(self) -> Update:
        content = Content.plain(self.text, attachments=self.attachments)
        sender = Sender(self.visitor, phone=self.phone)
        return MessageReceived(sender, self.update_id(), content, self.at, self.client_id)


class _ButtonBody(_Written):
    type: Literal["button"]
    message_id: int
    button_id: str
    text: str

    def update(self) -> Update:
        sender = Sender(self.visitor)
        return ButtonPressed(
            sender, self.update_id(), self.message_id, self.button_id, self.text, self.at, self.client_id
        )


class _ReceiptBody(_Visited):
    type: Literal["receipt"]
    status: Literal[Status.DELIVERED, Status.READ]
    message_ids: list[int] = Field(min_length=1, max_length=200)

    def update_id(self) -> str:
        ids = ",".join(str(number) for number in sorted(self.message_ids))
        digest = hashlib.sha256(ids.encode()).hexdigest()[:32]
        return f"{self.status}:{self.visitor}:{digest}"

    def update(self) -> Update:
        return ReceiptReceived(self.status, self.at, tuple(self.message_ids), sender=Sender(self.visitor))


_Body = Annotated[_StartedBody | _MessageBody | _ButtonBody | _ReceiptBody, Field(discriminator="type")]
_BODY: TypeAdapter[_Body] = TypeAdapter(_Body)


class SiteChat(Messenger):
    """The chat that stands on a workspace's own sites."""

    kind: ClassVar[str] = "site_chat"
    name: ClassVar[str] = "Site chat"
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    Settings: ClassVar[type[BaseModel]] = SiteChatSettings

    def send(self, channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
        """Tell the visitor's open pages. A page that hears nothing finds the message by itself: it is stored."""
        yield PushCall(channel.key, message.to, message.id)
        return Sent()

    def edit(self, channel: ChannelFacts, message: Outgoing, external_id: str) -> Steps[Outcome]:
        """Agree: what is stored is what the visitor sees, and his pages are told once it has changed."""
        yield from ()
        return Sent(external_id)

    def delete(self, channel: ChannelFacts, to: str, external_id: str) -> Steps[Outcome]:
        """Agree, likewise."""
        yield from ()
        return Sent(external_id)

    def verify(self, channel: ChannelFacts, request: IncomingRequest) -> None:
        """Refuse: the widget has a door of its own, which knows its visitors."""
        raise RefusedError("the site chat takes no webhooks")

    def update_id(self, body: Mapping[str, Any]) -> str:
        """Return the id under which a repeat is known: made of the visitor and of what his page made up."""
        return _BODY.validate_python(body).update_id()

    def sender_key(self, body: Mapping[str, Any]) -> str:
        """Return the visitor: what one person does is handled in order."""
        return str(body["visitor"])

    def parse(self, channel: ChannelFacts, body: Mapping[str, Any]) -> Sequence[Update]:
        """Return the one thing that a stored body says."""
        return [_BODY.validate_python(body).update()]
