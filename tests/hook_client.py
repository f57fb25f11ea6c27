"""A messenger at our door, with nothing of HTTP between: for tests in which thousands of webhooks come."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from messengers.hook_door import HookDoor


async def knock(door: HookDoor, path: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Deliver one webhook; return the status that it is answered with."""
    said: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
    answers: list[Any] = []

    async def receive() -> Any:
        return said.pop(0)

    async def send(message: Any) -> None:
        answers.append(message)

    path, _, query = path.partition("?")
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": query.encode(), "headers": pairs}
    await door(scope, receive, send)
    return int(answers[0]["status"])


async def flood(
    door: HookDoor, webhooks: Iterable[tuple[str, bytes]], headers: Mapping[str, str], at_once: int = 200
) -> list[int]:
    """Deliver many webhooks (path, body), some at once; return how each was answered, in order of the answers."""
    left, statuses = iter(webhooks), list[int]()

    async def deliver() -> None:
        for path, body in left:
            statuses.append(await knock(door, path, body, headers))

    await asyncio.gather(*[deliver() for _ in range(at_once)])
    return statuses
