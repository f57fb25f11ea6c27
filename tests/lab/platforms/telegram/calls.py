"""The methods that the fake Telegram answers, by name: `@method` registers one. The modules beside this hold them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from lab.account import Arrival
from lab.ground import Ground
from lab.platforms.telegram.bots import Bot
from lab.platforms.telegram.chats import Chat, Standing
from lab.platforms.telegram.files import Files, Stored
from lab.platforms.telegram.methods import Upload
from lab.platforms.telegram.refusals import bad_request


@dataclass(slots=True)
class Call:
    """One call under way. `note` is what Telegram says beside a result that needs words."""

    ground: Ground
    files: Files
    bot: Bot
    given: dict[str, Any]  # as the method's types want it
    parts: dict[str, Upload]  # files of the form, by name
    arrival: Arrival
    note: str = ""

    def chat(self) -> Chat:
        """Return the chat that the call names, if the person has ever come to this bot."""
        named = self.given.get("chat_id", "")
        chat = self.bot.chats.get(named) if isinstance(named, int) else None
        if chat is None or not (chat.started or chat.blocked):
            raise bad_request("chat not found")
        return chat

    def own(self, number: int | None, missing: str) -> Standing:
        """Return a message of the chat that the bot itself wrote."""
        standing = self.chat().messages.get(number or 0)
        if standing is None:
            raise bad_request(missing)
        return standing

    async def file(self, kind: str, value: Any) -> Stored:
        """Return the file that a parameter names: by a part of the form, an address or an id."""
        if isinstance(value, str) and value.startswith("attach://"):
            value = self.parts.get(value.removeprefix("attach://"))
            if value is None:
                raise bad_request(f"{kind} file must be uploaded as a part of the form that attach:// names")
        if isinstance(value, Upload):
            return self.files.add(kind, value.name, value.content_type, value.data)
        if value.startswith(("http://", "https://")):
            return await self._fetched(kind, value)
        stored = self.files.named(self.bot.id, value)
        if stored.kind != kind and not {stored.kind, kind} <= {"document", "animation", "video"}:
            raise bad_request(f"can't use file of type {stored.kind.title()} as {kind.title()}")
        return stored

    async def _fetched(self, kind: str, url: str) -> Stored:
        if urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
            raise bad_request("failed to get HTTP URL content")  # the lab has no outside
        try:
            async with self.ground.client.get(url, timeout=aiohttp.ClientTimeout(total=10)) as reply:
                if reply.status != 200:
                    raise bad_request("failed to get HTTP URL content")
                return self.files.add(
                    kind, urlsplit(url).path.rpartition("/")[2], reply.content_type, await reply.read()
                )
        except (TimeoutError, aiohttp.ClientError):
            raise bad_request("failed to get HTTP URL content") from None


Answer = Callable[[Call], Awaitable[Any]]
ANSWERS: dict[str, Answer] = {}


def method(*names: str) -> Callable[[Answer], Answer]:
    """Register what answers these methods."""

    def registered(answer: Answer) -> Answer:
        ANSWERS.update(dict.fromkeys(names, answer))
        return answer

    return registered
