"""Runs an adapter's steps on a client: the only place where a call to a messenger leaves Kaskad.

`delivery` sends with it, `channels` connects with it. What goes wrong on the way becomes a Reply with status 0, whose
`written` says whether the messenger may have read the request: only then could sending again repeat it.
"""

import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import Any, TypeVar

import aiohttp
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import InterfaceError, OperationalError

from messengers import expected_hooks
from messengers.adapter import (
    Call,
    HookExpected,
    HttpCall,
    Outcome,
    PushCall,
    Rejected,
    Reply,
    RetryAt,
    SessionCall,
    Steps,
    Uncertain,
)
from messengers.media import FileGoneError, read_file
from messengers.transport import ReadFile, Transport, open_transport

logger = logging.getLogger(__name__)

_Result = TypeVar("_Result")
Push = Callable[[PushCall], Awaitable[Reply]]

_ADDRESS = re.compile(r"\bhttps?://[^\s'\")]+|/bot[^\s/'\"]+")
# Of all that aiohttp raises, only these are sure to come before the first byte left.
_NOT_WRITTEN = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


def open_client(connections: int = 200) -> aiohttp.ClientSession:
    """Return a client for a driver. Close it when done."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections, keepalive_timeout=20, ttl_dns_cache=60),
        cookie_jar=aiohttp.DummyCookieJar(),
        json_serialize=partial(json.dumps, ensure_ascii=False),  # messengers count bytes, and escapes are six of them
        trust_env=False,
    )


_read_here: ReadFile = sync_to_async(read_file)


async def push_to_visitor(call: PushCall) -> Reply:
    """Tell the visitor's open pages that there is something new; they read it from the history."""
    layer = get_channel_layer()
    try:
        await layer.group_send(f"visitor.{call.visitor}", {"type": "visitor.changed", "message": call.message_id})
    except Exception as error:
        return Reply(200, fault=str(error))
    return Reply(200)


@asynccontextmanager
async def open_driver(connections: int = 200, *, read: ReadFile | None = None) -> AsyncIterator["Driver"]:
    """Return a driver with a client of its own; its connections and sessions end with the block."""
    async with open_client(connections) as client:
        driver = Driver(client, read=read or _read_here)
        try:
            yield driver
        finally:
            await driver.close()


class Driver:
    """Answers an adapter's calls with a client."""

    def __init__(
        self, client: aiohttp.ClientSession, push: Push = push_to_visitor, read: ReadFile = _read_here
    ) -> None:
        """Take an open client; `push` reaches the site chat's visitors, `read` the files that calls carry."""
        self._client = client
        self._push = push
        self._read = read
        self._transports: dict[str, Transport] = {}

    async def close(self) -> None:
        """End the sessions that were opened. The client is its owner's."""
        for transport in self._transports.values():
            await transport.close()
        self._transports.clear()

    async def run(self, steps: Steps[_Result], workspace_id: int | None = None) -> _Result:
        """Run an adapter's steps to their end and return what they came to. Files of calls are the workspace's."""
        try:
            call = next(steps)
            while True:
                call = steps.send(await self._answer(call, workspace_id))
        except StopIteration as end:
            result: _Result = end.value
            return result

    async def send(self, steps: Steps[Outcome], workspace_id: int) -> Outcome:
        """Run an adapter's `send`. Its own mistakes are outcomes, too: uncertain if a call may have left by then."""
        return await self._outcome(steps, workspace_id)

    async def send_many(self, steps: Steps[Sequence[Outcome]], workspace_id: int, count: int) -> Sequence[Outcome]:
        """Run an adapter's `send_many` for `count` messages in the same way."""
        outcomes = await self._outcome(steps, workspace_id)
        if isinstance(outcomes, Sequence) and len(outcomes) == count:
            return outcomes
        if isinstance(outcomes, Sequence):
            logger.error("An adapter told %s outcomes of %s messages", len(outcomes), count)
            outcomes = Uncertain("adapter_error: not an outcome for each")
        return [outcomes] * count

    async def _outcome(self, steps: Steps[_Result], workspace_id: int) -> _Result | Outcome:
        left = False
        try:
            call = next(steps)
            while True:
                reply = await self._answer(call, workspace_id)
                left = left or reply.written
                call = steps.send(reply)
        except StopIteration as end:
            outcome: _Result = end.value
            return outcome
        except FileGoneError as error:
            reason = f"file_missing: {error}"
        except (OperationalError, InterfaceError) as error:
            # A file could not be looked up. What was called before then may have left.
            reason = f"database_away: {error}"
            return Uncertain(reason) if left else RetryAt(1, reason, counted=False)
        except Exception as error:
            logger.exception("An adapter failed")
            reason = f"adapter_error: {type(error).__name__}: {error}"
        return Uncertain(reason) if left else Rejected(reason)

    async def fetch(self, call: HttpCall | SessionCall, limit: int) -> Reply:
        """Make a call whose answer is a file, and read no more than one byte beyond the limit of it."""
        if isinstance(call, SessionCall):
            reply = await self._answer(call, None)
            reply.body = reply.body[: limit + 1]
            return reply
        try:
            async with self._client.request(
                call.method, call.url, headers=call.headers, timeout=_timeout(call.timeout), allow_redirects=False
            ) as response:
                read = bytearray()
                async for chunk in response.content.iter_chunked(1 << 16):
                    read += chunk[: limit + 1 - len(read)]
                    if len(read) > limit:
                        break
                return Reply(response.status, bytes(read), response.headers)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return Reply(0, fault=_fault(error))

    async def _answer(self, call: Call, workspace_id: int | None) -> Reply:
        match call:
            case HttpCall():
                return await self._over_http(call, workspace_id)
            case PushCall():
                return await self._push(call)
            case HookExpected():
                await sync_to_async(expected_hooks.expect)(call.channel)
                return Reply(200)
            case SessionCall():
                if call.transport not in self._transports:
                    self._transports[call.transport] = open_transport(call.transport)
                return await self._transports[call.transport].answer(call, workspace_id, self._read)

    async def _over_http(self, call: HttpCall, workspace_id: int | None) -> Reply:
        body = {"json": call.json} if call.json is not None else await self._body(call, workspace_id)
        try:
            async with self._client.request(
                call.method,
                call.url,
                headers=call.headers,
                timeout=_timeout(call.timeout),
                allow_redirects=False,
                **body,
            ) as response:
                return Reply(response.status, await response.read(), response.headers)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return Reply(0, written=not isinstance(error, _NOT_WRITTEN), fault=_fault(error))

    async def _body(self, call: HttpCall, workspace_id: int | None) -> dict[str, Any]:
        if call.files is None:
            return {"data": call.form and dict(call.form)}
        form = aiohttp.FormData({name: str(value) for name, value in (call.form or {}).items()})
        for field, file in call.files.items():
            if workspace_id is None:
                raise FileGoneError(file.name)
            content = await self._read(workspace_id, file.media)
            form.add_field(field, content, filename=file.name, content_type=file.content_type)
        return {"data": form}


def _fault(error: BaseException) -> str:
    """Name an error without the address that was called: a token may stand in it."""
    return _ADDRESS.sub("(address)", f"{type(error).__name__}: {error}")


@cache
def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds)
