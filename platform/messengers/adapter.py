"""The contract between Kaskad and a messenger: what to call, and what the answer means. No I/O happens here.

What talks to the messenger (`send`, `edit`, `connect`, `poll`, …) is a generator: it yields a Call, is sent its Reply,
and returns a value. `driver` runs it on a client; tests run it on canned replies.
"""

from collections.abc import Generator, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeAlias, TypeVar

from pydantic import BaseModel

from messengers.content import AttachmentKind, Content
from messengers.statuses import Status
from messengers.template_parts import NewTemplate, ToldTemplate
from messengers.updates import RemoteFile, Update

_Result = TypeVar("_Result")


# ---- what an adapter asks for


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that Kaskad holds (`media` is its id). The driver reads it when the call leaves."""

    media: int
    name: str
    content_type: str


@dataclass(slots=True)
class HttpCall:
    """One request to the messenger's API. With `files` it is a multipart form, and `form` its other fields."""

    method: str
    url: str
    json: Any = None
    form: Mapping[str, Any] | None = None
    files: Mapping[str, StoredFile] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 15.0  # seconds


@dataclass(frozen=True, slots=True)
class PushCall:
    """A message for Kaskad's own site chat: it is stored already, and whoever holds the visitor's socket is told."""

    channel_key: str
    visitor: str
    message_id: int


@dataclass(frozen=True, slots=True)
class HookExpected:
    """From now on, for some minutes, the door in answers a check of this channel's address by these facts.

    `connect` yields it before the call that makes the messenger ask: the channel itself is not stored yet.
    """

    channel: "ChannelFacts"


@dataclass(slots=True)
class SessionCall:
    """A call that does not go over HTTP. Subclass it: `transport` names the module in `transports/` that carries it."""

    transport: ClassVar[str]


Call: TypeAlias = HttpCall | PushCall | HookExpected | SessionCall


@dataclass(slots=True)
class Reply:
    """What came back. `status` is 0 when no answer came; `written` then says whether the request had left us."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    written: bool = True
    fault: str = ""


Steps: TypeAlias = Generator[Call, Reply, _Result]


# ---- what an attempt to send comes to


@dataclass(slots=True)
class Sent:
    """The messenger took it, under this id of its own; several ids (an album) are divided by commas.

    `file_ids` are the messenger's names for files that were uploaded, by media id: next time they are sent by name.
    """

    external_id: str = ""
    file_ids: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Not now. With `whole_channel`, nothing at all may leave through this channel for `seconds`.

    What was not even tried is not `counted`, however often that happens. Each try waits twice as long as the one before
    it, at most some minutes, or `longest` seconds where those would be too few. `file_ids` are as in Sent: files that
    went up need not go up again though the message did not leave.
    """

    seconds: float
    reason: str
    whole_channel: bool = False
    counted: bool = True
    file_ids: Mapping[int, str] = field(default_factory=dict, hash=False)
    longest: float = 0


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


# ---- what the messenger answers when asked


@dataclass(frozen=True, slots=True)
class Profile:
    """What a messenger says of a person when asked."""

    name: str = ""
    language: str = ""
    phone: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    picture: RemoteFile | None = None


@dataclass(frozen=True, slots=True)
class Connected:
    """A connected account: what `connect` found out. `facts` join the channel's settings."""

    name: str = ""  # what the messenger calls the account
    facts: Mapping[str, Any] = field(default_factory=dict)
    picture: RemoteFile | None = None
    account: str = ""  # the messenger's own id of it: an installation connects it once


@dataclass(frozen=True, slots=True)
class HookState:
    """Where the messenger delivers its news. `url` is empty when nowhere; `last_error` in the messenger's own words."""

    url: str
    is_ours: bool
    waiting: int = 0  # updates that the messenger still holds
    last_error: str = ""
    last_error_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class News:
    """Updates that were fetched: raw bodies, and the cursor with which the next ones are asked for."""

    bodies: Sequence[Mapping[str, Any]]
    cursor: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What messages would cost: how many `parts` are counted for one person, and the whole sum where it is known.

    `left` are the letters that still go into the last part, where parts have a length.
    """

    parts: int
    alphabet: str
    left: int | None = None
    amount: Decimal | None = None
    currency: str = ""


# ---- what a messenger can carry, and what it is


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` weights in `seconds`."""

    count: int
    seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class Capabilities:
    """A messenger's limits. Sizes of text in characters, of files in bytes; 0 means it cannot.

    What the limits of text and caption count: with `text_in_bytes`, bytes of UTF-8.
    """

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
    mixed_buttons: int = 100  # at most, where a message has buttons of other kinds than reply, too
    text_with_buttons: int = 0  # the limit of text that bears buttons, where it is another one
    text_with_mixed_buttons: int = 0  # and of text that bears buttons of other kinds than reply
    text_in_bytes: bool = False
    types: Mapping[AttachmentKind, frozenset[str]] = field(default_factory=dict)  # content types; missing: all
    seconds: Mapping[AttachmentKind, int] = field(default_factory=dict)  # the longest films and sounds; missing: any
    captions: frozenset[AttachmentKind] = frozenset(AttachmentKind)  # the kinds that words may stand under
    file_buttons: bool = True  # a file may have buttons though there are no words
    caption_buttons: int = 100  # at most, under a file and its words
    albums: tuple[frozenset[AttachmentKind], ...] = (frozenset(AttachmentKind),)  # kinds that may share a message
    album_buttons: bool = True  # several files in one message may have buttons
    cards: int = 0
    card_text: int = 400  # characters under a card's title
    cards_alike: bool = False  # a carousel's cards all have the same parts: a picture, words, so many buttons
    cards_full: bool = False  # and there are two or more, each with a picture and buttons, all of one kind
    cards_with_text: bool = False  # they may stand under the words of the same message
    location: bool = False
    typing: bool = False
    rate: Rate = Rate(30)
    per_chat: Rate = Rate(1)
    receipts: tuple[Status, ...] = (Status.SENT,)
    idempotent: bool = False
    edits: bool = False  # what was sent can be changed
    deletes: bool = False  # and taken back
    deletes_within: float = 0  # hours after which that is too late; 0: never
    polls: bool = False  # news can be fetched by who has no public address
    batch: int = 1  # messages of a mailing that one call may carry: see `together`
    by_phone: bool = False  # people are written to by their phone number: nobody has to write first
    window_for_members: float = 0  # the same for what a person of the team writes, where it is another
    window: float = 0  # hours since the person's last word in which one may write freely; 0: always
    paid: bool = False  # messages cost money: see `cost`
    templates: bool = False  # and what may be said after that: messages approved beforehand
    subjects: bool = False  # a message has a subject
    reuses_files: bool = False  # a file that was sent once is sent again by the messenger's name for it


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What an adapter may know of a channel: its public key, its settings, its secrets (decrypted).

    `api` is the root of the messenger's API where that is not the usual one: the lab's. `polls` says that news are
    fetched and no webhook is wanted.
    """

    key: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    hook_url: str = ""
    api: str = ""
    polls: bool = False
    account: str = ""  # the messenger's own id of what is connected
    seal: str = ""  # a secret of this installation's for this channel: what bears its mark comes from us


@dataclass(slots=True)
class Outgoing:
    """A message ready to leave: fitted content, and where it goes. `file_ids` are the messenger's own, by media id.

    `bulk` says that it belongs to a mailing, `by_member` that a person of the team wrote it; `heard_at` is when the
    person last wrote, pressed or came. `thread` is what his last words left in `Sender.extra` under that name, where
    messages have subjects: an answer refers to it.
    """

    id: int
    to: str
    content: Content
    idempotency_key: str
    media_urls: Mapping[int, str] = field(default_factory=dict)
    file_ids: Mapping[int, str] = field(default_factory=dict)
    bulk: bool = False
    by_member: bool = False
    heard_at: datetime | None = None
    thread: str = ""


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
    answers_apart: ClassVar[bool] = False  # `answer` is called after webhooks, too: their own answer cannot hold it

    def send(self, channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
        """Deliver one message."""
        raise NotImplementedError

    def together(self, channel: ChannelFacts, message: Outgoing) -> Hashable | None:
        """Return what a mailing's messages must have in common to leave in one call; None: it goes by itself."""
        return None

    def send_many(self, channel: ChannelFacts, messages: Sequence[Outgoing]) -> Steps[Sequence[Outcome]]:
        """Deliver up to `capabilities.batch` messages of one `together` with one call; an outcome for each, in order.

        The call costs the rate what one message does.
        """
        raise NotImplementedError

    @property
    def tells_profiles(self) -> bool:
        """Say whether this messenger tells who people are when it is asked."""
        return type(self).profile is not Messenger.profile

    @property
    def tells_missed(self) -> bool:
        """Say whether what a webhook did not bring can be fetched afterwards."""
        return type(self).missed is not Messenger.missed

    def rate(self, channel: ChannelFacts) -> Rate:
        """Return how fast this channel may send: some have bought more than others."""
        return self.capabilities.rate

    def weight(self, content: Content) -> int:
        """Return what a fitted part costs of the rate: files of an album, parts of an SMS."""
        return 1

    def cost(self, channel: ChannelFacts, texts: Sequence[str], phones: Sequence[str]) -> Steps[Cost | None]:
        """Say what these texts would cost, sent to each of these people; None where messages cost nothing.

        Without people nobody is asked: what is set is told for one person.
        Raise ValueError with a reason code.
        """
        yield from ()
        return None

    def edit(self, channel: ChannelFacts, message: Outgoing, external_id: str) -> Steps[Outcome]:
        """Change a message that was sent."""
        raise NotImplementedError

    def delete(self, channel: ChannelFacts, to: str, external_id: str) -> Steps[Outcome]:
        """Take back a message that was sent."""
        raise NotImplementedError

    def account(self, channel: ChannelFacts) -> Steps[Connected]:
        """Ask whose the keys are, and change nothing. Raise ValueError with a reason code that the page words."""
        yield from ()
        return Connected()

    def templates(self, channel: ChannelFacts) -> Steps[Sequence[ToldTemplate]]:
        """Return the messages that are approved beforehand, or wait for it. Raise ValueError with a reason code."""
        raise NotImplementedError

    def create_template(self, channel: ChannelFacts, wanted: NewTemplate) -> Steps[ToldTemplate]:
        """Ask to have a message approved. Raise ValueError with a reason code, or with the messenger's own words."""
        raise NotImplementedError

    def delete_template(self, channel: ChannelFacts, name: str, external_id: str) -> Steps[None]:
        """Delete one. Raise ValueError with a reason code."""
        raise NotImplementedError

    def connect(self, channel: ChannelFacts) -> Steps[Connected]:
        """Check the keys and have news delivered to us. Raise ValueError with a reason code that the page words."""
        yield from ()
        return Connected()

    def disconnect(self, channel: ChannelFacts) -> Steps[None]:
        """Take the webhook down."""
        yield from ()

    def hook(self, channel: ChannelFacts) -> Steps[HookState | None]:
        """Ask where news are delivered; None where there is nothing to ask. Raise ValueError with a reason code."""
        yield from ()
        return None

    def poll(self, channel: ChannelFacts, cursor: str, seconds: float) -> Steps[News]:
        """Fetch news, waiting for them at most `seconds`. Raise ValueError with a reason code."""
        raise NotImplementedError

    def locate(self, channel: ChannelFacts, ref: str) -> Steps[HttpCall | SessionCall]:
        """Return the call that fetches a file which a person sent. Raise ValueError with a reason code."""
        raise NotImplementedError

    def missed(self, channel: ChannelFacts, since: datetime) -> Steps[Sequence[Mapping[str, Any]]]:
        """Fetch what people wrote from then on, oldest first, as updates: our webhook was another's, or was gone.

        Nobody is asked for more than a bounded part. What came by webhook as well does no harm. Raise ValueError with a
        reason code. Only for who does not hold updates for us.
        """
        raise NotImplementedError

    def profile(self, channel: ChannelFacts, external_id: str) -> Steps[Profile | None]:
        """Ask who a person is; None where the messenger does not say."""
        yield from ()
        return None

    def answer(self, channel: ChannelFacts, body: Mapping[str, Any]) -> HttpCall | None:
        """Return a call that an update wants at once (that a press was heard); losing it does no harm."""
        return None

    def verify(self, channel: ChannelFacts, request: IncomingRequest) -> None:
        """Raise RefusedError unless the request is the messenger's own."""
        raise NotImplementedError

    def handshake(self, channel: ChannelFacts, request: IncomingRequest) -> tuple[int, bytes, str] | None:
        """Answer a check of the address itself, in which there is no news: (status, body, content type).

        None for everything else, which `verify` looks at. Raise RefusedError for a check that is not for us.
        """
        return None

    def read_request(self, channel: ChannelFacts, request: IncomingRequest, now: datetime) -> Mapping[str, Any] | None:
        """Return the body to keep of a request that says by its address what it means; None: its own body says it."""
        return None

    def read_form(self, channel: ChannelFacts, fields: Mapping[str, str], now: datetime) -> Mapping[str, Any]:
        """Return the body to keep of a request that came as a form: `now` is for news that do not say when."""
        return fields

    def unpack(self, body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Divide a request's body into updates, each kept and handled by itself. An envelope may hold many."""
        return [body]

    def account_of(self, body: Mapping[str, Any]) -> str:
        """Return whose an update is where one address serves several accounts; empty: the channel's own.

        It goes to that account's channel if the same request passes `verify` there.
        """
        return ""

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
