"""What a number's webhooks say: messages, presses, statuses, wishes. `writing` made the payloads that come back.

An update keeps the envelope of the request it came in, with one entry, one change and one message or status in it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from messengers.adapter import Outcome, Unreachable
from messengers.adapters.whatsapp import account_news
from messengers.adapters.whatsapp.outcomes import meaning
from messengers.content import AttachmentKind, Content, Location
from messengers.protocols.graph import GraphError
from messengers.protocols.meta_messaging.payloads import button, is_ours
from messengers.statuses import Status
from messengers.updates import (
    ButtonPressed,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    ReceiptReceived,
    RemoteFile,
    Sender,
    Started,
    SubscriptionChanged,
    Update,
)

FILES: Mapping[str, AttachmentKind] = {
    "image": AttachmentKind.IMAGE,
    "sticker": AttachmentKind.IMAGE,
    "video": AttachmentKind.VIDEO,
    "audio": AttachmentKind.AUDIO,
    "document": AttachmentKind.DOCUMENT,
}
UNREADABLE_THERE = "[…]"  # the person sent what the API does not tell: his phone shows it
_IGNORED = frozenset({"reaction", "ephemeral"})
_STATUSES = {
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "played": Status.READ,
}
_LISTS = {"messages": ("messages", "statuses"), "user_preferences": ("user_preferences",)}
_STOPPED = 131050
_NAME = 200  # characters of an id that can be kept

_Id = Annotated[str, StringConstraints(min_length=1, max_length=_NAME)]
_Time = Annotated[int, Field(ge=0, le=10**11)]  # seconds


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Profile(_Model):
    name: str = ""
    username: str = ""


class _Contact(_Model):
    profile: _Profile = Field(default_factory=_Profile)
    wa_id: str = ""
    user_id: str = ""


class _Media(_Model):
    id: _Id
    mime_type: str = ""
    caption: str = ""
    filename: str = ""
    voice: bool = False


class _Words(_Model):
    body: str = ""


class _Choice(_Model):
    id: str = ""
    title: str = ""


class _Interactive(_Model):
    type: str = ""
    button_reply: _Choice | None = None
    list_reply: _Choice | None = None


class _Pressed(_Model):
    payload: str = ""
    text: str = ""


class _Place(_Model):
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    name: str = ""
    address: str = ""


class _CardName(_Model):
    formatted_name: str = ""


class _CardPhone(_Model):
    phone: str = ""


class _Card(_Model):
    name: _CardName = Field(default_factory=_CardName)
    phones: list[_CardPhone] = Field(default_factory=list)

    def words(self) -> str:
        return " ".join(part for part in (self.name.formatted_name, *(one.phone for one in self.phones)) if part)


class _Referral(_Model):
    source_type: str = ""
    source_id: str = ""
    source_url: str = ""
    headline: str = ""
    ref: str = ""
    ctwa_clid: str = ""

    def context(self) -> dict[str, str]:
        told = {
            "source": self.source_type,
            "ad_id": self.source_id,
            "url": self.source_url,
            "headline": self.headline,
            "ctwa_clid": self.ctwa_clid,
        }
        return {name: value for name, value in told.items() if value}


class _System(_Model):
    type: str = ""
    body: str = ""
    wa_id: str = ""


class _Original(_Model):
    original_message_id: str = ""


class _Edit(_Original):
    message: dict[str, Any] = Field(default_factory=dict)


class _Message(_Model):
    sender: str = Field(default="", alias="from", max_length=_NAME)
    from_user_id: str = Field(default="", max_length=_NAME)
    id: _Id
    timestamp: _Time
    type: str
    text: _Words | None = None
    image: _Media | None = None
    sticker: _Media | None = None
    video: _Media | None = None
    audio: _Media | None = None
    document: _Media | None = None
    location: _Place | None = None
    contacts: list[_Card] = Field(default_factory=list)
    interactive: _Interactive | None = None
    button: _Pressed | None = None
    referral: _Referral | None = None
    system: _System | None = None
    edit: _Edit | None = None
    revoke: _Original | None = None

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.timestamp, UTC)

    def choice(self) -> tuple[str, str] | None:
        """Return the payload and the words of a button that was pressed."""
        told = self.interactive and (self.interactive.button_reply or self.interactive.list_reply)
        if told:
            return told.id, told.title
        return (self.button.payload, self.button.text) if self.button else None

    def file(self) -> RemoteFile | None:
        media: _Media | None = getattr(self, self.type) if self.type in FILES else None
        if media is None:
            return None
        kind = AttachmentKind.VOICE if media.voice else FILES[self.type]
        return RemoteFile(kind, media.id, media.filename, media.mime_type.partition(";")[0].strip())

    def content(self) -> Content | None:
        """Return what is said; None when there is but a file."""
        if self.location:
            title = ", ".join(part for part in (self.location.name, self.location.address) if part)
            place = Location(latitude=self.location.latitude, longitude=self.location.longitude, title=title)
            return Content.plain("", location=place)
        media: _Media | None = getattr(self, self.type) if self.type in FILES else None
        words = self.text.body if self.text else media.caption if media else "\n".join(c.words() for c in self.contacts)
        if words.strip():
            return Content.plain(words)
        return None if media else Content.plain(UNREADABLE_THERE)


class _Status(_Model):
    id: _Id
    status: str
    timestamp: _Time
    recipient_id: str = ""
    biz_opaque_callback_data: str = ""
    errors: list[GraphError] = Field(default_factory=list)


class _Preference(_Model):
    wa_id: str = Field(default="", max_length=_NAME)
    user_id: str = Field(default="", max_length=_NAME)
    value: str = ""
    timestamp: _Time


class _Value(_Model):
    contacts: list[_Contact] = Field(default_factory=list)
    messages: list[_Message] = Field(default_factory=list, max_length=1)
    statuses: list[_Status] = Field(default_factory=list, max_length=1)
    user_preferences: list[_Preference] = Field(default_factory=list, max_length=1)


class _Change(_Model):
    field: str
    value: dict[str, Any]


class _Entry(_Model):
    id: str | int = ""
    changes: list[_Change] = Field(min_length=1, max_length=1)


class _Update(_Model):
    entry: list[_Entry] = Field(min_length=1, max_length=1)


def unpack(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Divide a request's body into one envelope for each message, status, wish, or whatever else changed."""
    return [
        {**body, "entry": [{**entry, "changes": [{**change, "value": value}]}]}
        for entry in _list(body, "entry")
        if isinstance(entry, dict)
        for change in _list(entry, "changes")
        if isinstance(change, dict)
        for value in _values(change)
    ]


def _values(change: Mapping[str, Any]) -> Iterator[Any]:
    value, names = change.get("value"), _LISTS.get(str(change.get("field")), ())
    if not isinstance(value, dict) or not any(name in value for name in names):
        yield value
        return
    rest = {name: told for name, told in value.items() if name not in names}
    for name in names:
        for at, one in enumerate(_list(value, name)):
            yield {**rest, **_contact(rest, one, at), name: [one]}


def _contact(rest: Mapping[str, Any], one: Any, at: int) -> dict[str, Any]:
    """Return who this one is from, of all who are in the envelope."""
    people = rest.get("contacts")
    if not isinstance(people, list) or not isinstance(one, dict):
        return {}
    names = {one.get(name) for name in ("from", "from_user_id", "wa_id", "user_id") if isinstance(one.get(name), str)}
    mine = [who for who in people if isinstance(who, dict) and _is(who, names)]
    return {"contacts": mine[:1] or people[at : at + 1] if len(people) > 1 else people}


def _is(who: Mapping[str, Any], names: set[Any]) -> bool:
    return any(isinstance(who.get(name), str) and who[name] in names for name in ("wa_id", "user_id"))


def _list(told: Mapping[str, Any], name: str) -> list[Any]:
    inside = told.get(name, [])
    if not isinstance(inside, list):
        raise ValueError(f"{name} is no list")  # noqa: TRY004 - of what came in, not of the program
    return inside


def _change(body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the field that changed, and what is said of it."""
    entry = next(iter(_list(body, "entry")), None)
    change = next(iter(_list(entry, "changes")), None) if isinstance(entry, dict) else None
    value = change.get("value") if isinstance(change, dict) else None
    if not isinstance(change, dict) or not isinstance(value, dict):
        raise ValueError("missing change")  # noqa: TRY004 - of what came in, not of the program
    return str(change.get("field")), value


def _told(value: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    for name in ("messages", "statuses", "user_preferences"):
        first = next(iter(_list(value, name)), None)
        if isinstance(first, dict):
            return name, first
    return "", {}


def account_of(body: Mapping[str, Any]) -> str:
    """Return the number that an update is for; what concerns the whole business account names none."""
    metadata = _change(body)[1].get("metadata")
    number = metadata.get("phone_number_id") if isinstance(metadata, dict) else None
    return number if isinstance(number, str) else ""


def update_id(body: Mapping[str, Any]) -> str:
    """Return what an update is known by: a message's id, a status and of what, or what it says."""
    field, value = _change(body)
    kind, told = _told(value)
    name = told.get("id")
    if kind == "messages" and isinstance(name, str) and name:
        return _short(f"message:{name}")
    if kind == "statuses" and isinstance(name, str) and name:
        return _short(f"{told.get('status')}:{name}")
    said = json.dumps(told or value, sort_keys=True).encode()
    at = body["entry"][0].get("time", "")
    return _short(f"{field}:{at}:{blake2b(said, digest_size=12).hexdigest()}")


def _short(name: str) -> str:
    if len(name) <= _NAME:
        return name
    return f"digest:{blake2b(name.encode('utf-8', 'replace'), digest_size=20).hexdigest()}"


def sender_key(body: Mapping[str, Any]) -> str:
    """Return whom an update is from, or to, without reading all of it; what concerns an account is in order, too."""
    field, value = _change(body)
    if field in account_news.FIELDS:
        return f"account:{body['entry'][0].get('id', '')}"
    told = _told(value)[1]
    names = ("from", "from_user_id", "recipient_id", "recipient_user_id", "wa_id", "user_id")
    return next((str(told[name]) for name in names if isinstance(told.get(name), str) and told[name]), "")


def parse(body: Mapping[str, Any]) -> Sequence[Update]:
    """Return what an update says; nothing for what does not concern us. ValueError when it cannot be read."""
    entry = _Update.model_validate(dict(body)).entry[0]
    change = entry.changes[0]
    if change.field in account_news.FIELDS:
        return account_news.parse(change.field, str(entry.id), change.value)
    if change.field not in _LISTS:
        return []
    value = _Value.model_validate(change.value)
    who = value.contacts[0] if value.contacts else _Contact()
    if value.messages:
        return list(_message(value.messages[0], who))
    if value.statuses:
        return list(_status(value.statuses[0]))
    return list(_preference(value.user_preferences[0], who)) if value.user_preferences else []


def _sender(who: _Contact, phone: str, user_id: str) -> Sender:
    """Return the person: known by his phone where it is told, else by the id that he has with this firm alone."""
    user_id = user_id or who.user_id
    phone = phone or ("" if user_id and user_id == who.wa_id else who.wa_id)
    if not (phone or user_id):
        raise ValueError("missing sender")
    extra = {name: told for name, told in (("username", who.profile.username), ("user_id", user_id)) if told}
    number = f"+{phone}" if phone.isdecimal() else ""
    return Sender(phone or user_id, who.profile.name, phone=number, extra=extra)


def _message(message: _Message, who: _Contact) -> Iterator[Update]:
    if message.type in _IGNORED:
        return
    sender, at = _sender(who, message.sender, message.from_user_id), message.at
    if message.type == "system":
        # The person goes on under another number, at which he has told us nothing yet.
        if message.system and message.system.wa_id and message.system.wa_id != sender.external_id:
            yield SubscriptionChanged(sender, "", "blocked", at)
        return
    if message.type == "revoke" and message.revoke and message.revoke.original_message_id:
        yield MessageDeleted(sender, message.revoke.original_message_id, at)
        return
    if message.type == "edit" and message.edit and message.edit.original_message_id:
        words = message.edit.message.get("text")
        text = words.get("body") if isinstance(words, dict) else None
        if isinstance(text, str) and text.strip():
            yield MessageEdited(sender, message.edit.original_message_id, Content.plain(text), at)
        return
    if message.referral:
        told = message.referral
        yield Started(sender, f"start:{message.id}"[:_NAME], at, told.ref, told.context())
    pressed = message.choice()
    if pressed:
        message_id, button_id = button(pressed[0])
        if pressed[0].strip() or pressed[1].strip():
            yield ButtonPressed(sender, message.id, message_id, button_id, pressed[1], at)
        return
    file = message.file()
    yield MessageReceived(sender, message.id, message.content(), at, files=(file,) if file else ())


def _status(status: _Status) -> Iterator[Update]:
    at = datetime.fromtimestamp(status.timestamp, UTC)
    known, reason = _STATUSES.get(status.status), ""
    if status.status == "failed":
        known, reason = _failure(status.errors)
    if known is None:
        return
    ours = status.biz_opaque_callback_data
    message_id = button(ours.partition(":")[2] + ":x")[0] if is_ours(ours) else None
    # Of a call that was cut we never learnt Meta's id: ours says enough.
    ids, names = ((), (status.id,)) if message_id is None else ((message_id,), ())
    yield ReceiptReceived(known, at, ids, names, reason=reason)
    if any(error.code == _STOPPED for error in status.errors) and status.recipient_id:
        yield SubscriptionChanged(Sender(status.recipient_id[:_NAME]), "", "unsubscribed", at)


def _failure(errors: Sequence[GraphError]) -> tuple[Status, str]:
    """Return what a refusal that came later makes of a message."""
    if not errors:
        return Status.REJECTED, "failed"
    known: Outcome | None = meaning(errors[0])
    reason = str(getattr(known, "reason", "")) or errors[0].words
    return Status.UNREACHABLE if isinstance(known, Unreachable) else Status.REJECTED, reason


def _preference(told: _Preference, who: _Contact) -> Iterator[Update]:
    state = {"stop": "unsubscribed", "resume": "active"}.get(told.value)
    if state is not None:
        at = datetime.fromtimestamp(told.timestamp, UTC)
        yield SubscriptionChanged(_sender(who, told.wa_id, told.user_id), "", state, at)
