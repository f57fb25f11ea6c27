"""The mailboxes of the lab's mail house: an IMAP server that others wrote, at work in the lab's own loop."""

import asyncio
import socket
import time
from argparse import Namespace
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast

from proxyprotocol.sock import SocketInfo
from pymap.backend.dict import Config, Identity, Login
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

from lab.ground import Ground
from lab.misbehaviour import HOOKS

HOLD = 0.5  # seconds for which others may overtake what is to come too late
_ARGS = {"proxy_protocol": None, "passlib_cfg": None, "host": None, "port": 0, "debug": False, "cert": None}


class Imap:
    """All mailboxes. Letters wait in them from the moment when their address exists."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        args = Namespace(**_ARGS, key=None, tls=False, demo_data=False, demo_user="", demo_password="")
        plain = Subsystem.for_asyncio()
        self._config = Config.from_args(
            args, hash_context=Cleartext(), cpu_subsystem=plain, subsystem=plain, invalid_user_sleep=0.0
        )
        self._login = Login(self._config)
        self._serve = IMAPServer(self._login, self._config)
        self._server: asyncio.Server | None = None
        self._guests: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def begin(self, listening: socket.socket) -> None:
        """Answer whoever connects."""
        self._config.apply_context()
        self._server = await asyncio.start_server(self._welcome, sock=listening)

    async def end(self) -> None:
        """Send everybody away."""
        if self._server is not None:
            self._server.close()
        self.hang_up()
        await asyncio.gather(*self._guests, return_exceptions=True)

    def hang_up(self) -> None:
        """Cut all connections."""
        for writer in self._guests.values():
            writer.transport.abort()

    def lets_in(self, address: str, password: str) -> None:
        """Have a mailbox open with this password alone."""
        self._login.users_dict[address] = UserMetadata(self._config, address, password=password)

    def deliver(self, address: str, letter: bytes, person: str = "") -> None:
        """Put a letter into a mailbox, as the switches have it; who waits there is told at once."""
        met = {one.kind: one for one in self.ground.misbehaviour.take(HOOKS, address.partition("@")[0], person=person)}
        if "hook_lost" in met:
            return
        late = HOLD if "hook_out_of_order" in met else 0.0
        late = max(late, met["hook_late"].seconds) if "hook_late" in met else late
        for _ in range(2 if "hook_doubled" in met else 1):
            self.ground.spawn(self._deliver(address, letter, late))

    def empty(self, address: str) -> None:
        """Begin a mailbox anew, as on another server: it is empty and has another UIDVALIDITY."""
        self._config.set_cache.pop(address, None)
        self.hang_up()

    async def _deliver(self, address: str, letter: bytes, late: float) -> None:
        await asyncio.sleep(late)
        async with Identity(address, self._login, None, frozenset()).new_session() as session:
            inbox = await session.mailbox_set.get_mailbox("INBOX")
            await inbox.append(AppendMessage(letter, datetime.now(UTC)), recent=True)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._guests[task] = writer
        arrival = self.ground.account.arrived("email", "", "imap")
        try:
            for switch in self.ground.misbehaviour.take(("slow", "drop_before"), "", "imap"):
                if switch.kind == "drop_before":
                    writer.transport.abort()
                    return
                await asyncio.sleep(switch.seconds)
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._serve(
                    reader,
                    cast(asyncio.StreamWriter, _InOnePiece(writer)),
                    SocketInfo.get(writer, None, unique_id=b"lab"),
                )
        finally:
            del self._guests[task]
            arrival.ended, arrival.status, arrival.fate = time.time(), 200, "answered"


class _InOnePiece:
    """Says each answer in one piece: a client that reads without waiting takes half a line for a broken one."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer, self._said = writer, bytearray()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    def write(self, data: bytes) -> None:
        self._said += data

    async def drain(self) -> None:
        self._flush()
        await self._writer.drain()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        said, self._said = bytes(self._said), bytearray()
        if said:
            self._writer.write(said)
