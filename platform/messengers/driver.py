"""Runs an adapter's steps on a client: the only place where a call to a messenger leaves Kaskad.

`delivery` sends with it, `channels` connects with it. What goes wrong on the way becomes a Reply with status 0, whose
`written` says whether the messenger may have read the request: only then could sending again repeat it.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp
import httpx
from channels.layers import get_channel_layer
from httpx_aiohttp import AiohttpTransport

from messengers.adapter import HttpCall, Outcome, PushCall, Rejected, Reply, Steps, Uncertain

logger = logging.getLogger(__name__)

_Result = TypeVar("_Result")
Push = Callable[[PushCall], Awaitable[Reply]]

# Of all that aiohttp raises, only these are sure to come before the first byte left. Httpx's names for them are no
# help: its transport calls a connection that was cut in the middle a connect timeout, too.
_NOT_WRITTEN = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


def open_client(connections: int = 200) -> httpx.AsyncClient:
    """Return a client for a driver. Close it when done."""
    session = lambda: aiohttp.ClientSession(  # noqa: E731
        connector=aiohttp.TCPConnector(limit=connections, keepalive_timeout=20, ttl_dns_cache=60),
        cookie_jar=aiohttp.DummyCookieJar(),
    )
    return httpx.AsyncClient(transport=AiohttpTransport(client=session), follow_redirects=False, trust_env=False)


async def push_to_visitor(call: PushCall) -> Reply:
    """Tell the visitor's open pages that there is something new; they read it from the history."""
    layer = get_channel_layer()
    try:
        await layer.group_send(f"visitor.{call.visitor}", {"type": "visitor.changed", "message": call.message_id})
    except Exception as error:
        return Reply(200, fault=str(error))
    return Reply(200)


class Driver:
    """Answers an adapter's calls with a client."""

    def __init__(self, client: httpx.AsyncClient, push: Push = push_to_visitor) -> None:
        """Take an open client; `push` reaches the site chat's visitors."""
        self._client = client
        self._push = push

    async def run(self, steps: Steps[_Result], heard: Callable[[Reply], object] = lambda _reply: None) -> _Result:
        """Run an adapter's steps to their end and return what they came to; `heard` is given every reply."""
        try:
            call = next(steps)
            while True:
                reply = await self._answer(call)
                heard(reply)
                call = steps.send(reply)
        except StopIteration as end:
            result: _Result = end.value
            return result

    async def send(self, steps: Steps[Outcome]) -> Outcome:
        """Run an adapter's `send`. Its own mistakes are outcomes, too: uncertain if a call may have left by then."""
        replies: list[Reply] = []
        try:
            return await self.run(steps, replies.append)
        except Exception as error:
            logger.exception("An adapter failed")
            reason = f"adapter_error: {type(error).__name__}: {error}"
            return Uncertain(reason) if any(reply.written for reply in replies) else Rejected(reason)

    async def _answer(self, call: HttpCall | PushCall) -> Reply:
        if isinstance(call, PushCall):
            return await self._push(call)
        try:
            response = await self._client.request(call.method, call.url, **_parts(call))
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, TimeoutError, OSError) as error:
            return Reply(0, written=_may_have_left(error), fault=f"{type(error).__name__}: {error}")
        return Reply(response.status_code, response.content, dict(response.headers))


def _parts(call: HttpCall) -> dict[str, Any]:
    parts: dict[str, Any] = {"headers": dict(call.headers), "timeout": call.timeout}
    if call.json is not None:
        parts["json"] = call.json
    if call.form is not None:
        parts["data"] = dict(call.form)
    if call.files is not None:
        parts["files"] = {field: (file.name, file, file.content_type) for field, file in call.files.items()}
    return parts


def _may_have_left(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, (*_NOT_WRITTEN, httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.PoolTimeout)):
            return False
        error = error.__cause__
    return True
