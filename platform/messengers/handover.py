"""What leaves next: the messages of a shard are marked as ours before anything is called. `pump` calls this.

Answers go before mailings, mailings take turns, and what may not be said any more is canceled instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.utils import timezone
from pydantic import ValidationError

from messengers import fit, media, personal, rules, signals, statements
from messengers.adapter import Capabilities, Outcome
from messengers.channels import facts
from messengers.content import Content
from messengers.leases import Claim
from messengers.models import Batch, Channel, Identity, Message, MessengerFile, Variant
from messengers.outbox import STALE
from messengers.rules import MAY_WRITE
from messengers.statuses import Status
from workspaces.scope import tenant

REREAD = timedelta(seconds=2)  # a queue is read from its beginning again: messages come back to it after an error
_REFUSED = [
    f"{state}/{source}" for state, may in MAY_WRITE.items() for source in Message.Source.values if source not in may
]


@dataclass(frozen=True)
class Said:
    """What a message says and the files in it; that of a variant is shared by all its messages."""

    content: Content
    media_urls: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def personal(self) -> bool:
        """Say whether it has gaps for each person's facts."""
        return personal.has_gaps(self.content)

    def parts(self, capabilities: Capabilities) -> list[Content]:
        """Return it as the messenger can carry it."""
        if "fitted" not in self.__dict__:
            self.__dict__["fitted"] = fit.fit(self.content, capabilities, self.media_urls).parts
        parts: list[Content] = self.__dict__["fitted"]
        return parts


@dataclass(slots=True)
class Handed:
    """A message that is ours to send now. `rendered` is what its variant became for this person."""

    id: int
    identity_id: int
    to: str
    said: Said
    attempt: int
    retries: int
    parts_sent: int
    started_at: datetime
    bulk: bool = False
    by_member: bool = False
    heard_at: datetime | None = None
    thread: str = ""
    rendered: str | None = None


@dataclass(slots=True)
class Finished:
    """A message with what became of it."""

    message: Handed
    outcome: Outcome
    parts_sent: int
    at: datetime
    named: str = ""  # what the messenger calls the parts that left: see `outcomes`


@dataclass(slots=True)
class Reading:
    """How far a pump has read a channel's queues, and what it keeps of them."""

    upto: dict[int, tuple[int, datetime]] = field(default_factory=dict)  # batch id -> (message id, when it began)
    variants: dict[int, Said | None] = field(default_factory=dict)
    file_ids: dict[int, str] = field(default_factory=dict)
    last_batch: int = 0
    channel_version: str = ""

    def after(self, batch_id: int, now: datetime) -> int:
        """Return the message behind which a mailing is read on."""
        message_id, begun = self.upto.get(batch_id, (0, now))
        if not message_id or now - begun > REREAD:
            self.upto[batch_id] = (0, now)
            return 0
        return message_id

    def read(self, batch_id: int, message_id: int, now: datetime) -> None:
        """Remember the last message that was read; 0 begins anew."""
        self.upto[batch_id] = (message_id, self.upto.get(batch_id, (0, now))[1])


@dataclass(frozen=True, slots=True)
class Taken:
    """What was handed over. `more`: there may be more at once. `over`: the channel is not this pump's any more."""

    messages: list[Handed]
    more: bool = False
    over: bool = False


def take(
    held: Claim,
    reading: Reading,
    sender: UUID,
    *,
    interactive: int,
    bulk: int,
    resting: Sequence[int],
    known: Sequence[int] | None = None,
) -> Taken:
    """Hand over the shard's next messages: at most `interactive` answers, and with them at most `bulk` of mailings.

    With no place for `interactive` ones only mailings are looked at. `known` are all messages that the pump has, where
    it cannot be sure what the last call of this did.
    """
    now = timezone.now()
    with tenant(held.workspace_id):
        if known is not None:
            _unmark(held, sender, known)
        values = {"workspace": held.workspace_id, "channel": held.channel_id}
        state, shards, paused_until, version = next(
            iter(statements.run_prepared(statements.CHANNEL, values)), (None,) * 4
        )
        if state != Channel.State.ACTIVE or shards != held.shards:
            return Taken([], over=True)
        if paused_until and paused_until > now:
            return Taken([])
        if version != reading.channel_version:  # somebody has changed it since
            held.facts = facts(Channel.objects.get(pk=held.channel_id))
            reading.channel_version = version
        taking = _Taking(held, reading, sender, now, resting)
        answers: list[Handed] = []
        more = False
        if interactive > 0:
            answers, more = taking.answers(interactive)
            bulk -= len(answers)
        mailing, more_of_mailings = taking.mailings(bulk) if bulk > 0 else ([], False)
        return Taken(answers + mailing, more or more_of_mailings)


def give_back(held: Claim, sender: UUID, known: Sequence[int]) -> None:
    """Put back in the queue what is marked as this sender's, but for the messages that its pump knows of."""
    with tenant(held.workspace_id):
        _unmark(held, sender, known)


def _unmark(held: Claim, sender: UUID, known: Sequence[int]) -> None:
    values: dict[str, Any] = {
        "workspace": held.workspace_id,
        "channel": held.channel_id,
        "shard": held.shard,
        "shards": held.shards,
        "sender": sender,
        "known": list(known),
    }
    statements.run(statements.UNMARK, values)


class _Taking:
    """One round of it, inside its transaction."""

    def __init__(self, held: Claim, reading: Reading, sender: UUID, now: datetime, resting: Sequence[int]) -> None:
        self.held = held
        self.reading = reading
        self.now = now
        self.values: dict[str, Any] = {
            "workspace": held.workspace_id,
            "channel": held.channel_id,
            "shard": held.shard,
            "shards": held.shards,
            "sender": sender,
            "now": now,
            "stale": now - STALE,
            "refused": _REFUSED,
            "resting": list(resting),
        }

    def answers(self, limit: int) -> tuple[list[Handed], bool]:
        lane = {
            "lane": statements.INTERACTIVE,
            "same_lane": "true",
            "owner": "conversation.owner",
            "conversations": statements.CONVERSATIONS,
            "locks": statements.SKIP_HELD_CONVERSATIONS,
            "thread": "identity.profile ->> 'thread'" if self.held.capabilities.subjects else "''",
        }
        rows = self._rows(statements.PICK.format(**lane), limit=limit, after=0)
        return self._handed(rows), len(rows) == limit

    def mailings(self, room: int) -> tuple[list[Handed], bool]:
        """Take from every mailing that runs, each its share."""
        handed: list[list[Handed]] = []
        more = False
        taken = 0
        waiting = statements.run_prepared(statements.BATCHES_OF_CHANNEL, self.values)
        # The one behind the last begins: often there is room for one message only.
        waiting.sort(key=lambda row: (row[0] <= self.reading.last_batch, row[0]))
        for number, (batch_id, per_hour) in enumerate(waiting):
            share = -(-(room - taken) // (len(waiting) - number))
            if share <= 0:
                break
            limit = _paced(batch_id, share, self.now) if per_hour else share
            rows = self._of_batch(batch_id, limit)
            self.reading.last_batch = batch_id
            more |= len(rows) == limit
            handed.append(self._handed(rows))
            taken += len(handed[-1])
        # One of each in turn: what is taken ahead leaves in this order.
        return [one for several in zip_longest(*handed) for one in several if one is not None], more

    def _of_batch(self, batch_id: int, limit: int) -> list[tuple[Any, ...]]:
        if limit <= 0:
            return []
        after = self.reading.after(batch_id, self.now)
        lane = {
            "lane": statements.BULK,
            "same_lane": statements.SAME_BATCH,
            "owner": "NULL::text",
            "conversations": "",
            "locks": "",
            "thread": "''",
        }
        statement = statements.PICK.format(**lane)
        rows = self._rows(statement, limit=limit, after=after, batch=batch_id)
        if len(rows) < limit and after:
            self.reading.read(batch_id, 0, self.now)
            earlier = self._rows(statement, limit=limit, after=0, batch=batch_id)
            rows += [row for row in earlier if row[0] <= after][: limit - len(rows)]
        elif rows:
            self.reading.read(batch_id, rows[-1][0], self.now)
        return rows

    def _rows(self, statement: str, **more: Any) -> list[tuple[Any, ...]]:
        return sorted(statements.run_prepared(statement, self.values | more))

    def _handed(self, rows: Sequence[tuple[Any, ...]]) -> list[Handed]:
        self._read_variants({row[6] for row in rows if row[6] is not None and not row[1]})
        ids: dict[str, list[int]] = {}  # by what forbids them
        for row in rows:
            ids.setdefault(row[1] or self._forbidden(row), []).append(row[0])
        marked = {row[0] for row in self._write(statements.MARK, ids.pop("", []))}
        for reason, forbidden in ids.items():
            if canceled := [row[0] for row in self._write(statements.CANCEL, forbidden, reason=reason)]:
                signals.message_status_changed.tell(message_ids=sorted(canceled), status=Status.CANCELED)
        mine = [row for row in rows if row[0] in marked]
        self.values["resting"] += [row[4] for row in mine]  # no second one for the same person in this round
        handed = [message for row in mine if (message := self._one(*row))]
        self._read_file_ids({number for message in handed for number in message.said.media_urls})
        return handed

    def _forbidden(self, row: tuple[Any, ...]) -> str:
        """Return what the messenger's window has against a message."""
        can = self.held.capabilities
        if not can.window:
            return ""
        _id, _refusal, source, heard_at, _identity, _to, variant_id, content, *_rest = row
        said = self.reading.variants[variant_id] if variant_id is not None else _read(content)
        template = said is not None and said.content.template is not None
        return rules.forbids(
            can, state=Identity.State.ACTIVE, source=source, heard_at=heard_at, now=self.now, template=template,
        )  # fmt: skip

    def _write(self, statement: str, ids: list[int], **more: str) -> list[tuple[Any, ...]]:
        return statements.run_prepared(statement, self.values | {"ids": ids} | more) if ids else []

    def _one(self, *row: Any) -> Handed | None:
        message_id, _refusal, source, heard_at, identity_id, to, variant_id, content, *rest = row
        attempt, retries, parts_sent, thread, *who = rest
        said = self.reading.variants[variant_id] if variant_id is not None else _read(content)
        if said is None:
            _refuse(message_id, "unreadable_content")
            return None
        rendered = None
        if variant_id is not None and said.personal:
            try:
                said = Said(personal.fill(said.content, personal.facts(*who)), said.media_urls)
            except personal.BadTemplateError:
                _refuse(message_id, "bad_template")
                return None
            rendered = said.content.text
        bulk = variant_id is not None
        return Handed(
            message_id, identity_id, to, said, attempt, retries, parts_sent, self.now, bulk=bulk,
            by_member=source == Message.Source.MEMBER, heard_at=heard_at, thread=thread or "", rendered=rendered,
        )  # fmt: skip

    def _read_variants(self, wanted: Iterable[int]) -> None:
        known = self.reading.variants
        if missing := set(wanted) - known.keys():
            known.update({one.pk: _said(one.content) for one in Variant.objects.filter(pk__in=missing)})

    def _read_file_ids(self, media_ids: Iterable[int]) -> None:
        known = self.reading.file_ids
        if missing := set(media_ids) - known.keys():
            rows = MessengerFile.objects.filter(channel_id=self.held.channel_id, media_id__in=missing)
            known.update(rows.values_list("media_id", "file_id"))


def _read(content: str) -> Said | None:
    try:
        return _with_files(Content.model_validate_json(content))
    except ValidationError:
        return None


def _said(content: Mapping[str, Any]) -> Said | None:
    try:
        return _with_files(Content.model_validate(content))
    except ValidationError:
        return None


def _with_files(content: Content) -> Said:
    content = media.measured(content)
    files = [*content.attachments, *(card.image for card in content.cards if card.image)]
    return Said(content, {file.media: media.signed_url(file) for file in files})


def _refuse(message_id: int, reason: str) -> None:
    """End a message that cannot be sent at all: it must not hold up those behind it."""
    Message.objects.filter(pk=message_id).update(status=Status.REJECTED, reason=reason, lease=None)
    signals.message_status_changed.tell(message_ids=[message_id], status=Status.REJECTED)


def _paced(batch_id: int, room: int, now: datetime) -> int:
    """Return how many of a slowed mailing may leave now, and move its clock on: it is one for all its channels."""
    batch = Batch.objects.select_for_update(skip_locked=True).filter(pk=batch_id, next_at__lte=now).first()
    if batch is None or not batch.per_hour:
        return 0
    step = timedelta(hours=1) / batch.per_hour
    # A mailing that stood still does not catch up at a rush: at most the last second's share leaves at once.
    start = max(batch.next_at, now - timedelta(seconds=1))
    count = min(room, int((now - start) / step) + 1)
    batch.next_at = start + step * count
    batch.save(update_fields=["next_at"])
    return count
