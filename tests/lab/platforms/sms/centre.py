"""An operator's SMS centre on loopback: it speaks SMPP 3.4 with the accounts of provider `smpp`."""

import asyncio
import hmac
import socket
import time
from collections.abc import Mapping
from contextlib import suppress

from lab.account import Arrival
from lab.ground import Ground
from lab.misbehaviour import CALLS
from lab.platforms.sms import packets, smpp
from lab.platforms.sms.bots import Bot
from lab.platforms.sms.packets import BrokenError, Packet

SILENCE = 30.0  # seconds after which the centre asks whether anybody is there, and after which again it hangs up
ANSWERED = 10.0  # seconds in which a deliver_sm is to be answered: one that waits for a database may take its time
_HTTP = {smpp.OK: 200, smpp.THROTTLED: 429, smpp.SYSTEM_ERROR: 500}  # how the lab's account tells of them


class Centre:
    """Listens at a port that stays the same from one start of the lab to the next."""

    def __init__(self, ground: Ground, bots: Mapping[str, Bot]) -> None:
        self.ground, self.bots = ground, bots
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: set[Session] = set()

    def begin(self) -> None:
        """Listen at the port of last time, if it is still free."""
        listening = _listening(self.port)
        self.port = listening.getsockname()[1]
        self.ground.spawn(self._serve(listening))

    async def end(self) -> None:
        """Hang up."""
        if self._server is not None:
            self._server.close()
        for session in list(self._open):
            session.abort()

    async def _serve(self, listening: socket.socket) -> None:
        self._server = await asyncio.start_server(self._talk, sock=listening)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self.ground, self.bots, reader, writer)
        self._open.add(session)
        try:
            await session.live()
        finally:
            self._open.discard(session)


class Session:
    """One connection: nobody's until it is bound."""

    def __init__(
        self,
        ground: Ground,
        bots: Mapping[str, Bot],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.ground = ground
        self.bot: Bot | None = None
        self.role = ""
        self._bots, self._reader, self._writer = bots, reader, writer
        self._answers: dict[int, asyncio.Future[int]] = {}
        self._number = 0

    @property
    def listens(self) -> bool:
        """Say whether it hears of anything."""
        return self.role in ("receiver", "transceiver")

    async def live(self) -> None:
        """Answer until the other side leaves."""
        asked = False
        with suppress(OSError, EOFError, BrokenError):
            while True:
                try:
                    packet = await asyncio.wait_for(self._read(), SILENCE)
                except TimeoutError:
                    if asked:
                        break
                    asked = True
                    self.ask()
                    continue
                asked = False
                if packet.command == packets.SUBMIT_SM:
                    self.ground.spawn(self._submit(packet))
                elif not self._take(packet):
                    break
        self.abort()

    async def deliver(self, body: bytes) -> bool:
        """Send a deliver_sm; say whether it was taken."""
        number = self._ask(packets.DELIVER_SM, body)
        self._answers[number] = answer = asyncio.get_running_loop().create_future()
        try:
            return await asyncio.wait_for(answer, ANSWERED) == smpp.OK
        except TimeoutError:
            return False
        finally:
            self._answers.pop(number, None)

    def ask(self) -> None:
        """Ask whether anybody is there."""
        self._ask(packets.ENQUIRE_LINK)

    def abort(self) -> None:
        """Hang up without a word."""
        if self.bot is not None:
            self.bot.line.leaves(self)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result(smpp.SYSTEM_ERROR)
        self._writer.transport.abort()

    def _take(self, packet: Packet) -> bool:
        """Answer what is no message; say whether the connection goes on."""
        if packet.command & packets.RESPONSE:
            answer = self._answers.get(packet.number)
            if answer is not None and not answer.done():
                answer.set_result(packet.status)
        elif packet.command in packets.ROLES:
            return self._bind(packet)
        elif packet.command == packets.ENQUIRE_LINK:
            self._answer(packet)
        elif packet.command == packets.UNBIND:
            self._answer(packet)
            self._writer.close()  # when the answer has left
            return False
        else:
            self._say(Packet(packets.GENERIC_NACK, smpp.UNKNOWN_COMMAND, packet.number))
        return True

    def _bind(self, packet: Packet) -> bool:
        system_id, password = packets.read_bind(packet.body)
        bot = self._bots.get(system_id)
        if self.bot is not None:
            self._answer(packet, smpp.BOUND_ALREADY)
            return True
        known = bot is not None and bot.provider == "smpp"
        if bot is None or not known or not hmac.compare_digest(password.encode(), bot.password.encode()):
            self._answer(packet, smpp.WRONG_PASSWORD if known else smpp.UNKNOWN_SYSTEM)
            self._writer.close()
            return False
        self.bot, self.role = bot, packets.ROLES[packet.command]
        self._answer(packet, body=b"LAB\0")
        bot.line.joins(self)
        return True

    async def _submit(self, packet: Packet) -> None:
        if self.bot is None or self.role == "receiver":
            self._answer(packet, smpp.NOT_BOUND)
            return
        arrival = self.ground.account.arrived("sms", self.bot.key, "submit_sm")
        try:
            told = packets.read_submit(packet.body)
        except BrokenError:
            self._submitted(packet, arrival, smpp.COMMAND_LENGTH)
            return
        person = self.bot.person(told.to)
        met = self.ground.misbehaviour.take(CALLS, self.bot.key, "submit_sm", person.key if person else "")
        kinds = {switch.kind: switch for switch in met}
        if kinds.keys() & {"drop_before", "drop_unhandled"}:
            self._dropped(arrival)
        elif "too_many" in kinds:
            self._submitted(packet, arrival, smpp.THROTTLED)
        elif "server_error" in kinds:
            self._submitted(packet, arrival, smpp.SYSTEM_ERROR)
        else:
            status, name = smpp.submit(self.bot, told, arrival)
            if "drop_after" in kinds:
                await asyncio.sleep(kinds["drop_after"].seconds)
                self._dropped(arrival)
                return
            if "slow" in kinds:
                await asyncio.sleep(kinds["slow"].seconds)
            self._submitted(packet, arrival, status, name)

    def _submitted(self, packet: Packet, arrival: Arrival, status: int, name: str = "") -> None:
        there = not self._writer.is_closing()
        self._answer(packet, status, name.encode() + b"\0" if status == smpp.OK else b"")
        arrival.status = _HTTP.get(status, 400)
        arrival.ended, arrival.fate = time.time(), "answered" if there else "unread"

    def _dropped(self, arrival: Arrival) -> None:
        arrival.ended, arrival.fate = time.time(), "dropped"
        self.abort()

    def _ask(self, command: int, body: bytes = b"") -> int:
        self._number += 1
        self._say(Packet(command, smpp.OK, self._number, body))
        return self._number

    def _answer(self, packet: Packet, status: int = smpp.OK, body: bytes = b"") -> None:
        self._say(Packet(packet.command | packets.RESPONSE, status, packet.number, body))

    def _say(self, packet: Packet) -> None:
        if not self._writer.is_closing():
            self._writer.write(packet.written())

    async def _read(self) -> Packet:
        length, command, status, number = packets.HEADER.unpack(await self._reader.readexactly(packets.HEADER.size))
        if not packets.HEADER.size <= length <= packets.LONGEST:
            raise BrokenError(f"a packet of {length} octets")
        return Packet(command, status, number, await self._reader.readexactly(length - packets.HEADER.size))


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port), backlog=256)
    except OSError:
        return socket.create_server(("127.0.0.1", 0), backlog=256)
