"""A bot's updates on their way: fetched by getUpdates, or posted to a webhook until it answers 200.

Those of one chat are posted one after another, those of different chats side by side.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import aiohttp

from lab.ground import Ground
from lab.misbehaviour import HOOKS
from lab.platforms.telegram.refusals import conflict

# What a bot does not get unless it asks for it by name.
UNASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
HOLD = 0.5  # an update that is to come too late waits so long for one to overtake it
LONGEST_PAUSE = 30.0
LOOKED_AT = 2000  # of a long queue
_Run = Callable[[dict[str, Any]], Awaitable[Any]]


@dataclass(slots=True)
class Hook:
    """Where updates are posted, and how that goes."""

    url: str = ""
    secret: str = ""
    max_connections: int = 40
    allowed: list[str] | None = None
    ip: str = ""
    last_error: str = ""
    last_error_at: int = 0


@dataclass(slots=True)
class _Pending:
    id: int
    chat: int
    body: dict[str, Any]
    tries: int = 0
    ready_at: float = 0.0
    switches: tuple[str, ...] = ()
    since: float = field(default_factory=time.time)


class Updates:
    """The queue of one bot."""

    def __init__(self, ground: Ground, bot: str, next_id: int, run: _Run) -> None:
        self.ground, self.bot, self.next_id = ground, bot, next_id
        self.hook = Hook()
        self.pending: deque[_Pending] = deque()
        self.posted = 0  # answered with 200
        self.first_pause = 1.0  # after the second failure; doubled after each further one
        self._run = run
        self._came = asyncio.Event()
        self._poller: object | None = None
        self._pump: asyncio.Task[None] | None = None
        self._busy_chats: set[int] = set()
        self._connections = 0

    def add(self, kind: str, chat: int, told: dict[str, Any]) -> int:
        """Queue an update; return its id."""
        number, self.next_id = self.next_id, self.next_id + 1
        if number % 1000 == 0:
            self.ground.changed()
        wanted = kind in self.hook.allowed if self.hook.allowed else kind not in UNASKED
        if wanted:
            self.pending.append(_Pending(number, chat, {"update_id": number, kind: told}))
            self.wake()
        return number

    def wake(self) -> None:
        """Look again for what can leave."""
        self._came.set()
        if self.hook.url and self.pending and (self._pump is None or self._pump.done()):
            self._pump = self.ground.spawn(self._post_all())

    async def fetch(self, offset: int, limit: int, seconds: float) -> list[dict[str, Any]]:
        """Answer getUpdates: what is before `offset` is confirmed and gone."""
        if self.hook.url:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        me = self._poller = object()
        self._came.set()  # whoever waits finds that he has been replaced
        if offset < 0:
            while len(self.pending) > -offset:
                self.pending.popleft()
        while self.pending and self.pending[0].id < offset:
            self.pending.popleft()
        deadline = time.monotonic() + seconds
        while not self.pending and (left := deadline - time.monotonic()) > 0:
            self._came.clear()
            try:
                await asyncio.wait_for(self._came.wait(), left)
            except TimeoutError:
                break
            if self._poller is not me:
                raise conflict(
                    "terminated by other getUpdates request; make sure that only one bot instance is running"
                )
            if self.hook.url:
                raise conflict("terminated by setWebhook request")
        return [one.body for one in list(self.pending)[:limit]]

    async def _post_all(self) -> None:
        delayed = 0.05
        while self.hook.url and self.pending:
            self._came.clear()
            sent = self._post_ready()
            delayed = 0.05 if sent else min(delayed * 2, 0.5)
            try:
                await asyncio.wait_for(self._came.wait(), delayed)
            except TimeoutError:
                continue

    def _post_ready(self) -> int:
        now, sent, passed = time.monotonic(), 0, set(self._busy_chats)
        for one in list(islice(self.pending, LOOKED_AT)):
            if self._connections >= self.hook.max_connections:
                break
            if not one.switches and not one.tries:
                self._misbehave(one, now)
            if one.chat in passed:
                continue
            if one.ready_at > now:
                if "hook_out_of_order" not in one.switches and "hook_late" not in one.switches:
                    passed.add(one.chat)
                continue
            passed.add(one.chat)
            self._busy_chats.add(one.chat)
            self._connections += 1
            self.pending.remove(one)
            self.ground.spawn(self._post(one))
            sent += 1
        return sent

    def _misbehave(self, one: _Pending, now: float) -> None:
        met = self.ground.misbehaviour.take(HOOKS, self.bot, person=str(one.chat))
        one.switches = tuple(switch.kind for switch in met) or ("",)
        for switch in met:
            if switch.kind in ("hook_late", "hook_out_of_order"):
                one.ready_at = now + (switch.seconds if switch.kind == "hook_late" else HOLD)

    async def _post(self, one: _Pending) -> None:
        try:
            if "hook_lost" in one.switches:
                return
            await self._deliver(one)
            if "hook_doubled" in one.switches:
                await self._deliver(one)
            self.posted += 1
        except _NotTakenError as error:
            self._later(one, error)
        finally:
            self._busy_chats.discard(one.chat)
            self._connections -= 1
            self.wake()

    async def _deliver(self, one: _Pending) -> None:
        hook = self.hook
        headers = {"Content-Type": "application/json"}
        if hook.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = hook.secret
        try:
            body = json.dumps(one.body, ensure_ascii=False).encode()
            async with self.ground.client.post(hook.url, data=body, headers=headers, allow_redirects=False) as reply:
                answered = await reply.read()
                if not 200 <= reply.status < 300:
                    after = reply.headers.get("Retry-After", "")
                    raise _NotTakenError(
                        f"Wrong response from the webhook: {reply.status} {reply.reason or ''}".strip(),
                        int(after) if after.isdigit() else 0,
                    )
        except (aiohttp.ClientConnectorError, OSError) as error:
            raise _NotTakenError("Connection refused") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _NotTakenError(
                "Read timeout expired" if isinstance(error, TimeoutError) else "Connection closed"
            ) from error
        await self._answered(answered)

    async def _answered(self, body: bytes) -> None:
        """A webhook may answer with a method to call; what comes of it nobody learns."""
        if not body.lstrip().startswith(b"{"):
            return
        try:
            told = json.loads(body)
        except ValueError:
            return
        if isinstance(told.get("method"), str):
            await self._run(told)

    def _later(self, one: _Pending, error: "_NotTakenError") -> None:
        self.hook.last_error, self.hook.last_error_at = str(error), int(time.time())
        pause = error.after or (min(LONGEST_PAUSE, self.first_pause * 2 ** (one.tries - 1)) if one.tries else 0.02)
        one.tries += 1
        one.ready_at = time.monotonic() + pause
        one.switches = ("",)
        place = next((at for at, other in enumerate(self.pending) if other.id > one.id), len(self.pending))
        self.pending.insert(place, one)


class _NotTakenError(Exception):
    def __init__(self, why: str, after: int = 0) -> None:
        super().__init__(why)
        self.after = after
