"""What this app tells those above it. All are sent inside `tenant()` and inside the transaction of the change."""

import logging
from contextlib import nullcontext
from typing import Any, TypeVar

from django.dispatch import Signal

from messengers import held

logger = logging.getLogger(__name__)


class TenantSignal(Signal):
    """A signal whose receivers cannot undo what it tells of: each has its own savepoint, and its error is logged."""

    def tell(self, **facts: Any) -> None:
        """Call every receiver. What talks to the outside must wait for `transaction.on_commit`."""
        receivers, _asynchronous = self._live_receivers(None)
        for receiver in receivers:
            try:
                with nullcontext() if receiver in _only_note else held.savepoint():
                    receiver(signal=self, sender=None, **facts)
            except Exception:
                logger.exception("%s failed; what it was told of stays", getattr(receiver, "__qualname__", receiver))


_only_note: set[Any] = set()
_Receiver = TypeVar("_Receiver")


def only_notes(receiver: _Receiver) -> _Receiver:
    """Mark a receiver that only notes what to do on commit. It asks the database nothing, so it needs no savepoint."""
    _only_note.add(receiver)
    return receiver


message_received = TenantSignal()
"""A person wrote or pressed. Arguments: `message`, `conversation`, `update` (MessageReceived or ButtonPressed)."""

contact_started = TenantSignal()
"""A person came in. Arguments: `conversation`, `update` (Started), `first` (never seen on this channel before)."""

identity_changed = TenantSignal()
"""A person subscribed, unsubscribed, blocked us or let us in. Arguments: `identity`, `update` (None: we found out)."""

message_queued = TenantSignal()
"""Messages were put into the outbox. Argument: `messages`."""

message_changed = TenantSignal()
"""Messages say something else than before: edited, taken back, a file arrived. Argument: `message_ids`."""

message_status_changed = TenantSignal()
"""Statuses changed. Arguments: `message_ids`, `status`."""

conversation_changed = TenantSignal()
"""Owner, assignee, status or unread of a conversation changed. Argument: `conversation`."""

channel_connected = TenantSignal()
"""A channel was connected, or brought back. Argument: `channel`."""
