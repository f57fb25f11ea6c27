"""What carries calls that do not go over HTTP: SMTP, IMAP, SMPP. `driver` opens one of each kind that it needs."""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Protocol

from messengers.adapter import Reply, SessionCall

ReadFile = Callable[[int, int], Awaitable[bytes]]  # workspace id, media id; raises FileGoneError


class Transport(Protocol):
    """Keeps the sessions of one protocol for one driver."""

    async def answer(self, call: SessionCall, workspace_id: int | None, read: ReadFile) -> Reply:
        """Make a call and return what came of it.

        Never raise for what the other side does: `status` is 0 when no answer came, and `written` says whether the
        other side may have acted all the same. Files of calls are the workspace's.
        """

    async def close(self) -> None:
        """End all sessions."""


def open_transport(name: str) -> Transport:
    """Return a new transport: the `Transport` of the module of this name in `transports/`."""
    transport: Transport = import_module(f"messengers.transports.{name}").Transport()
    return transport
