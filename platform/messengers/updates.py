"""What a messenger tells us, in the words of every adapter: who wrote, came or left, and what became of messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from messengers.content import AttachmentKind, Content
from messengers.statuses import Status


@dataclass(frozen=True, slots=True)
class Sender:
    """Who it comes from: the messenger's own id, and what it said of the person."""

    external_id: str
    name: str = ""
    language: str = ""
    phone: str = ""
    email: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that a person sent and the messenger holds. `ref` is what `locate` needs to find it."""

    kind: AttachmentKind
    ref: str
    name: str = ""
    content_type: str = ""
    size: int = 0  # bytes; 0 when the messenger did not say


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """The person wrote. `client_id` is an id that his side made up, echoed to it.

    `files` are fetched afterwards. Messages of one `album` (the messenger's name for it) are shown as one.
    """

    sender: Sender
    external_id: str
    content: Content | None  # None: nothing but files
    at: datetime
    client_id: str = ""
    files: tuple[RemoteFile, ...] = ()
    album: str = ""


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """The person changed what he wrote."""

    sender: Sender
    external_id: str  # of the message
    content: Content
    at: datetime


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """The person took back what he wrote."""

    sender: Sender
    external_id: str  # of the message
    at: datetime


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """The person pressed a reply button of our message (its id with us), whose words were `text`.

    `at` is None where the messenger does not say when.
    """

    sender: Sender
    external_id: str
    message_id: int | None
    button_id: str
    text: str
    at: datetime | None
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """The person came in: pressed Start, opened the chat for the first time, followed a link with `payload`."""

    sender: Sender
    external_id: str
    at: datetime
    payload: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SubscriptionChanged:
    """The person subscribed, unsubscribed, blocked or let us in again."""

    sender: Sender
    external_id: str
    state: str  # Identity.State
    at: datetime


@dataclass(frozen=True, slots=True)
class ReceiptReceived:
    """News of messages that we sent: by our ids, or by the messenger's."""

    status: Status
    at: datetime
    message_ids: tuple[int, ...] = ()
    external_ids: tuple[str, ...] = ()
    sender: Sender | None = None
    reason: str = ""


Update: TypeAlias = (
    MessageReceived | MessageEdited | MessageDeleted | ButtonPressed | Started | SubscriptionChanged | ReceiptReceived
)
