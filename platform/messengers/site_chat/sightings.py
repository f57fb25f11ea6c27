"""Where a chat was last seen, and which other sites tried to show it: for "check installation" on the channel's page.

Kept in the cache: these are hints that the next visit renews, and a visit must not cost a write to the database.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.utils import timezone
from redis import RedisError

logger = logging.getLogger(__name__)

_KEPT_FOR = 30 * 24 * 3600
_KEPT_SITES = 8


@dataclass(frozen=True, slots=True)
class Sighting:
    """A site on which the chat was asked for."""

    origin: str
    page: str
    at: datetime


def saw(channel_id: int, origin: str, page: str) -> None:
    """Note a page that shows the chat."""
    _note(_key(channel_id, "seen"), origin, page)


def refused(channel_id: int, origin: str, page: str) -> None:
    """Note a page that wanted to show the chat and may not."""
    _note(_key(channel_id, "refused"), origin, page)


def seen_on(channel_id: int) -> list[Sighting]:
    """Return the sites that show the chat, newest first."""
    return _read(_key(channel_id, "seen"))


def refused_on(channel_id: int) -> list[Sighting]:
    """Return the sites that were refused, newest first."""
    return _read(_key(channel_id, "refused"))


def forget_refusals(channel_id: int) -> None:
    """Forget who was refused: the list of sites has changed."""
    cache.delete(_key(channel_id, "refused"))


def _key(channel_id: int, kind: str) -> str:
    return f"site_chat:{kind}:{channel_id}"


def _note(key: str, origin: str, page: str) -> None:
    try:
        sites: dict[str, Any] = cache.get(key) or {}
        sites.pop(origin, None)
        sites[origin] = [page[:300], timezone.now().isoformat()]
        cache.set(key, dict(list(sites.items())[-_KEPT_SITES:]), _KEPT_FOR)
    except RedisError as error:  # a hint less; the visitor must not notice
        logger.warning("Valkey is away, a visit is not noted: %s", error)


def _read(key: str) -> list[Sighting]:
    sites: dict[str, Any] = cache.get(key) or {}
    return [Sighting(origin, page, datetime.fromisoformat(at)) for origin, (page, at) in reversed(list(sites.items()))]
