"""The visitor's socket: messages as they come. His token is in the first event, not in the address: logs keep those.

It belongs to no member of a workspace, so it is no TenantConsumer: the door's own rules let it in, and every look at
the database is inside the channel's workspace.
"""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from messengers import changes
from messengers.site_chat import history, limits
from messengers.site_chat.door import ChannelGoneError, RefusedOriginError, Visit, admit, find_channel
from messengers.site_chat.live import group_of
from messengers.site_chat.visitor_tokens import ForgedTokenError, read_token
from workspaces.access import PUBLIC
from workspaces.scope import tenant

UNKNOWN_VISITOR = 4401
GONE = 4404
MALFORMED = 4400
TOO_OFTEN = 4429
_FRAME_LIMIT = 4_096
_HELLO_SECONDS = 10

_Result = TypeVar("_Result")


class VisitorConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Serves one open page of a site's visitor."""

    access = PUBLIC
    visitor = ""

    async def connect(self) -> None:
        """Let in pages of the listed sites; then wait a little for the visitor's name."""
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in self.scope["headers"]}
        self.origin = headers.get("origin", "")
        self.key = self.scope["url_route"]["kwargs"]["key"]
        try:
            self.workspace_id, self.channel_id = await database_sync_to_async(find_channel)(self.key)
            await self._in_chat(lambda visit: None)
        except (ChannelGoneError, RefusedOriginError):
            await self.close()
            return
        await self.accept()
        self._deadline = asyncio.get_running_loop().call_later(_HELLO_SECONDS, self._no_hello)

    async def disconnect(self, code: int) -> None:
        """Leave the visitor's group."""
        if hasattr(self, "_deadline"):
            self._deadline.cancel()
        if self.visitor:
            await self.channel_layer.group_discard(group_of(self.visitor), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer an event of the page."""
        try:
            event = json.loads(text_data or "") if len(text_data or "") <= _FRAME_LIMIT else None
        except ValueError:
            event = None
        if not isinstance(event, dict):
            await self.close(code=MALFORMED)
            return
        try:
            await self._answer(event)
        except (ChannelGoneError, RefusedOriginError):
            await self.close(code=GONE)
        except ForgedTokenError:
            await self.close(code=UNKNOWN_VISITOR)
        except changes.BadCursorError:
            await self.close(code=MALFORMED)

    async def visitor_changed(self, event: dict[str, Any]) -> None:
        """Give the page a message that has just come to be."""
        try:
            message = await self._in_chat(partial(_message, message_id=event["message"]))
        except (ChannelGoneError, RefusedOriginError):
            await self.close(code=GONE)
            return
        if message is not None:
            await self._tell({"type": "messages", "messages": [message]})

    async def _answer(self, event: dict[str, Any]) -> None:
        kind = event.get("type")
        if kind == "hello" and not self.visitor:
            await self._hello(str(event.get("token", "")))
        elif not self.visitor:
            raise ForgedTokenError
        elif not await database_sync_to_async(limits.spend)(limits.LOOKS, f"socket:{self.visitor}"):
            await self.close(code=TOO_OFTEN)
            return
        if kind in {"hello", "since"} and event.get("since"):
            await self._changes(str(event["since"]))
        elif kind in {"hello", "ping"}:
            await self._tell({"type": "pong"})

    async def _hello(self, token: str) -> None:
        visitor = read_token(self.key, token)
        self._deadline.cancel()
        self.visitor = visitor
        await self.channel_layer.group_add(group_of(visitor), self.channel_name)

    async def _changes(self, since: str) -> None:
        more = True
        while more:
            messages, since, more = await self._in_chat(partial(_changes, since=since))
            await self._tell({"type": "messages", "messages": messages, "cursor": since})

    async def _in_chat(self, question: Callable[[Visit], _Result]) -> _Result:
        """Ask the database inside the channel's workspace, if the chat still works and may still stand on this site."""

        def ask() -> _Result:
            with tenant(self.workspace_id):
                channel, settings = admit(self.channel_id, self.origin)
                return question(Visit(channel, settings, self.origin, "", self.visitor))

        answer: _Result = await database_sync_to_async(ask)()
        return answer

    async def _tell(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(event, ensure_ascii=False))

    def _no_hello(self) -> None:
        self._closing = asyncio.ensure_future(self.close(code=UNKNOWN_VISITOR))


def _message(visit: Visit, message_id: int) -> dict[str, Any] | None:
    conversation = visit.conversation()
    return history.one(conversation, message_id) if conversation else None


def _changes(visit: Visit, since: str) -> tuple[list[dict[str, Any]], str, bool]:
    conversation = visit.conversation()
    return history.changed(conversation, since) if conversation else ([], since, False)
