"""News on their way to a bot's program: signed JSON, in order for each person, posted until the answer is 200."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import aiohttp

from lab.ground import Ground
from lab.misbehaviour import HOOKS

if TYPE_CHECKING:
    from lab.platforms.viber.bots import Bot

HOLD = 0.5  # seconds for which others may overtake what is to come too late
PAUSES = (0.05, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # after the first, second, … failure
TRIES = 30


class Posts:
    """What one bot is told."""

    def __init__(self, ground: Ground, bot: "Bot") -> None:
        self.ground, self.bot = ground, bot
        self.waiting = 0
        self.last_error = ""
        self._turns: dict[str, asyncio.Lock] = {}

    def post(self, body: dict[str, Any], person: str = "", answered: Callable[[bytes], None] | None = None) -> None:
        """Post an event, as the switches have it; `answered` gets what the program says to it."""
        if not self.bot.hook:
            return
        met = {one.kind: one for one in self.ground.misbehaviour.take(HOOKS, self.bot.key, person=person)}
        if "hook_lost" in met:
            return
        late = HOLD if "hook_out_of_order" in met else 0.0
        late = max(late, met["hook_late"].seconds) if "hook_late" in met else late
        for _ in range(2 if "hook_doubled" in met else 1):
            self.waiting += 1
            self.ground.spawn(self._post(body, person, answered, late))

    async def tries(self, url: str) -> bool:
        """Say whether somebody at an address takes the check of it."""
        body = {"event": "webhook", "timestamp": int(time.time() * 1000), "message_token": self.bot.token_number()}
        return await self._said(url, body) is not None

    async def _post(
        self, body: dict[str, Any], person: str, answered: Callable[[bytes], None] | None, late: float
    ) -> None:
        try:
            await asyncio.sleep(late)
            async with self._turns.setdefault(person, asyncio.Lock()):
                for number in range(TRIES):
                    said = await self._said(self.bot.hook, body) if self.bot.hook else b""
                    if said is not None:
                        if answered:
                            answered(said)
                        return
                    await asyncio.sleep(PAUSES[min(number, len(PAUSES) - 1)])
        finally:
            self.waiting -= 1

    async def _said(self, url: str, body: dict[str, Any]) -> bytes | None:
        raw = json.dumps(body).encode()
        mark = hmac.new(self.bot.token.encode(), raw, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Viber-Content-Signature": mark}
        try:
            async with self.ground.client.post(
                url, params={"sig": mark}, data=raw, headers=headers, allow_redirects=False
            ) as reply:
                said = await reply.read()
                if reply.status == 200:
                    return said
                self.last_error = f"{reply.status} {reply.reason or ''}".strip()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.last_error = type(error).__name__
        return None
