"""Whether the installation works: `/healthz` for Docker, Caddy, the supervisor and whoever watches."""

import time

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from redis import RedisError

from workspaces.access import public

_HEARTBEAT = "heartbeat"
_LATE_AFTER = 30.0  # seconds; beat asks for a heartbeat each five


def note_heartbeat() -> None:
    """Remember that beat, broker and worker have just done something together."""
    cache.set(_HEARTBEAT, time.time(), timeout=3600)


@public
def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when pages can be served, and say in the body how each part does.

    A late worker is no reason to take the pages away, so it is only told.
    """
    database, (valkey, worker) = _database(), _valkey_and_worker()
    serves = database == valkey == "ok"
    return JsonResponse({"database": database, "valkey": valkey, "worker": worker}, status=200 if serves else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "down"
    return "ok"


def _valkey_and_worker() -> tuple[str, str]:
    try:
        seen = cache.get(_HEARTBEAT)
    except (RedisError, OSError):
        return "down", "unknown"
    if seen is None:
        return "ok", "not seen yet"
    return "ok", "ok" if time.time() - seen < _LATE_AFTER else "late"
