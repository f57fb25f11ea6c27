"""How often one visitor, or one address, may knock: counted in the cache, in fixed windows. Called by the door.

Without Valkey nothing is counted: what visitors write is kept in PostgreSQL, so the door stays open.
"""

import logging
import time
from dataclasses import dataclass

from django.core.cache import cache
from redis import RedisError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` times in `seconds`."""

    name: str
    count: int
    seconds: int


LOOKS = Limit("look", 240, 60)
SESSIONS = Limit("session", 30, 60)
MESSAGES = Limit("message", 30, 60)
FILES = Limit("file", 20, 60)
RECEIPTS = Limit("receipt", 120, 60)
# Many people may share one address (an office, a mobile operator), so it is given much more than one visitor.
ADDRESS = Limit("address", 1_200, 60)


def spend(limit: Limit, who: str) -> bool:
    """Count one more knock; False when there have been too many."""
    # The window is part of the name: a counter that lost its expiry in a race would shut somebody out for good.
    key = f"site_chat:{limit.name}:{who}:{int(time.time()) // limit.seconds}"
    try:
        return bool(cache.add(key, 1, limit.seconds)) or cache.incr(key) <= limit.count
    except ValueError:  # the window ended between the two calls
        return True
    except RedisError as error:
        logger.warning("Valkey is away, knocks are not counted: %s", error)
        return True
