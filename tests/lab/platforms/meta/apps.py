"""An app at Meta: its secret, the one address for each kind of news, and the news on their way there.

News go in one line: what an address does not take is posted again, whatever else waits.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from lab.ground import Ground
from lab.misbehaviour import HOOKS
from lab.platforms.meta.refusals import RefusalError

TOGETHER = 10  # events that one request may carry
HOLD = 0.5
LONGEST_PAUSE = 10.0


@dataclass(slots=True)
class Subscription:
    """Where an app's news of one kind go."""

    callback_url: str
    verify_token: str
    fields: list[str]

    def told(self, thing: str) -> dict[str, Any]:
        """Return it as Meta tells it."""
        fields = [{"name": name, "version": "v23.0"} for name in self.fields]
        return {"object": thing, "callback_url": self.callback_url, "active": True, "fields": fields}


@dataclass(slots=True)
class _Event:
    thing: str
    account: str
    key: str
    person: str
    body: dict[str, Any]
    ready_at: float = 0.0
    lost: bool = False
    doubled: bool = False
    looked_at: bool = False


@dataclass
class App:
    """One app."""

    ground: Ground
    id: str
    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    pending: deque[_Event] = field(default_factory=deque)
    first_pause: float = 0.05
    last_error: str = ""
    requests: int = 0  # that were taken
    _poster: asyncio.Task[None] | None = None

    @property
    def token(self) -> str:
        """The token with which it speaks for itself."""
        return f"{self.id}|{self.secret}"

    async def subscribe(self, thing: str, url: str, word: str, fields: list[str]) -> None:
        """Take an address, if it answers as it should."""
        challenge = str(secrets.randbelow(10**10))
        query = {"hub.mode": "subscribe", "hub.verify_token": word, "hub.challenge": challenge}
        try:
            async with self.ground.client.get(url, params=query, allow_redirects=False) as reply:
                answered = await reply.text()
                good = reply.status == 200 and answered == challenge
                why = f"HTTP Status Code = {reply.status}"
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            good, why = False, type(error).__name__
        if not good:
            raise RefusalError(2200, f"Callback verification failed with the following errors: {why}")
        self.subscriptions[thing] = Subscription(url, word, fields)
        self.ground.changed()
        self.wake()

    def tell(self, thing: str, account: str, key: str, person: str, body: dict[str, Any]) -> None:
        """Queue an event."""
        self.pending.append(_Event(thing, account, key, person, body))
        self.wake()

    def wake(self) -> None:
        """Look again for what can leave."""
        if self.pending and self.subscriptions and (self._poster is None or self._poster.done()):
            self._poster = self.ground.spawn(self._post_all())

    async def _post_all(self) -> None:
        failures = 0
        while self.pending and self.subscriptions:
            told = self._next()
            if not told:
                await asyncio.sleep(0.02)
                continue
            if await self._post(told):
                failures = 0
                if again := [one for one in told if one.doubled]:
                    await self._post(again)
                continue
            failures += 1
            self.pending.extendleft(reversed(told))
            await asyncio.sleep(min(LONGEST_PAUSE, self.first_pause * 2 ** (failures - 1)))

    def _next(self) -> list[_Event]:
        """Take what may leave now and goes to one address."""
        now, told = time.monotonic(), []
        for one in list(self.pending):
            self._misbehave(one, now)
            if one.lost or one.thing not in self.subscriptions:
                self.pending.remove(one)
            elif one.ready_at <= now and len(told) < TOGETHER and (not told or told[0].thing == one.thing):
                self.pending.remove(one)
                told.append(one)
        return told

    def _misbehave(self, one: _Event, now: float) -> None:
        if one.looked_at:
            return
        one.looked_at = True
        for switch in self.ground.misbehaviour.take(HOOKS, one.key, person=one.person):
            match switch.kind:
                case "hook_lost":
                    one.lost = True
                case "hook_doubled":
                    one.doubled = True
                case "hook_late":
                    one.ready_at = now + switch.seconds
                case _:
                    one.ready_at = now + HOLD

    async def _post(self, told: list[_Event]) -> bool:
        entries: dict[str, dict[str, Any]] = {}
        for one in told:
            entry = entries.setdefault(one.account, {"id": one.account, "time": int(time.time() * 1000)})
            entry.setdefault("messaging", []).append(one.body)
        # Meta writes foreign letters and slashes in escapes, and signs what it has written.
        body = json.dumps({"object": told[0].thing, "entry": list(entries.values())}).replace("/", "\\/").encode()
        signed = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signed}"}
        url = self.subscriptions[told[0].thing].callback_url
        try:
            async with self.ground.client.post(url, data=body, headers=headers, allow_redirects=False) as reply:
                await reply.read()
                self.last_error = "" if reply.status == 200 else f"HTTP {reply.status}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.last_error = type(error).__name__
        self.requests += not self.last_error
        return not self.last_error

    def kept(self) -> dict[str, Any]:
        """Return what a later lab needs to be this app again."""
        held = {thing: [one.callback_url, one.verify_token, one.fields] for thing, one in self.subscriptions.items()}
        return {"id": self.id, "secret": self.secret, "subscriptions": held}
