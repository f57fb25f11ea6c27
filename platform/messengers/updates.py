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
    late: bool = False  # it was fetched long after it was said: nothing begins by it


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
class MemberWrote:
    """One of us wrote to the person (`sender`) past Kaskad, in the messenger's own app.

    `perhaps_ours`: the messenger does not say whether it was rather Kaskad itself.
    """

    sender: Sender
    external_id: str
    content: Content | None  # None: nothing but files
    at: datetime
    files: tuple[RemoteFile, ...] = ()
    perhaps_ours: bool = False


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
    late: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """The person came in: pressed Start, opened the chat for the first time, followed a link with `payload`.

    `at` is None where the messenger does not say when.
    """

    sender: Sender
    external_id: str
    at: datetime | None
    payload: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    late: bool = False


@dataclass(frozen=True, slots=True)
class SubscriptionChanged:
    """The person subscribed, unsubscribed, blocked or let us in again. `at` is None where nobody says when."""

    sender: Sender
    external_id: str
    state: str  # Identity.State
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ReceiptReceived:
    """News of messages that we sent: by our ids, or by the messenger's. `at` is None where nobody says when.

    `upto` is for who counts his messages: all that the sender got whose number is not above it. `until` is for who
    tells a moment: all that the sender had got by then.
    """

    status: Status
    at: datetime | None
    message_ids: tuple[int, ...] = ()
    external_ids: tuple[str, ...] = ()
    sender: Sender | None = None
    reason: str = ""
    upto: int = 0
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class TemplateChanged:
    """The messenger thinks otherwise of a message that it approves beforehand; what is empty is as before.

    `state` is a TemplateState, or `deleted`. `shared_by` are the settings by which the channels are known that have it.
    """

    external_id: str
    name: str
    language: str
    state: str = ""
    reason: str = ""
    quality: str = ""
    category: str = ""
    shared_by: Mapping[str, str] = field(default_factory=dict)
    sender: None = None


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """The messenger thinks otherwise of an account: `facts` join its channel's settings.

    `shared_by` are as in TemplateChanged; with `phone` (its digits) only that number's channel is meant. With `broken`,
    a reason code, nothing can leave any more.
    """

    facts: Mapping[str, Any]
    shared_by: Mapping[str, str] = field(default_factory=dict)
    phone: str = ""
    broken: str = ""
    sender: None = None


Update: TypeAlias = (
    MessageReceived
    | MessageEdited
    | MessageDeleted
    | MemberWrote
    | ButtonPressed
    | Started
    | SubscriptionChanged
    | ReceiptReceived
    | TemplateChanged
    | AccountChanged
)
