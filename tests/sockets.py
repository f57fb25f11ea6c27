"""A browser's WebSocket, without a browser: talks to the whole ASGI application as one person."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Self

from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async

from builders import a_client
from workspaces.models import User

PATIENCE = 20.0


class Socket:
    """`async with Socket(path, user) as socket:`; `hear` skips what is not asked for."""

    def __init__(self, path: str, user: User | None, origin: str = "http://testserver") -> None:
        self.path, self.user, self.origin = path, user, origin

    async def __aenter__(self) -> Self:
        headers = [(b"host", b"testserver"), (b"origin", self.origin.encode())]
        if self.user is not None:
            cookie = await database_sync_to_async(lambda: a_client(self.user).cookies["sessionid"].value)()
            headers.append((b"cookie", f"sessionid={cookie}".encode()))
        # It asks the database who it is connected as, so it cannot be imported before there is one.
        from config.asgi import application

        scope = {
            "type": "websocket",
            "path": self.path,
            "query_string": b"",
            "headers": headers,
            "subprotocols": [],
        }
        self._line = ApplicationCommunicator(application, scope)
        await self._line.send_input({"type": "websocket.connect"})
        accepted = await self._line.receive_output(timeout=PATIENCE)
        assert accepted["type"] == "websocket.accept", accepted
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._line.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._line.wait(timeout=PATIENCE)

    async def say(self, **said: Any) -> None:
        await self._line.send_input({"type": "websocket.receive", "text": json.dumps(said)})

    async def hear(self, kind: str, that: Callable[[dict[str, Any]], bool] = bool) -> dict[str, Any]:
        """Wait for an event of a kind that fits."""

        async def wait() -> dict[str, Any]:
            while True:
                output = await self._line.receive_output(timeout=PATIENCE)
                assert output["type"] == "websocket.send", output
                event: dict[str, Any] = json.loads(output["text"])
                if event["type"] == kind and that(event):
                    return event

        return await asyncio.wait_for(wait(), PATIENCE)

    async def closing_code(self) -> int:
        """Wait until the server closes the socket."""
        while (output := await self._line.receive_output(timeout=PATIENCE))["type"] != "websocket.close":
            pass
        return int(output["code"])
