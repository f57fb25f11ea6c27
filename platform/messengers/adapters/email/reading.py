"""What a letter in the inbox says: a person's words, a press, a wish to leave, or news of letters that we sent."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.message import Message
from typing import Any

from pydantic import BaseModel, Field

from messengers.adapter import ChannelFacts
from messengers.adapters.email import leaving, seals
from messengers.adapters.email.leaving import Left
from messengers.adapters.email.settings import is_address, normalised, settings_of
from messengers.adapters.email.writing import CODE, PRESSED, Thread, is_answer
from messengers.content import AttachmentKind, Content
from messengers.protocols import bounces, quotes
from messengers.protocols.bounces import Fate
from messengers.protocols.letter_html import pictures
from messengers.protocols.letter_reading import Part, Person, files, header, ids, opened, people, words
from messengers.protocols.mail import Came
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

TEXT = 20_000  # characters: see `content.Content`
FILES = 10
_KINDS = {"image": AttachmentKind.IMAGE, "video": AttachmentKind.VIDEO, "audio": AttachmentKind.AUDIO}

# What a returned letter's status (RFC 3463) comes to: the status of the message, and whether the address is dead.
# A code stands for those below it; the first that fits counts.
RETURNED: Mapping[str, tuple[Status, bool]] = {
    **dict.fromkeys(("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"), (Status.UNREACHABLE, True)),
    "5.2.2": (Status.UNREACHABLE, False),
    "5.2.3": (Status.REJECTED, False),
    "5.3.4": (Status.REJECTED, False),
    **dict.fromkeys(("5.6", "5.7"), (Status.REJECTED, False)),
}
# Who comes to these addresses got the letter that they name.
_ARRIVED_AT = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")


class Kept(BaseModel):
    """A letter as it is kept: which inbox numbered it, when it came, its octets as characters."""

    validity: int = Field(ge=0, le=2**63)
    uid: int = Field(ge=0, le=2**63)
    at: int = Field(ge=0, le=253_402_300_799)
    raw: str = Field(max_length=20_000_000)
    sizes: dict[str, int] = Field(default_factory=dict)


def bodies(validity: int, letters: Sequence[Came]) -> list[Mapping[str, Any]]:
    """Return what is to be kept of letters."""
    return [
        {
            "letter": {
                "validity": validity,
                "uid": one.uid,
                "at": one.at,
                "raw": base64.b64decode(one.raw).decode("latin-1"),
                "sizes": one.sizes,
            }
        }
        for one in letters
    ]


def update_id(body: Mapping[str, Any]) -> str:
    """Return the letter's number; of who left on a page, by which letter and when."""
    told = _read(body)
    if isinstance(told, Left):
        return f"left:{told.letter}:{told.at // 60}"
    return f"{told.validity}:{told.uid}"


def sender_key(body: Mapping[str, Any]) -> str:
    """Return whose address it is from."""
    told = _read(body)
    if isinstance(told, Left):
        return normalised(told.address)
    return _from(_opened(told)).address


def parse(channel: ChannelFacts, body: Mapping[str, Any]) -> Sequence[Update]:
    """Return what it says."""
    told = _read(body)
    if isinstance(told, Left):
        sender = Sender(normalised(told.address), email=normalised(told.address))
        return [SubscriptionChanged(sender, "", "unsubscribed", _moment(told.at))]
    letter, at = _opened(told), _moment(told.at)
    if fates := bounces.fates(letter):
        return [update for fate in fates for update in _fate(channel, letter, fate, at)]
    person = _from(letter)
    # What programs write is answered by nobody: two of them would go on for ever.
    if bounces.is_automatic(letter) or not is_address(person.address) or _is_ours(channel, letter, person):
        return []
    return _said(told, letter, person, at)


# ---- what people write


def _said(told: Kept, letter: Message, person: Person, at: datetime) -> list[Update]:
    subject = header(letter, "Subject")
    names = [*ids(letter, "References"), *ids(letter, "In-Reply-To"), *ids(letter, "Message-ID")]
    thread = Thread(ids=list(dict.fromkeys(names)), subject=subject)
    sender = Sender(person.address, person.name[:200], email=person.address, extra={"thread": thread.written()})
    name = _name(told, letter)
    shown = words(letter)
    text = quotes.said(shown.text)[:TEXT].strip()
    found = _files(told, letter, shown.seen)
    if leaving.is_wish(subject) or leaving.is_wish(text):
        wish = MessageReceived(sender, name, _content(text or subject, subject), at, files=found)
        return [wish, SubscriptionChanged(sender, "", "unsubscribed", at)]
    code = CODE.search(subject)
    if code is None or is_answer(subject) or ids(letter, "In-Reply-To"):
        return _words(sender, name, text, subject, found, at)
    label = CODE.sub("", subject).strip()
    if pressed := PRESSED.fullmatch(code.group(1)):
        said: list[Update] = [_press(sender, name, pressed.group(1), pressed.group(2), label, at)]
        more = "" if _same(text, label) else text
        if more or found:
            said += _words(sender, f"{name[:190]}#words", more, label, found, at)
        return said
    came: list[Update] = [Started(sender, name, at, code.group(1))]
    return [*came, *(_words(sender, name, text, label, found, at) if text or found else ())]


def _press(sender: Sender, name: str, number: str, button: str, label: str, at: datetime) -> ButtonPressed:
    message_id = int(number)
    return ButtonPressed(sender, name, message_id if message_id < 2**63 else None, button, label or button, at)


def _words(
    sender: Sender, name: str, text: str, subject: str, found: tuple[RemoteFile, ...], at: datetime
) -> list[Update]:
    if not (text or subject or found):
        return []
    content = _content(text or ("" if found else subject), subject)
    return [MessageReceived(sender, name, content, at, files=found)]


def _content(text: str, subject: str) -> Content | None:
    return Content.plain(text[:TEXT], subject=subject[:200]) if text.strip() else None


def _files(told: Kept, letter: Message, seen: str) -> tuple[RemoteFile, ...]:
    """Return the files that the person put in: pictures of the letter that he quotes come back with it."""
    parts = files(letter, told.sizes)
    mentioned = set(pictures(seen))
    own = set(pictures(quotes.said(seen))) if mentioned else set()
    return tuple(
        RemoteFile(_kind(part), f"{told.validity}:{told.uid}:{part.number}", part.name, part.content_type, part.size)
        for part in parts
        if not (part.cid and part.cid in mentioned - own) and not _is_no_file(part)
    )[:FILES]


def _is_no_file(part: Part) -> bool:
    """Say whether a part is for programs alone: a calendar's answer, a signature."""
    return part.content_type in ("application/pgp-signature", "application/pkcs7-signature", "application/ms-tnef")


def _kind(part: Part) -> AttachmentKind:
    return _KINDS.get(part.content_type.partition("/")[0], AttachmentKind.DOCUMENT)


def _is_ours(channel: ChannelFacts, letter: Message, person: Person) -> bool:
    """Say whether it is a letter of our own: a copy of one that we sent, or one that was sent back by a rule."""
    box = settings_of(channel).address
    local, _, domain = person.address.partition("@")
    return (
        f"{local.partition('+')[0]}@{domain}" == box
        or person.address == box
        or (seals.ours(channel, ids(letter, "Message-ID"), ()) is not None)
    )


def _same(text: str, label: str) -> bool:
    return " ".join(text.split()).casefold() in ("", " ".join(label.split()).casefold())


# ---- what became of our letters


def _fate(channel: ChannelFacts, letter: Message, fate: Fate, at: datetime) -> list[Update]:
    arrived = [one.address for name in _ARRIVED_AT for one in people(letter, name)]
    ours = seals.ours(channel, fate.names, arrived)
    if ours is None:
        return []
    address = seals.person_of(channel, ours, fate.recipients)
    sender = Sender(address, email=address) if address else None
    if fate.verdict == "complaint":
        return [SubscriptionChanged(sender, "", "unsubscribed", at)] if sender else []
    if fate.verdict == "delivered":
        return [ReceiptReceived(Status.DELIVERED, at, message_ids=(ours.message_id,))]
    if fate.verdict == "delayed":
        return []
    status, dead = _returned(fate.status)
    reason = fate.words or fate.status or "returned"
    news: list[Update] = [ReceiptReceived(status, at, message_ids=(ours.message_id,), reason=reason)]
    return [*news, SubscriptionChanged(sender, "", "blocked", at)] if dead and sender else news


def _returned(status: str) -> tuple[Status, bool]:
    subject = status.rpartition(".")[0]
    return RETURNED.get(status) or RETURNED.get(subject) or (Status.UNREACHABLE, False)


# ---- what is kept


def _read(body: Mapping[str, Any]) -> Kept | Left:
    if "letter" in body:
        return Kept.model_validate(body["letter"])
    if "left" in body:
        return Left.model_validate(body["left"])
    raise ValueError("unknown news")


def _opened(told: Kept) -> Message:
    return opened(told.raw.encode("latin-1", "replace"))


def _from(letter: Message) -> Person:
    found = people(letter, "From")
    return Person(found[0].name, normalised(found[0].address)) if found else Person("", "")


def _name(told: Kept, letter: Message) -> str:
    """Return what a letter is called: its Message-ID, by which it is known in another inbox, too."""
    names = ids(letter, "Message-ID")
    if not names:
        return f"{told.validity}:{told.uid}"
    name = names[0].strip("<>")
    return name if len(name) <= 190 else hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=20).hexdigest()


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
