"""The threads in which the hook door asks PostgreSQL: few, each with its own connection. `hook_door` calls it.

Nobody waits longer than the messenger would: who is late is told to come again.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import Error, InterfaceError, OperationalError, connection

PATIENCE = 4.0  # seconds; who waits for a transaction before his own waits twice as long, and messengers ten or more
_THREADS = 4

_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")

_pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="hook-door")


class AwayError(Exception):
    """PostgreSQL is away, or does not answer in time."""


async def in_thread(ask: Callable[_Asked, _Answer], *args: _Asked.args, **kwargs: _Asked.kwargs) -> _Answer:
    """Ask in a thread, and once more when the connection had died; AwayError when there is no answer in time."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(PATIENCE):
            return await loop.run_in_executor(_pool, lambda: _asked(ask, *args, **kwargs))
    except TimeoutError:
        raise AwayError(f"no answer in {PATIENCE:g} seconds") from None


def _asked(ask: Callable[_Asked, _Answer], *args: _Asked.args, **kwargs: _Asked.kwargs) -> _Answer:
    try:
        return ask(*args, **kwargs)
    except (OperationalError, InterfaceError):
        connection.close()
    try:
        return ask(*args, **kwargs)
    except (OperationalError, InterfaceError) as error:
        connection.close()
        raise AwayError(str(error).partition("\n")[0]) from error
    except Error:
        connection.close()
        raise
