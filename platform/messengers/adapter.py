"""The contract between Kaskad and a messenger: what to call, and what the answer means. No I/O happens here.

`send`, `connect` and `disconnect` are generators: they yield a Call, are sent its Reply, and return a value.
`driver` runs them on a client; tests run them on canned replies.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, TypeAlias, TypeVar

from pydantic import BaseModel

from messengers.content import AttachmentKind, Content
from messengers.statuses import Status

_Result = TypeVar("_Result")


# ---- what an adapter asks for


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One request to the messenger's API."""

    method: str
    url: str
    json: Any = None
    form: Mapping[str, Any] | None = None
    files: Mapping[str, tuple[str, bytes, str]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 15.0  # seconds


@dataclass(frozen=True, slots=True)
class PushCall:
    """A message for Kaskad's own site chat: it is stored already, and whoever holds the visitor's socket is told."""

    channel_key: str
    visitor: str
    message_id: int


Call: TypeAlias = HttpCall | PushCall


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `status` is 0 when no answer came; `written` then says whether the request had left us."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    written: bool = True
    fault: str = ""


Steps: TypeAlias = Generator[Call, Reply, _Result]


# ---- what an attempt to send comes to


@dataclass(frozen=True, slots=True)
class Sent:
    """The messenger took it, under this id of its own."""

    external_id: str = ""


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Not now. With `whole_channel`, nothing at all may leave through this channel for `seconds`."""

    seconds: float
    reason: str
    whole_channel: bool = False


@dataclass(frozen=True, slots=True)
class Unreachable:
    """This person cannot be reached through this channel; `blocked` when he said so himself."""

    reason: str
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """The messenger refuses this message; another might pass."""

    reason: str


@dataclass(frozen=True, slots=True)
class ChannelBroken:
    """Nothing can leave until a person mends the channel (token revoked, bot deleted)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The call was cut after it had left us."""

    reason: str


Outcome: TypeAlias = Sent | RetryAt | Unreachable | Rejected | ChannelBroken | Uncertain


# ---- what the messenger tells us


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
class MessageReceived:
    """The person wrote. `client_id` is an id that his side made up, echoed to it."""

    sender: Sender
    external_id: str
    content: Content
    at: datetime
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """The person pressed a reply button of our message (its id with us), whose words were `text`."""

    sender: Sender
    external_id: str
    message_id: int | None
    button_id: str
    text: str
    at: datetime
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


Update: TypeAlias = MessageReceived | ButtonPressed | Started | SubscriptionChanged | ReceiptReceived


# ---- what a messenger can carry, and what it is


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` weights in `seconds`."""

    count: int
    seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class Capabilities:
    """A messenger's limits. Sizes of text in characters, of files in bytes; 0 means it cannot."""

    text: int
    caption: int
    markup: bool
    attachments: Mapping[AttachmentKind, int]
    attachments_per_message: int
    reply_buttons: int
    url_buttons: bool
    call_buttons: bool = False
    share_phone: bool = False
    share_location: bool = False
    button_text: int = 80
    cards: int = 0
    location: bool = False
    typing: bool = False
    rate: Rate = Rate(30)
    per_chat: Rate = Rate(1)
    receipts: tuple[Status, ...] = (Status.SENT,)
    idempotent: bool = False


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What an adapter may know of a channel: its public key, its settings, its secrets (decrypted)."""

    key: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    hook_url: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to leave: fitted content, and where it goes."""

    id: int
    to: str
    content: Content
    idempotency_key: str
    media_urls: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """A webhook's request as it came."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


class RefusedError(Exception):
    """A request at the door in is not the messenger's: `reason` is for the log and the staff's page."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


class Messenger:
    """A messenger's adapter. Subclass it in `adapters/`, one file each, and register it in `registry`."""

    kind: ClassVar[str]
    name: ClassVar[str]  # a msgid, translated at the edge
    capabilities: ClassVar[Capabilities]
    Settings: ClassVar[type[BaseModel]]  # public settings, stored on the channel
    Secrets: ClassVar[type[BaseModel] | None] = None  # encrypted, shown once

    def send(self, channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
        """Deliver one message."""
        raise NotImplementedError

    def connect(self, channel: ChannelFacts) -> Steps[Mapping[str, Any]]:
        """Check the keys, set the webhook; return facts for the settings. Raise ValueError with a reason code."""
        yield from ()
        return {}

    def disconnect(self, channel: ChannelFacts) -> Steps[None]:
        """Take the webhook down."""
        yield from ()

    def verify(self, channel: ChannelFacts, request: IncomingRequest) -> None:
        """Raise RefusedError unless the request is the messenger's own."""
        raise NotImplementedError

    def update_id(self, body: Mapping[str, Any]) -> str:
        """Return the messenger's own id of an update: repeats of it are dropped."""
        raise NotImplementedError

    def sender_key(self, body: Mapping[str, Any]) -> str:
        """Return whom an update is from, as far as a glance tells: those of one person are handled in order."""
        return ""

    def normalise(self, external_id: str) -> str:
        """Return the one form in which a person's id is kept."""
        return external_id.strip()

    def parse(self, channel: ChannelFacts, body: Mapping[str, Any]) -> Sequence[Update]:
        """Return what the update says; raise ValueError when it cannot be read."""
        raise NotImplementedError

    def acknowledge(self, channel: ChannelFacts, request: IncomingRequest) -> tuple[int, bytes, str] | None:
        """Return (status, body, content type) where the messenger wants more than an empty 200."""
        return None

    def deep_link(self, channel: ChannelFacts, payload: str) -> str | None:
        """Return an address that opens a chat with `payload`, where the messenger has one."""
        return None
