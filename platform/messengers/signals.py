"""What this app tells those above it. All are sent inside `tenant()` and inside the transaction of the change."""

from django.dispatch import Signal

message_received = Signal()
"""A person wrote or pressed a button. Arguments: `message`, `conversation`, `update` (MessageReceived or ButtonPressed)."""

contact_started = Signal()
"""A person came in. Arguments: `conversation`, `update` (Started), `first` (never seen on this channel before)."""

identity_changed = Signal()
"""A person subscribed, unsubscribed, blocked us or let us in. Arguments: `identity`, `update`."""

message_queued = Signal()
"""Messages were put into the outbox. Argument: `messages`."""

message_status_changed = Signal()
"""Statuses rose. Arguments: `message_ids`, `status`."""

conversation_changed = Signal()
"""Owner, assignee or status of a conversation changed. Argument: `conversation`."""
