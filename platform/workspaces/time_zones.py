"""The time zones one may choose, named with how far they are from UTC now. For the settings of a workspace."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

_AREAS = {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}


def choices(now: datetime) -> list[tuple[str, str]]:
    """Return every zone of the IANA list as (name, text), from west to east."""
    # Zones change their offsets on quarters of an hour, so one list serves all who ask within one.
    quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    return list(_at(quarter.astimezone(UTC)))


@lru_cache(maxsize=1)
def _at(now: datetime) -> tuple[tuple[str, str], ...]:
    offsets = {name: now.astimezone(ZoneInfo(name)).utcoffset() or timedelta() for name in _names()}
    west_to_east = sorted(offsets, key=lambda name: (offsets[name], name))
    return tuple((name, text(name, offsets[name])) for name in west_to_east)


def text(name: str, offset: timedelta) -> str:
    """Return how a zone is shown: `(UTC+03:00) Europe/Moscow`."""
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"(UTC{'−' if minutes < 0 else '+'}{hours:02}:{rest:02}) {name.replace('_', ' ')}"


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(name for name in available_timezones() if name.partition("/")[0] in _AREAS or name == "UTC")
