"""How often one visitor, or one address, may knock: counted in the cache, in fixed windows. Called by the door."""

from dataclasses import dataclass

from django.core.cache import cache


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
    key = f"site_chat:{limit.name}:{who}"
    if cache.add(key, 1, limit.seconds):
        return True
    try:
        return cache.incr(key) <= limit.count
    except ValueError:  # the window ended between the two calls
        return True
