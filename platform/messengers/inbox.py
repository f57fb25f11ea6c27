"""The door in: what messengers tell us is stored as it came, then handled once, in order for each person.

The hook door, the site chat and listeners store; `tasks` processes, and its `tick` finds what was forgotten. An update
that cannot be handled stays with its error: see `failed_updates`. The person's later ones go on.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from messengers import held, statements
from messengers.arrivals import FETCHED_BACK, Arrival, arrival, reread
from messengers.channels import facts
from messengers.inbound import TooEarlyError, gather, handle
from messengers.models import Channel, InboundUpdate
from messengers.registry import messenger
from messengers.updates import ButtonPressed, MessageReceived, Started, Update
from workspaces.crossings import ids_across_workspaces
from workspaces.scope import current_workspace_id, tenant

logger = logging.getLogger(__name__)

State = InboundUpdate.State
RETRY_AFTER = (timedelta(seconds=2), timedelta(seconds=15))  # after the first and second error; the third is the last
STALE = timedelta(minutes=15)  # after which nothing begins by a word that had to be fetched
OVERDUE = timedelta(seconds=5)  # what nobody has handled by then was forgotten: its task was lost
_TOGETHER = 20  # updates of one transaction: they save each other its cost, and wait for each other
_LONGEST_ID = 200  # that a column holds
_LONGEST_REF = 2000  # and another one, by which a file is found
_LOOK_AT = 200  # updates among which some are sought whose people nobody is busy with

_CLAIM = statements.CLAIM_UPDATES.format(turn=statements.TURN)
_TAKE_TURN = statements.TAKE_TURN.format(turn=statements.TURN)


class UnreadableError(Exception):
    """The update says nothing that we can read: trying again would not help."""


def store(channel: Channel, body: Mapping[str, Any], external_id: str = "", sender_key: str = "") -> int | None:
    """Keep an update as it came, and return its id; None for one that we have already. Ids default to the adapter's."""
    told = arrival(messenger(channel.kind), channel.pk, body, external_id, sender_key)
    return next(iter(keep([told])), None)


def store_many(channel: Channel, bodies: Sequence[Mapping[str, Any]]) -> list[int]:
    """Keep many updates of a channel in the order given, with one statement; return the ids of those that are new."""
    return keep([arrival(messenger(channel.kind), channel.pk, body) for body in bodies])


def keep(arrivals: Sequence[Arrival]) -> list[int]:
    """Keep what came, in order, with one statement; return the ids of what we did not have already."""
    values: dict[str, Any] = {
        "workspace": current_workspace_id(),
        "channels": [one.channel_id for one in arrivals],
        "external_ids": [one.external_id for one in arrivals],
        "sender_keys": [one.sender_key for one in arrivals],
        "bodies": [one.body for one in arrivals],
        "errors": [one.error for one in arrivals],
    }
    return [int(update_id) for (update_id,) in statements.run(statements.KEEP_UPDATES, values)]


def process(update_id: int, *, workspace_id: int) -> None:
    """Handle a stored update, and before it those of the same person that came earlier. Repeats do nothing."""
    while _process_next(update_id, workspace_id):
        pass


def process_waiting(channel_id: int, *, workspace_id: int, seconds: float) -> bool:
    """Handle what waits in a channel for about so long; say whether more may be left.

    People with whom somebody else is busy are left to him: he looks again until nothing is left.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not _process_some(channel_id, workspace_id):
            return False
    return True


def overdue(limit: int = 500) -> list[tuple[int, ...]]:
    """Return (workspace id, channel id) of channels in which something waits that should have been handled by now."""
    return ids_across_workspaces("channels_with_overdue_updates", OVERDUE.total_seconds(), limit)


def _process_some(channel_id: int, workspace_id: int) -> bool:
    """Handle the next few updates of a channel in one transaction, or if that fails each in its own."""
    claimed: list[InboundUpdate] = []
    try:
        with tenant(workspace_id):
            claimed = _claim(channel_id)
            if claimed:
                _handle_together(Channel.objects.get(pk=channel_id), claimed)
            return bool(claimed)
    except Exception:
        if not claimed:
            raise
    # Whichever it was: alone it fails by itself, and is written down.
    for update in claimed:
        process(update.pk, workspace_id=workspace_id)
    return True


def _handle_together(channel: Channel, updates: Sequence[InboundUpdate]) -> None:
    told: list[tuple[InboundUpdate, Sequence[Update]]] = []
    for update in updates:
        try:
            told.append((update, _read(channel, update)))
        except UnreadableError as error:
            _failed(update, error)
    _handle(channel, [one for _update, said in told for one in said])
    _done([update for update, _said in told])


def _read(channel: Channel, update: InboundUpdate) -> Sequence[Update]:
    try:
        body = reread(update.body)
        said = messenger(channel.kind).parse(facts(channel), body)
    except Exception as error:  # it only reads: whatever it stumbles over, it will stumble over again
        raise UnreadableError(f"{type(error).__name__}: {error}") from error
    if any(len(name) > _LONGEST_ID for one in said for name in _ids(one)):
        raise UnreadableError("an id that is too long for one")
    if any(len(file.ref) > _LONGEST_REF for one in said for file in getattr(one, "files", ())):
        raise UnreadableError("an address of a file that is too long for one")
    return [_dated(one, update.received_at) for one in said] if FETCHED_BACK in body else said


def _dated(said: Update, fetched_at: datetime) -> Update:
    """Mark what was said too long before it was fetched: the person does not wait for an answer to it any more."""
    if not isinstance(said, MessageReceived | ButtonPressed | Started) or said.at is None:
        return said
    return replace(said, late=True) if fetched_at - said.at > STALE else said


def _ids(update: Update) -> tuple[str, ...]:
    return getattr(update, "external_id", ""), update.sender.external_id if update.sender else ""


def _handle(channel: Channel, said: Sequence[Update]) -> None:
    with held.rows():
        gather(channel, said)
        for one in said:
            handle(one, channel)


def _claim(channel_id: int) -> list[InboundUpdate]:
    """Return the next updates, in order, of people with whom nobody else is busy; they are ours until the commit."""
    now = timezone.now()
    values = {"workspace": current_workspace_id(), "channel": channel_id, "look_at": _LOOK_AT, "limit": _TOGETHER}
    ids = [update_id for (update_id,) in statements.run(_CLAIM, {**values, "now": now})]
    # Read after the turns are ours: who had them before us may have handled some, or put one off with all that follow.
    rows = InboundUpdate.objects.filter(pk__in=ids, state=State.STORED).order_by("pk")
    put_off: set[str] = set()
    claimed = []
    for update in rows:
        if update.due_at > now:
            put_off.add(update.sender_key)
        elif not update.sender_key or update.sender_key not in put_off:
            claimed.append(update)
    return claimed


def _process_next(upto_id: int, workspace_id: int) -> bool:
    """Handle the earliest waiting update of the same person; say whether another one may be left."""
    with tenant(workspace_id):
        _take_turn(upto_id)
        update = _earliest(upto_id)
        if update is None or update.due_at > timezone.now():
            return False
        try:
            with transaction.atomic():
                _handle(update.channel, _read(update.channel, update))
        except Exception as error:
            _failed(update, error)
        else:
            _done([update])
        return update.pk != upto_id


def _take_turn(update_id: int) -> None:
    """Wait until nobody else handles updates of the same person; the lock goes with the transaction."""
    statements.run(_TAKE_TURN, {"workspace": current_workspace_id(), "update": update_id})


def _earliest(upto_id: int) -> InboundUpdate | None:
    asked = InboundUpdate.objects.filter(pk=upto_id, state=State.STORED).select_related("channel").first()
    if asked is None or not asked.sender_key:
        return asked
    waiting = InboundUpdate.objects.filter(
        state=State.STORED, pk__lte=asked.pk, channel_id=asked.channel_id, sender_key=asked.sender_key
    )
    return waiting.select_related("channel").order_by("pk").first()


def _done(updates: Sequence[InboundUpdate]) -> None:
    InboundUpdate.objects.filter(pk__in=[update.pk for update in updates]).update(state=State.DONE, error="")


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
