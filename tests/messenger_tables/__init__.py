"""What every messenger's adapter must be shown to do, as data: one module for each, named after its kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from messengers.adapter import Call, ChannelFacts, Outcome, Outgoing, Reply
from messengers.updates import Update

SEAL = "seal"  # of the tables' own channels


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
    """A message, what is called for it and answered, and what that comes to.

    `settings` and `secrets` are for what another than the tables' own channel does.
    """

    name: str
    message: Outgoing
    exchange: Sequence[tuple[Call, Reply]]
    outcome: Outcome
    settings: Mapping[str, Any] | None = None
    secrets: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Tables:
    """An adapter's tables. `unreadable` are bodies that must be refused with a ValueError.

    `sign` returns the headers under which the messenger would post a body; None where they are not what proves it.
    `query` returns what the address bears where that is the proof, or a part of it.
    `seal` returns a body with the proof in it, and None for one that can hold none: nobody would believe that.
    """

    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    webhooks: Sequence[Webhook]
    unreadable: Sequence[Mapping[str, Any]]
    deliveries: Sequence[Delivery]
    sign: Callable[[ChannelFacts, bytes], Mapping[str, str]] | None = None
    seal: Callable[[ChannelFacts, bytes], bytes | None] | None = None
    query: Callable[[ChannelFacts], Mapping[str, str]] | None = None
