"""How many messages left each channel in the last hour, minute by minute, and how many failed. Kept in Valkey alone.

`delivery` notes them, `channel_health` shows them. Losing them costs nothing but a figure on a page.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

MINUTES = 60
_LIFETIME = (MINUTES + 2) * 60  # seconds


@dataclass(frozen=True, slots=True)
class Counts:
    """The last hour: messages that were sent and that failed for good, and the busiest minute's number sent."""

    sent: int = 0
    failed: int = 0
    busiest: int = 0


@cache
def _client() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)


def note(ended: Mapping[int, tuple[int, int]]) -> None:
    """Add what has just ended: by channel, how many were sent and how many failed."""
    minute = _minute()
    try:
        with _client().pipeline(transaction=False) as pipeline:
            for channel_id, numbers in ended.items():
                name = _name(channel_id, minute)
                for what, count in zip(("sent", "failed"), numbers, strict=True):
                    if count:
                        pipeline.hincrby(name, what, count)
                pipeline.expire(name, _LIFETIME)
            pipeline.execute()
    except redis.RedisError as error:
        logger.debug("Not counted: %s", error)


def last_hour(channel_id: int) -> Counts:
    """Return the counts of a channel; none where Valkey is away."""
    now = _minute()
    try:
        with _client().pipeline(transaction=False) as pipeline:
            for minute in range(now - MINUTES + 1, now + 1):
                pipeline.hmget(_name(channel_id, minute), "sent", "failed")
            rows = [(int(sent or 0), int(failed or 0)) for sent, failed in pipeline.execute()]
    except redis.RedisError:
        return Counts()
    return Counts(sum(row[0] for row in rows), sum(row[1] for row in rows), max(row[0] for row in rows))


def _minute() -> int:
    return int(time.time() // 60)


def _name(channel_id: int, minute: int) -> str:
    return f"kaskad:counts:{channel_id}:{minute}"
