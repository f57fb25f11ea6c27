"""How a channel does, as its page shows it: what waits and leaves, what came in last, where its news go."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as installation
from django.utils import timezone

from messengers.channel_words import reason
from messengers.models import Channel, InboundUpdate, Message
from messengers.statuses import Status

COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Health:
    """Counts, each up to COUNTED, and moments."""

    queued: int
    sending: int
    uncertain: int
    failed_updates: int
    heard_at: datetime | None
    paused_until: datetime | None


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


def health(channel: Channel) -> Health:
    """Return how a channel does now."""
    messages = Message.objects.filter(channel=channel, direction=Message.Direction.OUT)
    updates = InboundUpdate.objects.filter(channel=channel)
    paused = channel.paused_until if channel.paused_until and channel.paused_until > timezone.now() else None
    newest = updates.order_by("-pk").values_list("received_at", flat=True).first()
    return Health(
        queued=messages.filter(status=Status.QUEUED)[:COUNTED].count(),
        sending=messages.filter(status=Status.SENDING)[:COUNTED].count(),
        uncertain=messages.filter(status=Status.UNCERTAIN)[:COUNTED].count(),
        failed_updates=updates.filter(state=InboundUpdate.State.FAILED)[:COUNTED].count(),
        heard_at=newest,
        paused_until=paused,
    )


def hook(seen: Mapping[str, Any]) -> Hook | None:
    """Return what `channels.look_at_hook` has kept, ready to be shown; None where there is nothing to ask."""
    if not seen:
        return None
    url, is_ours = str(seen.get("url", "")), bool(seen.get("is_ours"))
    failed_at = str(seen.get("last_error_at", ""))
    return Hook(
        is_known="problem" not in seen,
        is_ours=is_ours,
        thief=(urlsplit(url).hostname or url) if url and not is_ours else "",
        waiting=int(seen.get("waiting", 0)),
        last_error=str(seen.get("last_error", "")),
        last_error_at=datetime.fromisoformat(failed_at) if failed_at else None,
        looked_at=datetime.fromisoformat(str(seen["looked_at"])),
        problem=reason(str(seen.get("problem", ""))),
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
