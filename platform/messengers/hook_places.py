"""Which channel a webhook's address means: looked up once, then known for a few seconds. `hook_door` calls it."""

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from messengers.adapter import ChannelFacts, Messenger
from messengers.channels import facts
from messengers.hook_threads import AwayError, in_thread
from messengers.models import Channel
from messengers.registry import is_known, messenger
from workspaces.crossings import ids_across_workspaces
from workspaces.scope import tenant

logger = logging.getLogger(__name__)

TRUST = 5.0  # seconds for which a channel is taken to be as it was
TRUST_AGAIN = 1.0  # and after a refusal: strangers shall not make us ask the database each time
LOOKUPS_LIMIT = 100  # at once: who guesses at addresses shall not keep us from writing
_KNOWN_LIMIT = 10_000
_REFUSALS_EVERY = 60.0
KEY = re.compile(r"[A-Za-z0-9]{8,32}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address leads."""

    workspace_id: int
    channel_id: int
    adapter: Messenger
    facts: ChannelFacts


@dataclass(slots=True)
class _Known:
    place: Place | None
    at: float


class HookPlaces:
    """The channels that this process has heard of lately."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()
        self._asking: dict[tuple[str, str], asyncio.Task[Place | None]] = {}
        self._refusals: dict[int, tuple[float, int]] = {}
        self._siblings: dict[tuple[str, str, bool], _Known] = {}

    async def find(self, kind: str, key: str, *, anew: bool = False) -> Place | None:
        """Return where the address leads; None where there is no such channel, or it is switched off.

        With `anew`, what was lately known is not trusted.
        """
        known = self._known.get((kind, key))
        if known is not None and not anew and time.monotonic() - known.at < TRUST:
            return known.place
        if not is_known(kind) or not KEY.fullmatch(key):
            return None
        return await self._ask(kind, key)

    async def look_again(self, place: Place) -> Place | None:
        """Return the channel as it is now: what it was lately did not fit."""
        kind, key = place.adapter.kind, place.facts.key
        known = self._known.get((kind, key))
        if known is not None and time.monotonic() - known.at < TRUST_AGAIN:
            return known.place
        return await self._ask(kind, key)

    async def sibling(self, place: Place, account: str) -> Place | None:
        """Return the channel of another account of the same messenger, if one is connected here."""
        whose = (place.adapter.kind, account, bool(place.facts.api))
        known = self._siblings.get(whose)
        if known is None or time.monotonic() - known.at >= TRUST:
            known = self._siblings[whose] = _Known(await in_thread(_of_account, *whose), time.monotonic())
            if len(self._siblings) > _KNOWN_LIMIT:
                self._siblings.clear()
        return known.place

    def note_refusal(self, place: Place, reason: str) -> None:
        """Log a refused request, once a minute for each channel."""
        since, count = self._refusals.get(place.channel_id, (0.0, 0))
        now = time.monotonic()
        if now - since < _REFUSALS_EVERY and count:
            self._refusals[place.channel_id] = (since, count + 1)
            return
        more = f", and {count - 1} more before" if count > 1 else ""
        logger.info("A webhook of channel %s was refused: %s%s", place.channel_id, reason, more)
        if len(self._refusals) > _KNOWN_LIMIT:
            self._refusals.clear()
        self._refusals[place.channel_id] = (now, 1)

    async def _ask(self, kind: str, key: str) -> Place | None:
        asking = self._asking.get((kind, key))
        if asking is None and len(self._asking) >= LOOKUPS_LIMIT:
            raise AwayError("too many unknown addresses are asked for at once")
        if asking is None or asking.get_loop() is not asyncio.get_running_loop():
            asking = asyncio.create_task(self._look_up(kind, key))
            self._asking[kind, key] = asking
            asking.add_done_callback(lambda _: self._asking.pop((kind, key), None))
        return await asyncio.shield(asking)

    async def _look_up(self, kind: str, key: str) -> Place | None:
        place = await in_thread(_find, kind, key)
        self._known[kind, key] = _Known(place, time.monotonic())
        self._known.move_to_end((kind, key))
        while len(self._known) > _KNOWN_LIMIT:
            self._known.popitem(last=False)
        return place


def _find(kind: str, key: str) -> Place | None:
    return _place(kind, ids_across_workspaces("channel_of_key", key))


def _of_account(kind: str, account: str, practice: bool) -> Place | None:
    return _place(kind, ids_across_workspaces("channel_of_account", kind, account, practice))


def _place(kind: str, found: Sequence[tuple[int, ...]]) -> Place | None:
    if not found:
        return None
    workspace_id, channel_id = found[0]
    with tenant(workspace_id):
        channel = Channel.objects.filter(pk=channel_id, kind=kind).exclude(state=Channel.State.DISCONNECTED).first()
        if channel is None:
            return None
        return Place(workspace_id, channel_id, messenger(kind), facts(channel))
