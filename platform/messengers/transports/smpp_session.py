"""One SMPP session: bound when it is needed, kept alive, its questions matched with their answers.

`smpp` keeps one for each account and role. A session that is lost answers all who wait, and binds again when it is next
asked, after a pause that grows.
"""

import asyncio
import logging
import ssl
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from messengers.protocols.smpp import OK, TEMPORARY, Delivered, SmppAccount
from messengers.transports import smpp_pdu as pdu
from messengers.transports.reach import reach
from messengers.transports.smpp_pdu import Packet

logger = logging.getLogger(__name__)

KEEP_ALIVE = 30.0  # seconds of silence after which we ask whether anybody is there
PATIENCE = 10.0  # for a connection, and for answers to what is not a message
PAUSES = (1, 2, 5, 15, 30, 60)  # seconds after the first, second, … binding in a row that failed
IDLE = 120.0  # seconds after which a session that nobody asked anything of is ended
LEAVING = 1.0
_UNHEARD = 1000  # messages that a centre may push while nobody takes them


class LostError(Exception):
    """The session ended. `written` says whether the centre may have read the question."""

    def __init__(self, fault: str, *, written: bool) -> None:
        """Keep both."""
        super().__init__(fault)
        self.fault, self.written = fault, written


class BindRefusedError(Exception):
    """The centre does not let us in."""

    def __init__(self, status: int) -> None:
        """Keep its `command_status`."""
        super().__init__(f"bind refused: 0x{status:02x}")
        self.status = status


@dataclass(slots=True)
class _Unheard:
    news: Delivered
    number: int  # the packet's own, for its answer


class Session:
    """A session with one centre."""

    def __init__(self, account: SmppAccount, *, listens: bool = False) -> None:
        """Begin unbound. Who `listens` keeps what comes; others have the centre send it again."""
        self.account = account
        self._listens = listens
        self.id = ""
        self._binding = asyncio.Lock()
        self._window = asyncio.Semaphore(account.window)
        self._writer: asyncio.StreamWriter | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._waiting: dict[int, asyncio.Future[Packet]] = {}
        self._number = 0
        self._failures = 0
        self._not_before = 0.0
        self._last_fault = ""
        self._refusal: BindRefusedError | None = None
        self._read_at = self._asked_at = time.monotonic()
        self._unheard: deque[_Unheard] = deque()
        self._came = 0
        self._stir = asyncio.Event()

    # ---- what is asked

    async def bind(self) -> None:
        """Be bound. Raise BindRefusedError or LostError; soon after a failure, without trying."""
        self._asked_at = time.monotonic()
        async with self._binding:
            if self._writer is not None:
                return
            if time.monotonic() < self._not_before:
                raise self._refusal or LostError(self._last_fault, written=False)
            try:
                await self._connect()
            except BindRefusedError as error:
                self._failed(str(error), error)
                raise
            except (OSError, TimeoutError, pdu.BrokenPacketError, asyncio.IncompleteReadError) as error:
                fault = f"{type(error).__name__}: {error}"
                self._failed(fault, None)
                raise LostError(fault, written=False) from error
            self._failures, self._refusal = 0, None

    async def submit(self, body: bytes, seconds: float) -> Packet:
        """Return the centre's answer to a submit_sm."""
        await self.bind()
        bound = self.id
        async with self._window:
            if self.id != bound or self._writer is None:
                raise LostError("the session ended before its turn", written=False)
            return await self._ask(pdu.SUBMIT_SM, body, seconds)

    async def listen(self, session: str, heard: int, seconds: float) -> tuple[str, list[Delivered]]:
        """Answer what is safe by now, and return what is not, waiting for it at most `seconds`."""
        await self.bind()
        if session == self.id:
            await self._confirm(heard)
        bound = self.id
        if not self._unheard:
            self._stir.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stir.wait(), seconds)
        if self.id != bound or self._writer is None:
            raise LostError(self._last_fault or "the session ended", written=False)
        return self.id, [one.news for one in self._unheard]

    async def close(self) -> None:
        """Say goodbye and hang up."""
        if self._writer is None:
            return
        with suppress(LostError):
            await self._ask(pdu.UNBIND, b"", LEAVING)
        tasks = self._tasks
        self._lose("closed")
        await asyncio.gather(*tasks, return_exceptions=True)

    # ---- the connection

    async def _connect(self) -> None:
        async with asyncio.timeout(PATIENCE):
            address = await reach(self.account.host, self.account.port, inside=self.account.inside)
            tls = ssl.create_default_context() if self.account.tls else None
            reader, writer = await asyncio.open_connection(
                *address, ssl=tls, server_hostname=self.account.host if tls else None
            )
            try:
                await _let_in(self.account, reader, writer)
            except BaseException:
                writer.transport.abort()
                raise
        self.id, self._number, self._writer = uuid4().hex[:12], 1, writer
        self._read_at = time.monotonic()
        self._unheard.clear()
        self._came = 0
        self._tasks = [asyncio.create_task(self._hear(reader)), asyncio.create_task(self._keep_alive())]

    def _failed(self, fault: str, refusal: BindRefusedError | None) -> None:
        self._failures += 1
        self._last_fault, self._refusal = fault, refusal
        self._not_before = time.monotonic() + PAUSES[min(self._failures, len(PAUSES)) - 1]

    def _lose(self, fault: str) -> None:
        """The connection is gone: whoever waits for an answer will not get it."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        writer.transport.abort()
        self._last_fault = fault
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(LostError(fault, written=True))
        self._waiting.clear()
        self._unheard.clear()  # the centre repeats what we did not answer
        self._stir.set()
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()

    async def _ask(self, command: int, body: bytes, seconds: float) -> Packet:
        if self._writer is None:
            raise LostError("the session ended", written=False)
        self._number = self._number % 0x7FFFFFFF + 1
        number = self._number
        answer: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._writer.write(Packet(command, 0, number, body).written())
            async with asyncio.timeout(seconds):
                await self._drain()
                return await answer
        except TimeoutError:
            raise LostError(f"no answer in {seconds:.0f} s", written=True) from None
        finally:
            self._waiting.pop(number, None)
            if answer.done() and not answer.cancelled():
                answer.exception()  # or it would be complained of

    async def _drain(self) -> None:
        try:
            if self._writer is not None:
                await self._writer.drain()
        except OSError as error:
            self._lose(f"{type(error).__name__}: {error}")

    # ---- what comes

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        fault = "the centre hung up"
        try:
            while True:
                packet = await _read(reader)
                self._read_at = time.monotonic()
                await self._take(packet)
        except asyncio.IncompleteReadError:
            pass
        except (OSError, pdu.BrokenPacketError) as error:
            fault = f"{type(error).__name__}: {error}"
        except Exception:
            logger.exception("An SMPP session failed")
            fault = "an error of our own"
        self._lose(fault)

    async def _take(self, packet: Packet) -> None:
        if packet.command & pdu.RESPONSE:
            answer = self._waiting.get(packet.number)
            if answer is not None and not answer.done():
                answer.set_result(packet)
        elif packet.command == pdu.ENQUIRE_LINK:
            await self._answer(packet)
        elif packet.command == pdu.DELIVER_SM:
            await self._deliver(packet)
        elif packet.command == pdu.UNBIND:
            await self._answer(packet)
            self._lose("the centre bade us leave")
        elif packet.command != pdu.ALERT_NOTIFICATION:
            await self._say(Packet(pdu.GENERIC_NACK, pdu.NO_SUCH_COMMAND, packet.number))

    async def _deliver(self, packet: Packet) -> None:
        """Keep it until it is safe. Who only sends cannot keep it, and has the centre repeat it to somebody else."""
        if not self._listens or len(self._unheard) >= _UNHEARD:
            await self._answer(packet, TEMPORARY, pdu.message_id_body())
            return
        try:
            told = pdu.read_deliver(packet.body)
        except pdu.BrokenPacketError as error:
            logger.warning("A deliver_sm cannot be read and is let go: %s: %s", error, packet.body.hex())
            await self._answer(packet, OK, pdu.message_id_body())
            return
        self._came += 1
        news = Delivered(
            n=self._came, at=now(), source=told.source, to=told.to, esm=told.esm, coding=told.coding,
            data=told.data.hex(), receipted=told.receipted, state=told.state,
            reference=told.reference, total=told.total, part=told.part,
        )  # fmt: skip
        self._unheard.append(_Unheard(news, packet.number))
        self._stir.set()

    async def _confirm(self, heard: int) -> None:
        while self._unheard and self._unheard[0].news.n <= heard:
            one = self._unheard.popleft()
            await self._say(Packet(pdu.DELIVER_SM | pdu.RESPONSE, OK, one.number, pdu.message_id_body()))

    async def _answer(self, packet: Packet, status: int = OK, body: bytes = b"") -> None:
        await self._say(Packet(packet.command | pdu.RESPONSE, status, packet.number, body))

    async def _say(self, packet: Packet) -> None:
        if self._writer is not None:
            self._writer.write(packet.written())
            await self._drain()

    async def _keep_alive(self) -> None:
        """Ask whether anybody is there when it has been silent, and leave when nobody wants anything any more."""
        while True:
            await asyncio.sleep(min(KEEP_ALIVE, IDLE) / 4)
            now = time.monotonic()
            if now - self._asked_at > IDLE and await self._leave():
                return
            if now - self._read_at < KEEP_ALIVE:
                continue
            try:
                await self._ask(pdu.ENQUIRE_LINK, b"", PATIENCE)
            except LostError as error:
                self._lose(error.fault)
                return

    async def _leave(self) -> bool:
        """Leave unless somebody waits for an answer; who comes meanwhile waits, and binds anew."""
        async with self._binding:
            if self._waiting:
                return False
            with suppress(LostError):
                await self._ask(pdu.UNBIND, b"", LEAVING)
            self._lose("idle")
            return True


async def _let_in(account: SmppAccount, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    command = pdu.BIND[account.role]
    writer.write(Packet(command, OK, 1, pdu.bind_body(account)).written())
    answer = await _read(reader)
    while answer.command not in (command | pdu.RESPONSE, pdu.GENERIC_NACK):
        answer = await _read(reader)
    if answer.command == pdu.GENERIC_NACK or answer.status != OK:
        raise BindRefusedError(answer.status or pdu.NO_SUCH_COMMAND)


async def _read(reader: asyncio.StreamReader) -> Packet:
    header = await reader.readexactly(pdu.HEADER)
    return pdu.read_packet(header, await reader.readexactly(pdu.read_length(header)))


def now() -> int:
    """Return the time as news bear it."""
    return int(time.time())
