"""A bot's news on their way: posted to every address that it has given, or kept for who fetches them.

Those of one person are posted one after another, until the answer is 200; those of different people side by side.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from lab.ground import Ground
from lab.misbehaviour import HOOKS

HOLD = 0.5  # news that are to come too late wait so long for others to overtake them
LONGEST_PAUSE = 30.0
KEPT = 1000  # that are remembered for who fetches
AT_ONCE = 40


@dataclass(slots=True)
class _Pending:
    body: dict[str, Any]
    person: int
    tries: int = 0
    ready_at: float = 0.0
    switches: tuple[str, ...] = ()


@dataclass
class Subscription:
    """An address that news are posted to."""

    url: str
    types: tuple[str, ...]
    secret: str
    time: int = field(default_factory=lambda: int(time.time() * 1000))
    pending: deque[_Pending] = field(default_factory=deque)
    last_error: str = ""
    dropped: bool = False

    def told(self) -> dict[str, Any]:
        """Return it as MAX tells it."""
        return {"url": self.url, "time": self.time, "update_types": list(self.types) or None}


class News:
    """All that a bot is told."""

    def __init__(self, ground: Ground, key: Callable[[], str]) -> None:
        self.ground, self._key = ground, key
        self.subscriptions: dict[str, Subscription] = {}
        self.first_pause = 1.0  # after the second failure; doubled after each further one
        self._kept: deque[tuple[int, dict[str, Any]]] = deque(maxlen=KEPT)
        self._marker = int(time.time() * 1000)
        self._came = asyncio.Event()
        self._busy: set[tuple[str, int]] = set()
        self._pumps: dict[str, asyncio.Task[None]] = {}
        self._woken: dict[str, asyncio.Event] = {}

    @property
    def waiting(self) -> int:
        """How much has not been taken."""
        return sum(len(one.pending) for one in self.subscriptions.values())

    def tell(self, person: int, body: dict[str, Any]) -> None:
        """Let everybody know who asked for this kind."""
        self._marker += 1
        self._kept.append((self._marker, body))
        self._came.set()
        for one in self.subscriptions.values():
            if not one.types or body["update_type"] in one.types:
                one.pending.append(_Pending(body, person))
                self.wake(one)

    def subscribe(self, url: str, types: tuple[str, ...], secret: str) -> None:
        """Post to an address from now on."""
        self.forget(url)
        self.subscriptions[url] = Subscription(url, types, secret)
        self.ground.changed()

    def forget(self, url: str) -> bool:
        """Post there no more; what waits is lost."""
        found = self.subscriptions.pop(url, None)
        if found is not None:
            found.dropped = True
            self.ground.changed()
        return found is not None

    async def fetch(self, marker: int | None, types: tuple[str, ...], limit: int, wait: float) -> dict[str, Any]:
        """Return what came after a marker, as soon as there is anything. Without one: the last alone."""
        end = time.monotonic() + wait
        after = marker if marker is not None else self._marker - 1
        while True:
            found = [(number, one) for number, one in self._kept if number > after]
            wanted = [(number, one) for number, one in found if not types or one["update_type"] in types][:limit]
            left = end - time.monotonic()
            if wanted or left <= 0:
                break
            self._came.clear()
            try:
                await asyncio.wait_for(self._came.wait(), left)
            except TimeoutError:
                break
        at = wanted[-1][0] if len(wanted) == limit else self._marker
        return {"updates": [one for _number, one in wanted], "marker": at}

    def wake(self, one: Subscription) -> None:
        """Look again for what can leave."""
        self._woken.setdefault(one.url, asyncio.Event()).set()
        pump = self._pumps.get(one.url)
        if one.pending and (pump is None or pump.done()):
            self._pumps[one.url] = self.ground.spawn(self._post_all(one))

    async def _post_all(self, one: Subscription) -> None:
        woken, delay = self._woken.setdefault(one.url, asyncio.Event()), 0.05
        while one.pending and not one.dropped:
            woken.clear()
            delay = 0.05 if self._post_ready(one) else min(delay * 2, 0.5)
            try:
                await asyncio.wait_for(woken.wait(), delay)
            except TimeoutError:
                continue

    def _post_ready(self, to: Subscription) -> int:
        now, sent = time.monotonic(), 0
        passed = {person for url, person in self._busy if url == to.url}
        for one in list(to.pending):
            if len(self._busy) >= AT_ONCE:
                break
            if not one.switches and not one.tries:
                self._misbehave(one, now)
            if one.person in passed:
                continue
            if one.ready_at > now:
                if not {"hook_out_of_order", "hook_late"} & {*one.switches}:
                    passed.add(one.person)
                continue
            passed.add(one.person)
            self._busy.add((to.url, one.person))
            to.pending.remove(one)
            self.ground.spawn(self._post(to, one))
            sent += 1
        return sent

    def _misbehave(self, one: _Pending, now: float) -> None:
        met = self.ground.misbehaviour.take(HOOKS, self._key(), person=str(one.person))
        one.switches = tuple(switch.kind for switch in met) or ("",)
        for switch in met:
            if switch.kind in ("hook_late", "hook_out_of_order"):
                one.ready_at = now + (switch.seconds if switch.kind == "hook_late" else HOLD)

    async def _post(self, to: Subscription, one: _Pending) -> None:
        try:
            if "hook_lost" not in one.switches:
                await self._deliver(to, one)
                if "hook_doubled" in one.switches:
                    await self._deliver(to, one)
        except _NotTakenError as error:
            to.last_error = str(error)
            pause = min(LONGEST_PAUSE, self.first_pause * 2 ** (one.tries - 1)) if one.tries else 0.02
            one.tries += 1
            one.ready_at, one.switches = time.monotonic() + pause, ("",)
            to.pending.appendleft(one)
        finally:
            self._busy.discard((to.url, one.person))
            self.wake(to)

    async def _deliver(self, to: Subscription, one: _Pending) -> None:
        headers = {"Content-Type": "application/json"} | ({"X-Max-Bot-Api-Secret": to.secret} if to.secret else {})
        body = json.dumps(one.body, ensure_ascii=False).encode()
        try:
            async with self.ground.client.post(to.url, data=body, headers=headers, allow_redirects=False) as reply:
                await reply.read()
                if reply.status != 200:
                    raise _NotTakenError(f"status {reply.status}")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _NotTakenError(type(error).__name__) from error


class _NotTakenError(Exception):
    pass
