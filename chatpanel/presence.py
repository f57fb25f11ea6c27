"""Who is looking at a conversation, and whether anybody has the panel open. Called by the panel's sockets and pages.

It lives in Valkey alone and forgets by itself: losing it costs nothing but a few seconds of not knowing.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import redis
from django.conf import settings

LOOKING = 45  # seconds a look lasts unless it is renewed
PANEL = 60  # seconds an open panel is believed in unless it asks again

_log = logging.getLogger(__name__)


def look(conversation_id: int, user_id: int, window: str) -> None:
    """Say that a person's window shows the conversation."""
    key = _viewers_key(conversation_id)
    with _forgiving(), _valkey().pipeline() as steps:
        steps.zadd(key, {f"{user_id}:{window}": time.time() + LOOKING})
        steps.expire(key, LOOKING)
        steps.execute()


def leave(conversation_id: int, user_id: int, window: str) -> None:
    """Say that the window shows it no more."""
    with _forgiving():
        _valkey().zrem(_viewers_key(conversation_id), f"{user_id}:{window}")


def viewers(conversation_id: int) -> list[int]:
    """Return the ids of the people who are looking."""
    with _forgiving():
        found = _valkey().zrangebyscore(_viewers_key(conversation_id), time.time(), "+inf")
        return sorted({int(str(member).partition(":")[0]) for member in found})
    return []


def panel_is_open(workspace_id: int) -> None:
    """Say that somebody of the workspace has the panel open."""
    with _forgiving():
        _valkey().set(_panels_key(workspace_id), 1, ex=PANEL)


def has_open_panels(workspace_id: int) -> bool:
    """Say whether live events of the workspace have anybody to go to; when in doubt, they have."""
    with _forgiving():
        return bool(_valkey().exists(_panels_key(workspace_id)))
    return True


@lru_cache(maxsize=1)
def _valkey() -> redis.Redis:
    url = str(settings.CACHES["default"]["LOCATION"])
    return redis.Redis.from_url(url, decode_responses=True, socket_timeout=2, socket_connect_timeout=2)


@contextmanager
def _forgiving() -> Iterator[None]:
    try:
        yield
    except redis.RedisError:
        _log.warning("Valkey did not answer: who is looking is unknown for now", exc_info=True)


def _viewers_key(conversation_id: int) -> str:
    return f"chatpanel:viewers:{conversation_id}"


def _panels_key(workspace_id: int) -> str:
    return f"chatpanel:panels:{workspace_id}"
