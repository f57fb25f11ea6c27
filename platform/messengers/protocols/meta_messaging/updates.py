"""What a Page's and an Instagram account's webhooks say. `sending.write` made the payloads that come back in presses.

An update keeps the envelope of the request it came in, with one entry and one event in that.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from messengers.content import AttachmentKind, Content, Location
from messengers.protocols.meta_messaging.payloads import START, button, is_ours
from messengers.statuses import Status
from messengers.updates import (
    ButtonPressed,
    MemberWrote,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    ReceiptReceived,
    RemoteFile,
    Sender,
    Started,
    Update,
)

FILES: Mapping[str, AttachmentKind] = {
    "image": AttachmentKind.IMAGE,
    "video": AttachmentKind.VIDEO,
    "audio": AttachmentKind.AUDIO,
    "file": AttachmentKind.DOCUMENT,
    "animated_image_share": AttachmentKind.IMAGE,
}
UNREADABLE_THERE = "[…]"  # the person sent what the API does not tell: the app shows it
# Events that change nothing for us.
_IGNORED = frozenset(
    {
        *("reaction", "account_linking", "pass_thread_control", "take_thread_control", "request_thread_control"),
        *(
            "app_roles",
            "policy_enforcement",
            "policy-enforcement",
            "game_play",
            "messaging_feedback",
            "response_feedback",
        ),
        *("message_context", "message_request", "community_chat_settings"),
    }
)
_NAMED = ("message", "postback", "message_edit", "read", "delivery", "referral", "optin", "reaction")
_NAME = 200  # characters of an id that can be kept

_Id = Annotated[str, StringConstraints(min_length=1, max_length=_NAME)]
_Time = Annotated[int, Field(ge=0, le=10**14, strict=True)]  # milliseconds


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Party(_Model):
    id: _Id


class _Coordinates(_Model):
    lat: float = Field(ge=-90, le=90)
    long: float = Field(ge=-180, le=180)


class _Payload(_Model):
    url: str = ""
    title: str = ""
    coordinates: _Coordinates | None = None


class _Attachment(_Model):
    type: str
    title: str = ""
    url: str = ""
    payload: _Payload | None = None

    @property
    def address(self) -> str:
        return (self.payload.url if self.payload else "") or self.url

    def file(self) -> RemoteFile | None:
        kind = FILES.get(self.type)
        return RemoteFile(kind, self.address) if kind and self.address else None

    def words(self) -> str:
        """Return what is shown of something shared: its title and address."""
        title = self.title or (self.payload.title if self.payload else "")
        return " ".join(part for part in (f"↪ {title}".strip(), self.address) if part)


class _QuickReply(_Model):
    payload: str = ""


class _Story(_Model):
    url: str = ""


class _ReplyTo(_Model):
    story: _Story | None = None


class _Referral(_Model):
    ref: str = ""
    source: str = ""
    type: str = ""
    ad_id: str | int = ""

    def context(self) -> dict[str, str]:
        told = {"source": self.source, "type": self.type, "ad_id": str(self.ad_id)}
        return {name: value for name, value in told.items() if value}


class _Message(_Model):
    mid: _Id
    text: str = ""
    is_echo: bool = False
    is_deleted: bool = False
    is_unsupported: bool = False
    app_id: int | str | None = None
    metadata: str = ""
    quick_reply: _QuickReply | None = None
    attachments: list[_Attachment] = Field(default_factory=list)
    reply_to: _ReplyTo | None = None
    referral: _Referral | None = None

    def files(self) -> tuple[RemoteFile, ...]:
        return tuple(file for one in self.attachments if (file := one.file()))

    def content(self) -> Content | None:
        """Return what is said; None when there are but files."""
        place: Location | None = None
        lines = [f"↪ {self.reply_to.story.url}"] if self.reply_to and self.reply_to.story else []
        lines.append(self.text)
        for one in self.attachments:
            at = one.payload.coordinates if one.payload else None
            if at:
                place = Location(latitude=at.lat, longitude=at.long, title=one.title)
            elif not one.file() and one.address not in self.text:
                lines.append(one.words())
        words = "\n".join(line for line in lines if line.strip())
        if not words and place is None and not self.files():
            words = UNREADABLE_THERE
        return Content.plain(words, location=place) if words or place else None


class _Postback(_Model):
    mid: str = Field(default="", max_length=_NAME)
    title: str = ""
    payload: str = ""
    referral: _Referral | None = None


class _Watermark(_Model):
    watermark: _Time = 0


class _Edit(_Model):
    mid: _Id
    text: str = ""


class _Optin(_Model):
    ref: str = ""
    type: str = ""


class _Event(_Model):
    sender: _Party | None = None
    recipient: _Party | None = None
    timestamp: _Time = 0
    message: _Message | None = None
    message_edit: _Edit | None = None
    postback: _Postback | None = None
    referral: _Referral | None = None
    delivery: _Watermark | None = None
    read: _Watermark | None = None
    optin: _Optin | None = None


class _Entry(_Model):
    messaging: list[_Event] = Field(min_length=1, max_length=1)


class _Update(_Model):
    entry: list[_Entry] = Field(min_length=1, max_length=1)


def unpack(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Divide a request's body into one envelope for each event.

    What another app is told that holds the talk at the moment (`standby`) is not ours to answer.
    """
    return [
        {**body, "entry": [{**entry, "messaging": [event]}]}
        for entry in _list(body, "entry")
        if isinstance(entry, dict)
        for event in _list(entry, "messaging")
    ]


def _list(told: Mapping[str, Any], name: str) -> list[Any]:
    inside = told.get(name, [])
    if not isinstance(inside, list):
        raise ValueError(f"{name} is no list")  # noqa: TRY004 - of what came in, not of the program
    return inside


def _first(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inside = _list(told, name)
    if not inside or not isinstance(inside[0], dict):
        raise ValueError(f"missing {name}")
    return inside[0]


def _event_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return _first(_first(body, "entry"), "messaging")


def _inner(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    told = event.get(name)
    return told if isinstance(told, dict) else {}


def account_of(body: Mapping[str, Any]) -> str:
    """Return the Page or the Instagram account that an update is for."""
    account = _first(body, "entry").get("id")
    if not isinstance(account, str) or not (account.isascii() and account.isdecimal()):
        raise ValueError("unknown account")
    return account


def update_id(body: Mapping[str, Any]) -> str:
    """Return what an update is known by: Meta numbers messages, and nothing else."""
    event = _event_of(body)
    kind = next((name for name in _NAMED if isinstance(event.get(name), dict)), "event")
    told, sender = _inner(event, kind), _inner(event, "sender").get("id")
    if kind in ("message", "postback") and told.get("mid"):
        return _short(f"{'deleted' if told.get('is_deleted') else kind}:{told['mid']}")
    number = told.get("num_edit") or told.get("action") or ""
    name = told.get("mid") or told.get("watermark") or sender or ""
    return _short(f"{kind}:{sender}:{event.get('timestamp')}:{number}:{name}")


def _short(name: str) -> str:
    if len(name) <= _NAME:
        return name
    return f"digest:{blake2b(name.encode('utf-8', 'replace'), digest_size=20).hexdigest()}"


def sender_key(body: Mapping[str, Any]) -> str:
    """Return whom an update is from, or to where it is an echo, without reading all of it."""
    event = _event_of(body)
    party = _inner(event, "recipient" if _inner(event, "message").get("is_echo") else "sender")
    return str(party.get("id") or "")


def parse(body: Mapping[str, Any], app_id: str) -> Sequence[Update]:
    """Return what an update says; nothing for what does not concern us. ValueError when it cannot be read."""
    event = _Update.model_validate(dict(body)).entry[0].messaging[0]
    if event.message and event.message.is_echo:
        return _echo(event, event.message, app_id)
    if event.sender is None:
        if event.optin:  # of somebody who ticked a box on a site: only a token stands for him
            return []
        raise ValueError("missing sender")
    told = list(_told(event, Sender(event.sender.id)))
    if not told and not _is_known(_event_of(body)):
        raise ValueError("unknown kind of event")
    return told


def _told(event: _Event, sender: Sender) -> Iterator[Update]:
    at = _at(event.timestamp)
    if message := event.message:
        yield from _message(message, sender, at)
    elif postback := event.postback:
        yield _pressed_or_started(postback, sender, at, event.timestamp)
    elif referral := event.referral:
        yield Started(sender, _started(event), at, referral.ref, referral.context())
    elif (edit := event.message_edit) and edit.text.strip():
        yield MessageEdited(sender, edit.mid, Content.plain(edit.text), at)
    elif event.delivery and event.delivery.watermark:
        upto = _at(event.delivery.watermark)
        yield ReceiptReceived(Status.DELIVERED, upto, sender=sender, until=upto)
    elif event.read and (event.read.watermark or event.timestamp):
        upto = _at(
            event.read.watermark or event.timestamp
        )  # Instagram names the last message: what is above it is read
        yield ReceiptReceived(Status.READ, upto, sender=sender, until=upto)
    elif event.optin and event.optin.ref:
        yield Started(sender, _started(event), at, event.optin.ref, {"source": "OPTIN"})


def _message(message: _Message, sender: Sender, at: datetime) -> Iterator[Update]:
    if message.is_deleted:
        yield MessageDeleted(sender, message.mid, at)
        return
    if message.referral:
        yield Started(sender, f"start:{message.mid}"[:_NAME], at, message.referral.ref, message.referral.context())
    if message.quick_reply and message.quick_reply.payload:
        message_id, button_id = button(message.quick_reply.payload)
        yield ButtonPressed(sender, message.mid, message_id, button_id, message.text, at)
        return
    yield MessageReceived(sender, message.mid, message.content(), at, files=message.files())


def _pressed_or_started(postback: _Postback, sender: Sender, at: datetime, timestamp: int) -> Update:
    name = postback.mid or f"postback:{sender.external_id}:{timestamp}"[:_NAME]
    referral = postback.referral
    message_id, button_id = button(postback.payload)
    if message_id is None and (referral or postback.payload.upper() in (START, "")):
        return Started(sender, name, at, referral.ref if referral else "", referral.context() if referral else {})
    return ButtonPressed(sender, name, message_id, button_id, postback.title, at)


def _echo(event: _Event, message: _Message, app_id: str) -> Sequence[Update]:
    """Read what was sent in the account's name: by us, which we know, or by somebody in Meta's own inbox."""
    if event.recipient is None:
        raise ValueError("missing recipient")
    if str(message.app_id or "") == app_id or is_ours(message.metadata) or message.is_deleted:
        return []
    sender = Sender(event.recipient.id)
    at, nameless = _at(event.timestamp), message.app_id is None  # Instagram does not say which app it was
    return [MemberWrote(sender, message.mid, message.content(), at, message.files(), perhaps_ours=nameless)]


def _is_known(event: Mapping[str, Any]) -> bool:
    return not _IGNORED.isdisjoint(event) or not {"message_edit", "delivery", "read", "optin"}.isdisjoint(event)


def _started(event: _Event) -> str:
    return f"start:{event.sender.id if event.sender else ''}:{event.timestamp}"[:_NAME]


def _at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
