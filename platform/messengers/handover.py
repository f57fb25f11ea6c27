"""Delivery's side of the database: leases on channels, messages handed over, outcomes written, orphans swept.

`delivery` and `pump` call this from threads; each function is one short transaction inside `tenant()`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from pydantic import ValidationError

from messengers import identities, media, signals, statements
from messengers.adapter import (
    Capabilities,
    ChannelBroken,
    ChannelFacts,
    Messenger,
    Outcome,
    Rejected,
    RetryAt,
    Sent,
    Uncertain,
    Unreachable,
)
from messengers.channels import facts
from messengers.content import Content
from messengers.limits import Bucket
from messengers.models import Batch, Channel, ChannelLease, Identity, Message
from messengers.outbox import MAY_WRITE
from messengers.registry import UnknownMessengerError, is_known, messenger
from messengers.statuses import Status
from workspaces.crossings import ids_across_workspaces
from workspaces.encrypted_field import SecretsUnreadableError
from workspaces.scope import tenant

LEASE = timedelta(seconds=10)
STALE = timedelta(hours=24)  # an answer that waited longer than that would only puzzle
MAX_RETRIES = 5
_REFUSED = [
    f"{state}/{source}" for state, may in MAY_WRITE.items() for source in Message.Source.values if source not in may
]


@dataclass(slots=True)
class Claim:
    """A channel that this sender has now."""

    workspace_id: int
    channel_id: int
    facts: ChannelFacts
    adapter: Messenger
    bucket: Bucket

    @property
    def capabilities(self) -> Capabilities:
        """Return what the channel's messenger can carry."""
        return self.adapter.capabilities


@dataclass(frozen=True, slots=True)
class Handed:
    """A message that is ours to send now."""

    id: int
    identity_id: int
    to: str
    content: Content
    attempt: int
    retries: int
    parts_sent: int
    started_at: datetime
    media_urls: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Taken:
    """What was handed over; `more` if there may be more at once."""

    messages: list[Handed]
    more: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """A message with what became of it."""

    message: Handed
    outcome: Outcome
    parts_sent: int
    at: datetime


def channels_to_serve(limit: int) -> list[tuple[int, ...]]:
    """Return (workspace id, channel id) of channels with something due that no sender has."""
    return ids_across_workspaces("channels_to_serve", limit)


def claim(workspace_id: int, channel_id: int, sender: UUID) -> Claim | None:
    """Take a channel for this sender; None when another was faster or the channel has gone."""
    with tenant(workspace_id):
        try:
            channel = Channel.objects.filter(pk=channel_id, state=Channel.State.ACTIVE).first()
            adapter = messenger(channel.kind) if channel else None
        except SecretsUnreadableError:
            _break(channel_id, "secrets_unreadable")
            return None
        except UnknownMessengerError:
            _break(channel_id, "unknown_messenger")
            return None
        if channel is None or adapter is None:
            return None
        values = {"workspace": workspace_id, "channel": channel_id, "sender": sender, "lifetime": LEASE}
        rows = _run(statements.CLAIM_CHANNEL, values)
        if not rows:
            return None
        tokens, tokens_at = rows[0]
        bucket = Bucket.full(adapter.capabilities.rate, timezone.now().timestamp())
        if tokens is not None:
            bucket = Bucket(adapter.capabilities.rate, tokens, tokens_at.timestamp())
        return Claim(workspace_id, channel_id, facts(channel), adapter, bucket)


def renew(sender: UUID) -> set[int]:
    """Keep this sender's leases alive; return the ids of the channels that it still has."""
    return {row[0] for row in ids_across_workspaces("renew_leases", sender, LEASE.total_seconds())}


def release(held: Claim, sender: UUID) -> None:
    """Give a channel back, with what is left of its rate."""
    now = timezone.now()
    with tenant(held.workspace_id):
        held.bucket.available(now.timestamp())
        ChannelLease.objects.filter(channel_id=held.channel_id, sender=sender).update(
            expires_at=now, tokens=held.bucket.tokens, tokens_at=now
        )


def take(held: Claim, sender: UUID, *, interactive: int, bulk: int, resting: Sequence[int]) -> Taken:
    """Hand over the channel's next messages, answers before mailings, and cancel what may not be said any more."""
    now = timezone.now()
    with tenant(held.workspace_id):
        channel = Channel.objects.filter(pk=held.channel_id, state=Channel.State.ACTIVE).first()
        if channel is None or (channel.paused_until and channel.paused_until > now):
            return Taken([], more=False)
        held.facts = facts(channel)  # a person may have changed them since
        values = _values(held, sender, now, resting)
        lane = {"lane": statements.INTERACTIVE, "conversation_lock": statements.SKIP_HELD_CONVERSATIONS}
        messages, more = _hand_over(statements.HAND_OVER.format(**lane), values | {"limit": interactive})
        room = bulk - len(messages)
        for batch_id, per_hour in _batches(values) if room > 0 else ():
            allowed = _paced(batch_id, room, now) if per_hour else room
            lane = {"lane": statements.BULK, "conversation_lock": ""}
            bulk_values = values | {"limit": allowed, "batch": batch_id}
            handed, more_of_it = _hand_over(statements.HAND_OVER.format(**lane), bulk_values)
            messages += handed
            more |= more_of_it
            room -= len(handed)
            if room <= 0:
                break
        return Taken(messages, more)


def record(workspace_id: int, channel_id: int, sender: UUID, finished: Sequence[Finished]) -> None:
    """Write what became of messages: one statement for them, one for their attempts; then what follows for others."""
    with tenant(workspace_id):
        rows: list[Any] = []
        tries: list[Any] = []
        for one in finished:
            rows += _outcome_row(one)
            tries += [workspace_id, one.message.id, one.message.attempt, one.message.started_at, one.at]
            tries += [_name(one.outcome), _reason(one.outcome)]
        written = _run(
            statements.RECORD_OUTCOMES.format(rows=_rows(statements.RECORD_OUTCOMES_ROW, finished)),
            [*rows, workspace_id, sender],
        )
        _run(statements.RECORD_ATTEMPTS.format(rows=_rows(statements.RECORD_ATTEMPTS_ROW, finished)), tries)
        _tell(written)
        _draw_conclusions(channel_id, finished)


def sweep() -> None:
    """Find messages of senders that died: queue them where the messenger knows our key, else call them uncertain."""
    for workspace_id, channel_id in ids_across_workspaces("channels_with_orphans", 1000):
        with tenant(workspace_id):
            _sweep_channel(workspace_id, channel_id)


def _sweep_channel(workspace_id: int, channel_id: int) -> None:
    kind = Channel.objects.values_list("kind", flat=True).get(pk=channel_id)
    knows_our_key = is_known(kind) and messenger(kind).capabilities.idempotent
    again = f"message.retries < {MAX_RETRIES}" if knows_our_key else "false"
    values = {"workspace": workspace_id, "channel": channel_id}
    swept = _run(statements.SWEEP_ORPHANS.format(again=again), values)
    now = timezone.now()
    tries: list[Any] = []
    for message_id, _status, attempt, started_at in swept:
        tries += [workspace_id, message_id, attempt, started_at, now, "uncertain", "sender_died"]
    if swept:
        _run(statements.RECORD_ATTEMPTS.format(rows=_rows(statements.RECORD_ATTEMPTS_ROW, swept)), tries)
        _tell([(message_id, status) for message_id, status, *_ in swept])


# ---- handing over


def _values(held: Claim, sender: UUID, now: datetime, resting: Sequence[int]) -> dict[str, Any]:
    return {
        "workspace": held.workspace_id,
        "channel": held.channel_id,
        "sender": sender,
        "now": now,
        "stale": now - STALE,
        "refused": _REFUSED,
        "resting": list(resting),
    }


def _hand_over(statement: str, values: dict[str, Any]) -> tuple[list[Handed], bool]:
    if values["limit"] <= 0:
        return [], False
    rows = sorted(_run(statement, values))
    if canceled := [row[0] for row in rows if row[1] == Status.CANCELED]:
        _tell([(message_id, Status.CANCELED) for message_id in canceled])
    handed = [_handed(*row) for row in rows if row[1] == Status.SENDING]
    return [message for message in handed if message], len(rows) == values["limit"]


def _handed(*row: Any) -> Handed | None:
    message_id, _status, identity_id, to, content, attempt, retries, parts_sent, started_at = row
    try:
        said = Content.model_validate_json(content)
    except ValidationError:  # it must not hold up all those behind it
        Message.objects.filter(pk=message_id).update(status=Status.REJECTED, reason="unreadable_content", lease=None)
        _tell([(message_id, Status.REJECTED)])
        return None
    files = [*said.attachments, *(card.image for card in said.cards if card.image)]
    urls = {file.media: media.signed_url(file.media) for file in files}
    return Handed(message_id, identity_id, to, said, attempt, retries, parts_sent, started_at, urls)


def _batches(values: dict[str, Any]) -> list[tuple[int, int | None]]:
    return [(row[0], row[1]) for row in _run(statements.BATCHES_OF_CHANNEL, values)]


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


# ---- writing down


def _outcome_row(one: Finished) -> list[Any]:
    message, outcome = one.message, one.outcome
    match outcome:
        case Sent(external_id=external_id):
            fate = [Status.SENT, "", external_id[:200], None, one.at, one.parts_sent, 0]
        case RetryAt(seconds=seconds, whole_channel=whole):
            due_at = one.at + timedelta(seconds=seconds)
            if whole or message.retries < MAX_RETRIES:
                fate = [Status.QUEUED, _reason(outcome), "", due_at, None, one.parts_sent, 0 if whole else 1]
            else:
                fate = [Status.REJECTED, _reason(outcome), "", None, None, one.parts_sent, 0]
        case ChannelBroken():
            fate = [Status.QUEUED, "", "", None, None, one.parts_sent, 0]
        case Unreachable():
            fate = [Status.UNREACHABLE, _reason(outcome), "", None, None, one.parts_sent, 0]
        case Rejected():
            fate = [Status.REJECTED, _reason(outcome), "", None, None, one.parts_sent, 0]
        case Uncertain():
            fate = [Status.UNCERTAIN, _reason(outcome), "", None, None, one.parts_sent, 0]
    return [message.id, *fate]


def _draw_conclusions(channel_id: int, finished: Sequence[Finished]) -> None:
    """Let what one message met stand for its person or its whole channel."""
    for one in finished:
        match one.outcome:
            case Unreachable(blocked=True):
                identity = Identity.objects.get(pk=one.message.identity_id)
                if identities.change_state(identity, Identity.State.BLOCKED, one.at):
                    signals.identity_changed.tell(identity=identity, update=None)
            case RetryAt(seconds=seconds, whole_channel=True):
                until = one.at + timedelta(seconds=seconds)
                sooner = Q(paused_until__isnull=True) | Q(paused_until__lt=until)
                Channel.objects.filter(sooner, pk=channel_id).update(paused_until=until)
            case ChannelBroken():
                _break(channel_id, _reason(one.outcome))


def _break(channel_id: int, reason: str) -> None:
    Channel.objects.filter(pk=channel_id, state=Channel.State.ACTIVE).update(
        state=Channel.State.BROKEN, broken_reason=reason
    )


def _tell(written: Iterable[Sequence[Any]]) -> None:
    by_status: dict[str, list[int]] = {}
    for message_id, status in written:
        by_status.setdefault(status, []).append(message_id)
    for status, message_ids in by_status.items():
        signals.message_status_changed.tell(message_ids=sorted(message_ids), status=Status(status))


def _name(outcome: Outcome) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(outcome).__name__)[1:]


def _reason(outcome: Outcome) -> str:
    return str(getattr(outcome, "reason", "")).replace("\x00", "")[:300]


def _rows(row: str, things: Sequence[object]) -> str:
    return ", ".join([row] * len(things))


def _run(statement: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []
