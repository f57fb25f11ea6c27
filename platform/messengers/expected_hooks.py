"""Channels that are just being connected: their messenger asks their address before they are stored.

`connect` of an adapter yields `HookExpected`; the door in looks here for an address that it does not know, and answers
nothing but a handshake. The facts hold keys, so they lie encrypted in Valkey, and for some minutes only.
"""

import json
import logging
from dataclasses import asdict
from functools import cache

from cryptography.fernet import InvalidToken
from django.conf import settings as installation
from redis import Redis, RedisError

from messengers.adapter import ChannelFacts
from workspaces.encrypted_field import cipher

logger = logging.getLogger(__name__)

LIFETIME = 300  # seconds


def expect(channel: ChannelFacts) -> None:
    """Answer handshakes at this channel's address by these facts, from now on."""
    kind = channel.hook_url.rstrip("/").split("/")[-2]
    try:
        _client().set(_name(kind, channel.key), cipher().encrypt(json.dumps(asdict(channel)).encode()), ex=LIFETIME)
    except RedisError as error:
        logger.warning("The handshake of a channel that is being connected may fail: %s", error)


def find(kind: str, key: str) -> ChannelFacts | None:
    """Return what is expected at an address, if anything is."""
    try:
        kept = _client().get(_name(kind, key))
        return ChannelFacts(**json.loads(cipher().decrypt(kept))) if kept else None
    except (RedisError, InvalidToken):
        return None


@cache
def _client() -> "Redis":
    return Redis.from_url(installation.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


def _name(kind: str, key: str) -> str:
    return f"kaskad:expected-hook:{kind}:{key}"
