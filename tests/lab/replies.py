"""How a fake ends a call: answered, late, or with the connection cut. The account learns which."""

import asyncio
import time

from aiohttp import web

from lab.account import Arrival


class Cut(Exception):  # noqa: N818 - nobody's error: the lab was told to
    """The connection is to be cut."""


async def reply(response: web.Response, *, late: float, cut_after: float | None) -> web.Response:
    """Return the answer, after a while or never."""
    if cut_after is not None:
        await asyncio.sleep(cut_after)
        raise Cut
    if late:
        await asyncio.sleep(late)
    return response


def cut(request: web.Request, arrival: Arrival) -> web.Response:
    """Hang up without an answer."""
    arrival.ended, arrival.fate = time.time(), "dropped"
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def finish(request: web.Request, arrival: Arrival, response: web.Response) -> web.Response:
    """Send the answer and note whether anybody was there to read it."""
    there = request.transport is not None and not request.transport.is_closing()
    arrival.status = response.status
    if there:
        try:
            await response.prepare(request)
            await response.write_eof()
        except ConnectionError:
            there = False
    arrival.ended, arrival.fate = time.time(), "answered" if there else "unread"
    return response
