"""Which sender serves which channel: leases that are taken, kept alive and given back. `delivery` calls this.

A fast channel has several shards, each with its part of the rate and the people whose identity's id leaves its number.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from messengers import statements
from messengers.adapter import Capabilities, ChannelFacts, Messenger, Rate
from messengers.channels import facts, mark_broken
from messengers.limits import Bucket, share
from messengers.models import Channel
from messengers.registry import UnknownMessengerError, messenger
from workspaces.crossings import ids_across_workspaces
from workspaces.encrypted_field import SecretsUnreadableError
from workspaces.scope import tenant

LEASE = timedelta(seconds=10)

Place = tuple[int, int, int]
"""Workspace id, channel id, shard."""


@dataclass(slots=True)
class Claim:
    """A channel's shard that this sender has now. `chats` are the limits of people who were written to just now."""

    workspace_id: int
    channel_id: int
    shard: int
    shards: int
    facts: ChannelFacts
    adapter: Messenger
    bucket: Bucket
    chats: dict[int, Bucket] = field(default_factory=dict)

    @property
    def capabilities(self) -> Capabilities:
        """Return what the channel's messenger can carry."""
        return self.adapter.capabilities

    def chat(self, identity_id: int, now: float) -> Bucket:
        """Return the limit of one person's chat."""
        if identity_id not in self.chats:
            self.chats[identity_id] = Bucket.full(self.capabilities.per_chat, now)
        return self.chats[identity_id]

    def spend(self, identity_id: int, weight: int, now: float) -> None:
        """Count what leaves for a person, with the channel and with the chat."""
        self.chat(identity_id, now).spend(weight, now)
        self.bucket.spend(weight, now)

    def resting(self, now: float) -> list[int]:
        """Return the people who were written to so lately that their chat's own limit bids us wait."""
        for identity in [identity for identity, chat in self.chats.items() if chat.wait(now) <= 0]:
            del self.chats[identity]
        return list(self.chats)


def places_to_serve(limit: int) -> list[Place]:
    """Return the shards of channels with something due that no sender has, in fair turns between workspaces."""
    return [(row[0], row[1], row[2]) for row in ids_across_workspaces("channels_to_serve", limit)]


def claim(place: Place, sender: UUID) -> Claim | None:
    """Take a shard for this sender; None when another was faster or the channel has gone."""
    workspace_id, channel_id, shard = place
    with tenant(workspace_id):
        try:
            channel = Channel.objects.filter(pk=channel_id, state=Channel.State.ACTIVE).first()
            adapter = messenger(channel.kind) if channel else None
        except SecretsUnreadableError:
            mark_broken(channel_id, "secrets_unreadable")
            return None
        except UnknownMessengerError:
            mark_broken(channel_id, "unknown_messenger")
            return None
        if channel is None or adapter is None or shard >= channel.shards:
            return None
        values: dict[str, Any] = {
            "workspace": workspace_id,
            "channel": channel_id,
            "shard": shard,
            "sender": sender,
            "lifetime": LEASE,
        }
        rows = statements.run(statements.CLAIM_SHARD, values)
        if not rows:
            return None
        tokens, tokens_at, chats = rows[0]
        known = facts(channel)
        rate = share(adapter.rate(known), channel.shards)
        bucket = Bucket.full(rate, timezone.now().timestamp())
        if tokens is not None:
            bucket = Bucket(rate, tokens, tokens_at.timestamp())
        per_chat = adapter.capabilities.per_chat
        return Claim(
            workspace_id, channel_id, shard, channel.shards, known, adapter, bucket, _chats(per_chat, json.loads(chats))
        )


def renew(sender: UUID) -> set[tuple[int, int]]:
    """Keep this sender's leases alive; return (channel id, shard) of those that it still has."""
    return {(row[0], row[1]) for row in ids_across_workspaces("renew_leases", sender, LEASE.total_seconds())}


def release(held: Claim, sender: UUID) -> None:
    """Give a shard back, with what is left of its rate and of its people's."""
    now = timezone.now()
    held.bucket.available(now.timestamp())
    chats = {
        identity: (chat.tokens, chat.at) for identity, chat in held.chats.items() if chat.wait(now.timestamp()) > 0
    }
    values: dict[str, Any] = {
        "workspace": held.workspace_id,
        "channel": held.channel_id,
        "shard": held.shard,
        "sender": sender,
        "now": now,
        "tokens": held.bucket.tokens,
        "chats": json.dumps(chats),
    }
    with tenant(held.workspace_id):
        statements.run(statements.RELEASE_SHARD, values)


def _chats(rate: Rate, kept: Mapping[str, tuple[float, float]]) -> dict[int, Bucket]:
    return {int(identity): Bucket(rate, tokens, at) for identity, (tokens, at) in kept.items()}
