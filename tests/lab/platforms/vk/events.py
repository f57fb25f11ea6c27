"""A community's events on their way: posted to the addresses that VK has checked, and kept for the Long Poll.

Those of one person are posted one after another, until the answer is `ok`; those of different people side by side.
"""

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import aiohttp

from lab.ground import Ground
from lab.misbehaviour import HOOKS
from lab.platforms.vk.refusals import NOT_FOUND, TOO_MANY_SERVERS, RefusalError

HOLD = 0.5  # an event that is to come too late waits so long for one to overtake it
LONGEST_PAUSE = 30.0
LOOKED_AT = 2000  # of a long queue
AT_ONCE = 40
SERVERS = 10
KEPT_EVENTS = 1000  # that the Long Poll remembers
AT_MOST = 100  # of them are told at once
PATIENCE = 3.0  # seconds in which an address must answer VK's check


@dataclass(slots=True)
class _Pending:
    body: dict[str, Any]
    person: int
    tries: int = 0
    ready_at: float = 0.0
    switches: tuple[str, ...] = ()


@dataclass
class Server:
    """An address that events are posted to."""

    id: int
    url: str
    title: str
    secret: str
    status: str = "wait"  # unconfigured | failed | wait | ok
    wanted: set[str] = field(default_factory=set)
    version: str = "5.199"
    last_error: str = ""
    posted: int = 0

    def told(self) -> dict[str, Any]:
        """Return it as VK tells it."""
        return {
            "id": self.id,
            "title": self.title,
            "creator_id": 0,
            "url": self.url,
            "secret_key": self.secret,
            "status": self.status,
        }


class Events:
    """All that a community tells."""

    def __init__(self, ground: Ground, group: int, key: Callable[[], str]) -> None:
        self.ground, self.group, self._key = ground, group, key
        self.servers: dict[int, Server] = {}
        self.queues: dict[int, Queue] = {}
        self.code = secrets.token_hex(4)
        self.long_poll = LongPoll()
        self.next_server = 1
        self.first_pause = 1.0  # after the second failure; doubled after each further one

    @property
    def waiting(self) -> int:
        """How many posts have not been taken."""
        return sum(len(queue.pending) for queue in self.queues.values())

    def tell(self, kind: str, person: int, told: dict[str, Any]) -> str:
        """Let everybody know who asked for this kind; return the event's id."""
        name = secrets.token_hex(20)
        body = {"group_id": self.group, "type": kind, "event_id": name, "v": "5.199", "object": told}
        self.long_poll.add(kind, body)
        for server in self.servers.values():
            if server.status == "ok" and kind in server.wanted:
                secret = {"secret": server.secret} if server.secret else {}
                self.queues[server.id].add(_Pending({**body, "v": server.version, **secret}, person))
        return name

    def wake(self) -> None:
        """Look again for what can leave."""
        for queue in self.queues.values():
            queue.wake()

    async def add_server(self, url: str, title: str, secret: str) -> Server:
        """Add an address, and check it."""
        if len(self.servers) >= SERVERS:
            raise RefusalError(*TOO_MANY_SERVERS)
        server = self.restore_server(Server(self.next_server, url, title, secret))
        await self._check(server)
        return server

    async def change_server(self, number: int, url: str, title: str, secret: str) -> None:
        """Change an address, and check it again."""
        server = self.server(number)
        server.url, server.title, server.secret, server.status = url, title, secret, "wait"
        await self._check(server)

    def restore_server(self, server: Server) -> Server:
        """Know an address."""
        self.servers[server.id] = server
        self.queues[server.id] = Queue(self, server, self._key)
        self.next_server = max(self.next_server, server.id) + 1
        self.ground.changed()
        return server

    def server(self, number: int) -> Server:
        """Return the address of this number."""
        if number not in self.servers:
            raise RefusalError(*NOT_FOUND)
        return self.servers[number]

    def drop_server(self, number: int) -> None:
        """Forget an address, and what waits for it."""
        self.server(number).status = "unconfigured"
        del self.servers[number], self.queues[number]
        self.ground.changed()

    async def _check(self, server: Server) -> None:
        """Ask the address for the community's code, which is another one afterwards."""
        body = {"type": "confirmation", "group_id": self.group, "secret": server.secret}
        patience = aiohttp.ClientTimeout(total=PATIENCE)
        try:
            async with self.ground.client.post(server.url, json=body, timeout=patience) as reply:
                answered = (await reply.text()).strip()
                server.status = "ok" if reply.status == 200 and answered == self.code else "failed"
                server.last_error = "" if server.status == "ok" else f"{reply.status} {answered[:40]}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            server.status, server.last_error = "failed", type(error).__name__
        if server.status == "ok":
            self.code = secrets.token_hex(4)
        self.ground.changed()


class Queue:
    """What waits for one address."""

    def __init__(self, events: Events, server: Server, key: Callable[[], str]) -> None:
        self.events, self.server, self._key = events, server, key
        self.pending: deque[_Pending] = deque()
        self._came = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._busy: set[int] = set()

    @property
    def _ground(self) -> Ground:
        return self.events.ground

    def add(self, one: _Pending) -> None:
        """Post an event when its turn comes."""
        self.pending.append(one)
        self.wake()

    def wake(self) -> None:
        """Look again for what can leave."""
        self._came.set()
        if self.pending and (self._pump is None or self._pump.done()):
            self._pump = self._ground.spawn(self._post_all())

    async def _post_all(self) -> None:
        delay = 0.05
        while self.server.status == "ok" and self.pending:
            self._came.clear()
            delay = 0.05 if self._post_ready() else min(delay * 2, 0.5)
            try:
                await asyncio.wait_for(self._came.wait(), delay)
            except TimeoutError:
                continue

    def _post_ready(self) -> int:
        now, sent, passed = time.monotonic(), 0, set(self._busy)
        for one in list(islice(self.pending, LOOKED_AT)):
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
            self._busy.add(one.person)
            self.pending.remove(one)
            self._ground.spawn(self._post(one))
            sent += 1
        return sent

    def _misbehave(self, one: _Pending, now: float) -> None:
        met = self._ground.misbehaviour.take(HOOKS, self._key(), person=str(one.person))
        one.switches = tuple(switch.kind for switch in met) or ("",)
        for switch in met:
            if switch.kind in ("hook_late", "hook_out_of_order"):
                one.ready_at = now + (switch.seconds if switch.kind == "hook_late" else HOLD)

    async def _post(self, one: _Pending) -> None:
        try:
            if "hook_lost" not in one.switches:
                await self._deliver(one)
                if "hook_doubled" in one.switches:
                    await self._deliver(one)
                self.server.posted += 1
        except _NotTakenError as error:
            self._later(one, str(error))
        finally:
            self._busy.discard(one.person)
            self.wake()

    async def _deliver(self, one: _Pending) -> None:
        headers = {"Content-Type": "application/json"} | ({"X-Retry-Counter": str(one.tries)} if one.tries else {})
        body = json.dumps(one.body, ensure_ascii=False).encode()
        try:
            async with self._ground.client.post(
                self.server.url, data=body, headers=headers, allow_redirects=False
            ) as reply:
                answered = await reply.read()
                if reply.status != 200 or answered.strip().lower() != b"ok":
                    raise _NotTakenError(f"{reply.status} {answered[:40]!r}")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _NotTakenError(type(error).__name__) from error

    def _later(self, one: _Pending, why: str) -> None:
        self.server.last_error = why
        pause = min(LONGEST_PAUSE, self.events.first_pause * 2 ** (one.tries - 1)) if one.tries else 0.02
        one.tries += 1
        one.ready_at = time.monotonic() + pause
        one.switches = ("",)
        self.pending.appendleft(one)


class _NotTakenError(Exception):
    pass


class LongPoll:
    """The events that a community has kept for who asks."""

    def __init__(self) -> None:
        self.enabled = False
        self.wanted: set[str] = set()
        self.version = "5.199"
        self.key = secrets.token_hex(20)
        self.first = int(
            time.time()
        )  # the number of the oldest event that is remembered; a lab that is started anew counts on
        self.lost = False
        self._events: deque[dict[str, Any]] = deque()
        self._came = asyncio.Event()

    @property
    def next(self) -> int:
        """The number of the event that is to come."""
        return self.first + len(self._events)

    def add(self, kind: str, body: dict[str, Any]) -> None:
        """Keep an event, if anybody wants its kind."""
        if not self.enabled or kind not in self.wanted:
            return
        self._events.append({**body, "v": self.version})
        while len(self._events) > KEPT_EVENTS:
            self._events.popleft()
            self.first += 1
        self._came.set()

    def forget(self, *, key: bool = False, place: bool = False, history: bool = False) -> None:
        """Fail who asks next: with a new key, from a new place, or because the older events are gone."""
        if history:
            self.first, self._events = self.next, deque()
        if key or place:
            self.key = secrets.token_hex(20)
        if place:
            self.first, self._events, self.lost = self.next + 1000, deque(), True
        self._came.set()

    async def check(self, key: str, ts: str, wait: float) -> dict[str, Any]:
        """Answer `a_check`."""
        if key != self.key:
            return {"failed": 3 if self.lost else 2}
        if not ts.isdigit() or int(ts) > self.next or int(ts) < self.first:
            return {"failed": 1, "ts": str(self.next)}
        end = time.monotonic() + wait
        while int(ts) >= self.next and key == self.key and (left := end - time.monotonic()) > 0:
            self._came.clear()
            try:
                await asyncio.wait_for(self._came.wait(), left)
            except TimeoutError:
                break
        if key != self.key:
            return {"failed": 3 if self.lost else 2}
        start = max(0, int(ts) - self.first)
        updates = list(islice(self._events, start, start + AT_MOST))
        return {"ts": str(self.first + start + len(updates)), "updates": updates}
