"""How a channel does, as its page shows it: what waits and leaves, what came in last, where its news go."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as installation
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from messengers import sending_counts
from messengers.channel_words import reason
from messengers.channels import facts
from messengers.models import Channel, InboundUpdate, Message
from messengers.registry import is_known, messenger
from messengers.statuses import Status

COUNTED = 1_000
FETCHED_LATELY = timedelta(hours=24)  # for so long a page tells that missed messages were fetched


@dataclass(frozen=True, slots=True)
class Health:
    """Counts, each up to COUNTED, and moments."""

    queued: int
    sending: int
    uncertain: int
    failed_updates: int
    heard_at: datetime | None
    paused_until: datetime | None
    sent: int  # in the last hour
    failed: int
    pace: int | None  # percent of what the messenger allows, in the busiest minute of that hour
    keys_until: datetime | None

    @property
    def failed_share(self) -> int:
        """Return how many percent of the last hour's messages failed."""
        return round(100 * self.failed / (self.sent + self.failed)) if self.failed else 0


@dataclass(frozen=True, slots=True)
class Hook:
    """Where a messenger says that the news go. `thief` is the host of another program that gets them."""

    is_known: bool
    is_ours: bool
    thief: str
    waiting: int
    last_error: str
    last_error_at: datetime | None
    looked_at: datetime
    problem: object
    is_fetching: bool = False  # what people wrote meanwhile
    fetched: int | None = None  # so many of their messages, lately
    fetched_at: datetime | None = None
    not_fetched: object = ""  # why they could not be


def health(channel: Channel) -> Health:
    """Return how a channel does now."""
    messages = Message.objects.filter(channel=channel, direction=Message.Direction.OUT)
    updates = InboundUpdate.objects.filter(channel=channel)
    paused = channel.paused_until if channel.paused_until and channel.paused_until > timezone.now() else None
    counts = sending_counts.last_hour(channel.pk)
    newest = updates.order_by("-pk").values_list("received_at", flat=True).first()
    return Health(
        queued=messages.filter(status=Status.QUEUED)[:COUNTED].count(),
        sending=messages.filter(status=Status.SENDING)[:COUNTED].count(),
        uncertain=messages.filter(status=Status.UNCERTAIN)[:COUNTED].count(),
        failed_updates=updates.filter(state=InboundUpdate.State.FAILED)[:COUNTED].count(),
        heard_at=newest,
        paused_until=paused,
        sent=counts.sent,
        failed=counts.failed,
        pace=_pace(channel, counts.busiest),
        keys_until=parse_datetime(str(channel.settings.get("token_expires_at") or "")),
    )


def _pace(channel: Channel, busiest: int) -> int | None:
    if not is_known(channel.kind) or not busiest:
        return None
    rate = messenger(channel.kind).rate(facts(channel))
    return min(100, round(100 * busiest * rate.seconds / (rate.count * 60)))


def hook(seen: Mapping[str, Any], kind: str) -> Hook | None:
    """Return what `channels.look_at_hook` has kept, ready to be shown; None where there is nothing to ask."""
    if not seen:
        return None
    url, is_ours = str(seen.get("url", "")), bool(seen.get("is_ours"))
    failed_at = str(seen.get("last_error_at", ""))
    fetched: Mapping[str, Any] = seen.get("fetched") or {}
    fetched_at = datetime.fromisoformat(fetched["at"]) if fetched else None
    if fetched_at and timezone.now() - fetched_at > FETCHED_LATELY:
        fetched, fetched_at = {}, None
    return Hook(
        is_known="problem" not in seen,
        is_ours=is_ours,
        thief=(urlsplit(url).hostname or url) if url and not is_ours else "",
        waiting=int(seen.get("waiting", 0)),
        last_error=str(seen.get("last_error", "")),
        last_error_at=datetime.fromisoformat(failed_at) if failed_at else None,
        looked_at=datetime.fromisoformat(str(seen["looked_at"])),
        problem=reason(str(seen.get("problem", "")), kind),
        is_fetching="missed_since" in seen and is_ours,
        fetched=fetched.get("count"),
        fetched_at=fetched_at,
        not_fetched=reason(str(fetched["problem"]), kind) if "problem" in fetched else "",
    )


def reached_from_outside() -> bool:
    """Say whether Telegram can reach this installation: it wants https, and an address that the world knows."""
    address = urlsplit(installation.BASE_URL)
    host = address.hostname or ""
    if address.scheme != "https" or address.port not in {None, 443, 80, 88, 8443}:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".localhost", ".internal", ".test"))
