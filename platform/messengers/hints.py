"""What Valkey knows and may forget: that a channel has something to send, and where senders and listeners may run.

Losing any of it costs at most a second: senders and sweepers find their work by scanning PostgreSQL. The outbox wakes,
senders listen, the beat counts.
"""

import logging
import time
from collections.abc import AsyncIterator
from functools import cache

import redis
import redis.asyncio
from django.conf import settings

from messengers.models import Channel

logger = logging.getLogger(__name__)

_WAKE = "kaskad:wake"
_PLACES = "kaskad:places:{queue}"
_ALIVE_SECONDS = 10


@cache
def _client() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, decode_responses=True)


def wake(channel: Channel, identity_id: int = 0) -> None:
    """Tell the senders that a channel has a message for a person. Call it on commit."""
    try:
        _client().publish(_WAKE, f"{channel.workspace_id}/{channel.pk}/{identity_id % channel.shards}")
    except redis.RedisError as error:
        logger.warning("No hint to the senders, they will find it by themselves: %s", error)


async def woken() -> AsyncIterator[tuple[int, int, int] | None]:
    """Yield (workspace id, channel id, shard) of channels that were woken; ends when Valkey is gone.

    None comes first, as soon as nothing is missed any more: what woke before was not heard.
    """
    client = redis.asyncio.Redis.from_url(settings.REDIS_URL, decode_responses=True)
    try:
        async with client.pubsub() as subscription:
            await subscription.subscribe(_WAKE)
            async for message in subscription.listen():
                if message["type"] == "message":
                    workspace_id, channel_id, shard = map(int, message["data"].split("/"))
                    yield workspace_id, channel_id, shard
                else:
                    yield None
    except redis.RedisError as error:
        logger.warning("No hints for a while: %s", error)
    finally:
        await client.aclose()


def first_time(name: str, seconds: int) -> bool:
    """Say whether nobody has asked this in the last `seconds`."""
    return bool(_client().set(f"kaskad:once:{name}", 1, nx=True, ex=seconds))


def forget(name: str) -> None:
    """Let the next one who asks `first_time` be the first again."""
    _client().delete(f"kaskad:once:{name}")


def offer_places(queue: str, worker: str, count: int) -> None:
    """Say that a worker process has room for `count` senders or listeners. Repeat it every few seconds."""
    until = time.time() + _ALIVE_SECONDS
    try:
        _client().zadd(_PLACES.format(queue=queue), {f"{worker}/{number}": until for number in range(count)})
    except redis.RedisError as error:
        logger.warning("Valkey is away, no new ones for a while: %s", error)


def places(queue: str) -> list[str]:
    """Return the places where a sender or listener may run now."""
    client, key = _client(), _PLACES.format(queue=queue)
    client.zremrangebyscore(key, 0, time.time())
    return sorted(str(place) for place in client.zrange(key, 0, -1))


def claim_place(place: str, token: str) -> bool:
    """Take a place for the one who runs under `token`, or keep it. False when another has it.

    Without Valkey nobody can have taken it, so the one who has it goes on.
    """
    key = f"kaskad:place:{place}"
    try:
        if _client().set(key, token, nx=True, ex=_ALIVE_SECONDS):
            return True
        if _client().get(key) != token:
            return False
        _client().expire(key, _ALIVE_SECONDS)
    except redis.RedisError as error:
        logger.warning("Valkey is away: %s", error)
    return True


def free_place(place: str, token: str) -> None:
    """Give a place back."""
    key = f"kaskad:place:{place}"
    try:
        if _client().get(key) == token:
            _client().delete(key)
    except redis.RedisError as error:
        logger.warning("Valkey is away: %s", error)
