"""The door in: what messengers tell us is stored as it came, then handled once, in order for each person.

The webhook page and the site chat store; `tasks.receive` processes; `tasks.tick` finds what was forgotten. An update
that cannot be handled stays with its error and can be replayed; the person's later ones go on.
"""

import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from messengers import statements
from messengers.channels import facts
from messengers.inbound import TooEarlyError, handle
from messengers.models import Channel, InboundUpdate
from messengers.registry import messenger
from workspaces.crossings import ids_across_workspaces
from workspaces.scope import current_workspace_id, tenant

logger = logging.getLogger(__name__)

State = InboundUpdate.State
RETRY_AFTER = (timedelta(seconds=2), timedelta(seconds=15))  # after the first and second error; the third is the last
OVERDUE = timedelta(seconds=5)  # what nobody has handled by then was forgotten: its task was lost


class UnreadableError(Exception):
    """The update says nothing that we can read: trying again would not help."""


def store(channel: Channel, body: Mapping[str, Any], external_id: str = "", sender_key: str = "") -> int | None:
    """Keep an update as it came, and return its id; None for one that we have already. Ids default to the adapter's."""
    adapter = messenger(channel.kind)
    values: dict[str, Any] = {
        "workspace": current_workspace_id(),
        "channel": channel.pk,
        "external_id": _key(external_id or adapter.update_id(body)),
        "sender_key": _key(sender_key or adapter.sender_key(body)),
        # PostgreSQL's jsonb cannot hold a NUL, and nobody means one.
        "body": json.dumps(body).replace("\\u0000", ""),
    }
    with connection.cursor() as cursor:
        cursor.execute(statements.STORE_UPDATE, values)
        row = cursor.fetchone()
    return int(row[0]) if row else None


def process(update_id: int, *, workspace_id: int) -> None:
    """Handle a stored update, and before it those of the same person that came earlier. Repeats do nothing."""
    while _process_next(update_id, workspace_id):
        pass


def replay(update: InboundUpdate) -> None:
    """Give a failed update another chance; `process` it afterwards."""
    InboundUpdate.objects.filter(pk=update.pk, state=State.FAILED).update(
        state=State.STORED, tries=0, error="", due_at=timezone.now()
    )


def overdue(limit: int = 500) -> list[tuple[int, ...]]:
    """Return (workspace id, update id) of stored updates that should have been handled by now."""
    return ids_across_workspaces("overdue_updates", OVERDUE.total_seconds(), limit)


def _process_next(upto_id: int, workspace_id: int) -> bool:
    """Handle the earliest waiting update of the same person; say whether another one may be left."""
    with tenant(workspace_id):
        asked = InboundUpdate.objects.filter(pk=upto_id).first()
        if asked is None or asked.state != State.STORED:
            return False
        _take_turn(asked)
        update = _earliest(asked)
        if update is None or update.due_at > timezone.now():
            return False
        try:
            with transaction.atomic():
                _handle_stored(update)
        except Exception as error:
            _failed(update, error)
        else:
            InboundUpdate.objects.filter(pk=update.pk).update(state=State.DONE, error="")
        return update.pk != upto_id


def _take_turn(update: InboundUpdate) -> None:
    """Wait until nobody else handles updates of the same person; the lock goes with the transaction."""
    name = f"{update.channel_id}/{update.sender_key or update.pk}"
    number = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _earliest(asked: InboundUpdate) -> InboundUpdate | None:
    waiting = InboundUpdate.objects.filter(state=State.STORED, pk__lte=asked.pk, channel_id=asked.channel_id)
    waiting = waiting.filter(sender_key=asked.sender_key) if asked.sender_key else waiting.filter(pk=asked.pk)
    return waiting.select_related("channel").order_by("pk").first()


def _handle_stored(update: InboundUpdate) -> None:
    try:
        told = messenger(update.channel.kind).parse(facts(update.channel), update.body)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnreadableError(f"{type(error).__name__}: {error}") from error
    for one in told:
        handle(one, update.channel)


def _failed(update: InboundUpdate, error: Exception) -> None:
    tries = update.tries + 1
    last = isinstance(error, UnreadableError) or tries > len(RETRY_AFTER)
    if last and isinstance(error, TooEarlyError):
        state = State.DONE  # nobody here knows these messages: they were not ours
    elif last:
        state = State.FAILED
        where = update.pk, update.channel_id
        logger.error("Update %s of channel %s failed and waits for a replay", *where, exc_info=error)
    else:
        state = State.STORED
    due_at = update.due_at if last else timezone.now() + RETRY_AFTER[tries - 1]
    InboundUpdate.objects.filter(pk=update.pk).update(
        state=state, tries=tries, error=f"{type(error).__name__}: {error}"[:2000], due_at=due_at
    )


def _key(name: str) -> str:
    """Return a name that fits its column: a long one keeps its beginning and a digest of the whole."""
    name = name.replace("\x00", "")
    if len(name) <= 200:
        return name
    return f"{name[:160]}#{blake2b(name.encode(), digest_size=16).hexdigest()}"
