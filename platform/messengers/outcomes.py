"""What became of messages: outcomes written in bulk, what follows from them, and what senders that died left behind.

`pump` records, `delivery` sweeps; each function is one short transaction inside `tenant()`.
"""

import json
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from messengers import batches, identities, signals, statements
from messengers.adapter import ChannelBroken, Outcome, Rejected, RetryAt, Sent, Uncertain, Unreachable
from messengers.channels import mark_broken
from messengers.handover import Finished
from messengers.models import Channel, Identity
from messengers.registry import is_known, messenger
from messengers.statuses import Status
from workspaces.crossings import ids_across_workspaces
from workspaces.scope import tenant

logger = logging.getLogger(__name__)

MAX_RETRIES = 8
MAX_PAUSES = 24  # attempts of one message that may bid a whole channel wait
LONGEST = 600.0  # seconds between two tries; what the messenger itself bids is obeyed


def record(workspace_id: int, channel_id: int, sender: UUID, finished: Sequence[Finished]) -> None:
    """Write what became of messages: one statement for them, one for their attempts; then what follows for others."""
    values: dict[str, Any] = {"workspace": workspace_id, "channel": channel_id, "sender": sender}
    with tenant(workspace_id):
        written = statements.run(statements.RECORD_OUTCOMES, values | _columns(_OUTCOME, map(_outcome_row, finished)))
        _record_attempts(workspace_id, [_attempt_row(one) for one in finished if not _says_it_all(one)])
        files = {
            media: file_id
            for one in finished
            if isinstance(one.outcome, Sent | RetryAt)
            for media, file_id in one.outcome.file_ids.items()
        }
        if files:
            statements.run(statements.REMEMBER_FILES, values | {"media": list(files), "file_ids": list(files.values())})
        batches.run_again([message_id for message_id, status in written if status == Status.QUEUED])
        _tell(written)
        _draw_conclusions(channel_id, finished)


def sweep() -> None:
    """Find messages of senders that died: queue them where the messenger knows our key, else call them uncertain."""
    for workspace_id, channel_id in ids_across_workspaces("channels_with_orphans", 1000):
        try:
            with tenant(workspace_id):
                _sweep_channel(workspace_id, channel_id)
        except Exception:  # what is wrong with one channel must not keep the others from being swept
            logger.exception("Channel %s could not be swept", channel_id)


def _sweep_channel(workspace_id: int, channel_id: int) -> None:
    kind = Channel.objects.values_list("kind", flat=True).get(pk=channel_id)
    knows_our_key = is_known(kind) and messenger(kind).capabilities.idempotent
    again = f"message.retries < {MAX_RETRIES}" if knows_our_key else "false"
    swept = statements.run(
        statements.SWEEP_ORPHANS.format(again=again), {"workspace": workspace_id, "channel": channel_id}
    )
    if swept:
        now = timezone.now()
        _record_attempts(
            workspace_id,
            [(message_id, attempt, at, now, "uncertain", "sender_died") for message_id, _status, attempt, at in swept],
        )
        _tell([(message_id, status) for message_id, status, *_ in swept])


# ---- writing down

_OUTCOME = (
    *("ids", "statuses", "reasons", "external_ids", "contents"),
    *("due_ats", "sent_ats", "parts_sent", "retries"),
)
_ATTEMPT = ("ids", "numbers", "started_ats", "finished_ats", "outcomes", "reasons")


def _outcome_row(one: Finished) -> tuple[Any, ...]:
    message, outcome = one.message, one.outcome
    content = None if message.rendered is None else json.dumps({"text": message.rendered}, ensure_ascii=False)
    external_id, due_at, sent_at, retries = _external_id(one), None, None, 0
    match outcome:
        case Sent():
            status, sent_at = Status.SENT, one.at
        case RetryAt(seconds=seconds, counted=False):
            wait = seconds * min(max(1, message.attempt // 10), 60)  # an hour away is asked every half a minute
            status, due_at = Status.QUEUED, one.at + timedelta(seconds=wait)
        case RetryAt(seconds=seconds, whole_channel=True) if message.attempt <= MAX_PAUSES:
            # Each time it lets more of the others pass: it may be this chat alone that the messenger means.
            wait = min(seconds * message.attempt, seconds + LONGEST)
            status, due_at = Status.QUEUED, one.at + timedelta(seconds=wait)
        case RetryAt(seconds=seconds, longest=longest):
            if message.retries < MAX_RETRIES:
                wait = min(seconds * 2**message.retries, max(seconds, longest or LONGEST))
                status, due_at, retries = Status.QUEUED, one.at + timedelta(seconds=wait), 1
            else:
                status = Status.REJECTED
        case ChannelBroken():
            status = Status.QUEUED
        case Unreachable():
            status = Status.UNREACHABLE
        case Rejected():
            status = Status.REJECTED
        case Uncertain():
            status = Status.UNCERTAIN
    return message.id, status.value, _reason(outcome), external_id, content, due_at, sent_at, one.parts_sent, retries


def _external_id(one: Finished) -> str:
    """Return the names of the parts that left, divided by commas; of many long ones the last.

    A comma at the end says that parts are missing: a retry's names are put behind it.
    """
    if "," not in one.named:
        return one.outcome.external_id[:200] if isinstance(one.outcome, Sent) else ""
    return one.named[-200:] if one.named.strip(",") else ""


def _attempt_row(one: Finished) -> tuple[Any, ...]:
    message = one.message
    return message.id, message.attempt, message.started_at, one.at, _name(one.outcome), _reason(one.outcome)


def _says_it_all(one: Finished) -> bool:
    """Say whether the message itself tells all there is to know: a mailing's, sent at the first try."""
    return one.message.bulk and one.message.attempt == 1 and isinstance(one.outcome, Sent)


def _record_attempts(workspace_id: int, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        statements.run(statements.RECORD_ATTEMPTS, {"workspace": workspace_id} | _columns(_ATTEMPT, rows))


def _columns(names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def _draw_conclusions(channel_id: int, finished: Sequence[Finished]) -> None:
    """Let what one message met stand for its person or its whole channel."""
    blocked: dict[int, datetime] = {}
    pauses: list[datetime] = []
    for one in finished:
        match one.outcome:
            case Unreachable(blocked=True):
                blocked[one.message.identity_id] = one.at
            case RetryAt(seconds=seconds, whole_channel=True):
                pauses.append(one.at + timedelta(seconds=seconds))
            case ChannelBroken(reason=reason):
                mark_broken(channel_id, reason)
    if pauses:
        pause(channel_id, max(pauses))
    for identity in Identity.objects.filter(pk__in=blocked) if blocked else ():
        if identities.change_state(identity, Identity.State.BLOCKED, blocked[identity.pk]):
            signals.identity_changed.tell(identity=identity, update=None)


def pause(channel_id: int, until: datetime) -> None:
    """Let nothing leave through a channel until a moment; a longer pause that is on stays."""
    sooner = Q(paused_until__isnull=True) | Q(paused_until__lt=until)
    Channel.objects.filter(sooner, pk=channel_id).update(paused_until=until)


def _tell(written: Iterable[Sequence[Any]]) -> None:
    by_status: dict[str, list[int]] = {}
    for message_id, status in written:
        by_status.setdefault(status, []).append(message_id)
    for status, message_ids in by_status.items():
        signals.message_status_changed.tell(message_ids=sorted(message_ids), status=Status(status))


def _name(outcome: Outcome) -> str:
    return _NAMES[type(outcome)]


_NAMES: dict[type[Outcome], str] = {
    Sent: "sent",
    RetryAt: "retry_at",
    Unreachable: "unreachable",
    Rejected: "rejected",
    ChannelBroken: "channel_broken",
    Uncertain: "uncertain",
}


def _reason(outcome: Outcome) -> str:
    return str(getattr(outcome, "reason", "")).replace("\x00", "")[:300]
