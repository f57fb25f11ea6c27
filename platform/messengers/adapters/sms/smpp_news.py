"""What an SMS centre sends us: receipts, and what people write. Nothing is answered before it is stored.

The cursor, which is stored with the news, says what was heard of which session. It also keeps the parts of messages
that are not whole yet, and the marks of what was heard last: a centre that got no answer sends those once more.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from messengers.adapter import ChannelFacts, News, Steps
from messengers.adapters.sms.settings import settings_of
from messengers.adapters.sms.smpp import account_of, check
from messengers.protocols.phone_numbers import is_phone, normalised
from messengers.protocols.smpp import Delivered, Heard, SmppListen
from messengers.protocols.sms_text import decode_gsm
from messengers.protocols.stop_words import written
from messengers.statuses import Status
from messengers.updates import ReceiptReceived, Sender, Update

REPEATED = 120  # seconds in which a new session may bring what the last one brought, and had no answer to
WAITED_FOR = 3600  # seconds after which the parts of a message that are there are shown without the others
PARTS = 300  # that wait at once

_KIND = 0x3C  # of esm_class
_RECEIPTS = frozenset({0x04, 0x20})
# `message_state` and the word in a receipt's text, and what they come to.
_STATES = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}
_STATUSES = {
    "ENROUTE": Status.SENT,
    "ACCEPTD": Status.SENT,
    "DELIVRD": Status.DELIVERED,
    "EXPIRED": Status.UNREACHABLE,
    "UNDELIV": Status.UNREACHABLE,
    "DELETED": Status.REJECTED,
    "REJECTD": Status.REJECTED,
}
_REASONS = {"EXPIRED": "expired", "UNDELIV": "not_delivered", "DELETED": "deleted", "REJECTD": "refused"}
_FIELD = re.compile(r"\b(id|stat|err):\s*([^\s]+)", re.IGNORECASE)
_BINARY = frozenset({2, 4})
_ASCII = 1
_ASCII_HAS_NOT = frozenset(range(32)) - frozenset(b"\t\n\r")
_CODECS = {_ASCII: "ascii", 3: "latin-1", 6: "iso8859-5", 7: "iso8859-8", 8: "utf-16-be"}


class _Cursor(BaseModel):
    session: str = ""
    heard: int = 0
    marks: list[str] = Field(default_factory=list)
    again: list[str] = Field(default_factory=list)  # marks of a session that is lost
    lost_at: int = 0
    parts: list[Delivered] = Field(default_factory=list)

    @classmethod
    def read(cls, text: str) -> "_Cursor":
        try:
            return cls.model_validate_json(text) if text else cls()
        except ValidationError:
            return cls()


class _Body(Delivered):
    """What is kept of one piece of news: a `deliver_sm`, or several that were joined."""

    session: str = Field(max_length=64)


def poll(channel: ChannelFacts, cursor: str, seconds: float) -> Steps[News]:
    """Wait for news; asking says that those before are stored."""
    known = _Cursor.read(cursor)
    reply = yield SmppListen(account_of(channel, sends=False), known.session, known.heard, seconds)
    check(reply)
    try:
        told = Heard.read(reply.body)
    except ValidationError:
        raise ValueError("no_answer") from None
    bodies, after = _taken(known, told)
    return News(bodies, after.model_dump_json())


def update_id(fields: Mapping[str, Any]) -> str:
    """Return what was received, or of a receipt whose it is and what it says."""
    body = _Body.model_validate(fields)
    if (receipt := _receipt_of(body)) is not None:
        name, state, _error = receipt
        return f"{name}:{state}"
    return f"received:{body.session}:{body.n}"


def sender_key(fields: Mapping[str, Any]) -> str:
    """Return whom it is from; receipts need not wait for what people say."""
    body = _Body.model_validate(fields)
    return normalised(body.source) if _receipt_of(body) is None else ""


def parse(channel: ChannelFacts, fields: Mapping[str, Any]) -> Sequence[Update]:
    """Return what a piece of news says."""
    body = _Body.model_validate(fields)
    at = moment(body.at)
    if (receipt := _receipt_of(body)) is not None:
        name, state, error = receipt
        status = _STATUSES.get(state)
        if status is None:
            return []
        reason = _REASONS.get(state, "")
        if reason and error.strip("0"):
            reason = f"{reason} ({error[:20]})"
        return [ReceiptReceived(status, at, external_ids=(name,), reason=reason)]
    if body.esm & _KIND or not body.source:
        return []  # a phone's own notice, which says nothing
    number = normalised(body.source)
    sender = Sender(number, phone=f"+{number}" if is_phone(number) else "")
    return written(sender, f"{body.session}:{body.n}", _words(channel, body), at)


def moment(seconds: int) -> datetime:
    """Return a time that was told in seconds; ValueError for one that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError):
        raise ValueError("unknown time") from None


def _taken(known: _Cursor, told: Heard) -> tuple[list[Mapping[str, Any]], _Cursor]:
    """Return what is to be stored, and the cursor to store with it."""
    same = told.session == known.session
    heard = known.heard if same else 0
    again = [*known.again, *([] if same else known.marks)]
    lost_at = known.lost_at if same else told.now
    if told.now - lost_at > REPEATED:
        again = []
    waiting = list(known.parts)
    bodies: list[Mapping[str, Any]] = []
    marks = []
    for one in told.news:
        heard = one.n
        mark = _mark(one)
        marks.append(mark)
        if mark in again:
            again.remove(mark)
        elif one.total:
            waiting.append(one)
            if whole := _whole(waiting, one):
                waiting = [part for part in waiting if part not in whole]
                bodies.append(_body(told.session, whole))
        else:
            bodies.append(_body(told.session, [one]))
    for stale in _given_up(waiting, told.now):
        waiting = [part for part in waiting if part not in stale]
        bodies.append(_body(told.session, stale))
    return bodies, _Cursor(
        session=told.session, heard=heard, marks=marks, again=again, lost_at=lost_at if again else 0, parts=waiting
    )


def _mark(one: Delivered) -> str:
    said = one.model_dump_json(exclude={"n", "at"})
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


def _whole(waiting: Sequence[Delivered], last: Delivered) -> list[Delivered]:
    """Return the parts of a message in their order, if all are there."""
    of_it = [part for part in waiting if _name(part) == _name(last)]
    return of_it if len({part.part for part in of_it}) == last.total else []


def _given_up(waiting: Sequence[Delivered], now: int) -> list[list[Delivered]]:
    """Return messages whose other parts have not come for too long."""
    overflow = {_name(part) for part in waiting[: max(0, len(waiting) - PARTS)]}
    names = {_name(part): None for part in waiting if now - part.at > WAITED_FOR or _name(part) in overflow}
    return [[part for part in waiting if _name(part) == name] for name in names]


def _name(part: Delivered) -> tuple[str, str, int | None, int]:
    return part.source, part.to, part.reference, part.total


def _body(session: str, parts: Sequence[Delivered]) -> Mapping[str, Any]:
    by_number = {part.part: part for part in parts}
    data = "".join(by_number[number].data for number in sorted(by_number))
    whole = parts[-1].model_copy(update={"data": data, "reference": None, "total": 0, "part": 0})
    return {"smpp": {"session": session, **whole.model_dump(exclude_defaults=True), "n": whole.n, "at": whole.at}}


def _receipt_of(body: _Body) -> tuple[str, str, str] | None:
    """Return (the message's id, its state, the operator's error) of a receipt."""
    if body.esm & _KIND not in _RECEIPTS and not body.receipted:
        return None
    told = {name.lower(): value for name, value in _FIELD.findall(_octets(body).decode("latin-1"))}
    name = body.receipted or told.get("id", "")
    if not name:
        raise ValueError("missing id of a receipt")
    state = _STATES.get(body.state) or told.get("stat", "").upper()
    return name, state, told.get("err", "")


def _words(channel: ChannelFacts, body: _Body) -> str:
    octets = _octets(body)
    if body.coding in _BINARY:
        return ""
    is_gsm = body.coding == 0 and settings_of(channel).letters == "gsm"
    # Some call GSM's alphabet ASCII; its escape and its @ give it away.
    if is_gsm or (body.coding == _ASCII and not _ASCII_HAS_NOT.isdisjoint(octets)):
        return decode_gsm(octets)
    return octets.decode(_CODECS.get(body.coding, "latin-1"), "replace")


def _octets(body: _Body) -> bytes:
    return bytes.fromhex(body.data)
