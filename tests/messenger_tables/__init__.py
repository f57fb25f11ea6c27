"""What every messenger's adapter must be shown to do, as data: one module for each, named after its kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from messengers.adapter import Call, Outcome, Outgoing, Reply
from messengers.updates import Update


@dataclass(frozen=True)
class Webhook:
    """A stored body, under which id repeats of it are known, whom it is from, and what it says."""

    name: str
    body: Mapping[str, Any]
    update_id: str
    sender_key: str
    updates: Sequence[Update]


@dataclass(frozen=True)
class Delivery:
    """A message, what is called for it and answered, and what that comes to."""

    name: str
    message: Outgoing
    exchange: Sequence[tuple[Call, Reply]]
    outcome: Outcome


@dataclass(frozen=True)
class Tables:
    """An adapter's tables. `unreadable` are bodies that must be refused with a ValueError."""

    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    webhooks: Sequence[Webhook]
    unreadable: Sequence[Mapping[str, Any]]
    deliveries: Sequence[Delivery]
