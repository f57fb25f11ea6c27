"""The connections to one account's SMTP server: few at a time, kept from letter to letter, sure of what has left.

`smtp` keeps one `Lines` for each account. A letter counts as written only when its final dot may have gone: it goes
by itself, after everything before it has left us.
"""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import cast
from urllib.parse import urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPResponse, SMTPResponseException
from aiosmtplib.protocol import SMTPProtocol
from django.conf import settings

from messengers.protocols.mail import WITHIN, SmtpAccount, Stage
from messengers.transports.mail_line import LostError, context, fault_of, open_socket

logging.getLogger("aiosmtplib").setLevel(logging.WARNING)

PATIENCE = 30.0  # seconds for an answer to a command
LINES = 4  # connections of one account at once; the large providers allow ten and more
KEPT = 60.0  # seconds for which a connection waits for another letter
LETTERS = 100  # on one connection: some servers count
PAUSES = (1, 2, 5, 15, 30, 60)  # seconds after the first, second, … failure in a row to be let in
CHUNK = 1 << 18
SLOWEST = 50_000  # bytes a second that a line must carry
_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})\b")
_LINE_ENDS = re.compile(rb"\r\n|\n|\r(?!\n)")
_DOTS = re.compile(rb"(?m)^\.")


class SmtpRefusedError(Exception):
    """The server said no, at this stage."""

    def __init__(self, stage: Stage, code: int, words: str) -> None:
        """Keep what it said."""
        super().__init__(f"{stage}: {code} {words}")
        self.stage, self.code = stage, code
        self.words = " ".join(words.split())[:500]
        found = _ENHANCED.match(self.words)
        self.enhanced = found.group(1) if found else ""


class Lines:
    """The connections of one account."""

    def __init__(self, server: SmtpAccount) -> None:
        """Begin with none."""
        self.server = server
        self._turns = asyncio.Semaphore(LINES)
        self._free: list[_Line] = []
        self._entering = asyncio.Lock()
        self._failures = 0
        self._not_before = 0.0
        self._last: SmtpRefusedError | LostError | None = None
        self._sweep: asyncio.TimerHandle | None = None

    async def check(self) -> None:
        """Be let in, and leave again."""
        line = _Line(self.server)
        try:
            await line.open()
        finally:
            await line.close()

    async def submit(self, sender: str, to: str, letter: bytes, seconds: float) -> str:
        """Hand over a letter; return what the server says. Raise SmtpRefusedError or LostError."""
        body = await asyncio.to_thread(_dotted, letter) if len(letter) > CHUNK else _dotted(letter)
        async with self._turns, self._line() as line:
            try:
                await line.address(sender, to, body)
            except (LostError, SmtpRefusedError) as error:
                # A line that waited for long may be dead, or the server has had enough letters on it.
                if not line.used or (isinstance(error, SmtpRefusedError) and error.code != 421):
                    raise
                line.drop()
                await self._open(line)
                await line.address(sender, to, body)
            return await line.say(body, seconds)

    async def close(self) -> None:
        """End all connections."""
        if self._sweep is not None:
            self._sweep.cancel()
        free, self._free = self._free, []
        await asyncio.gather(*(line.close() for line in free), return_exceptions=True)

    @asynccontextmanager
    async def _line(self) -> AsyncIterator["_Line"]:
        line = self._taken()
        if line is None:
            line = _Line(self.server)
            await self._open(line)
        try:
            yield line
        except SmtpRefusedError:
            if line.is_open and await line.forgets():
                self._give_back(line)
            raise
        except BaseException:
            line.drop()
            raise
        self._give_back(line)

    def _taken(self) -> "_Line | None":
        while self._free:
            line = self._free.pop()
            if line.is_open and time.monotonic() - line.used_at < KEPT:
                return line
            line.drop()
        return None

    def _give_back(self, line: "_Line") -> None:
        if not line.is_open or line.used >= LETTERS:
            line.drop()
            return
        self._free.append(line)
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(KEPT, self._leave_unused)

    def _leave_unused(self) -> None:
        self._sweep = None
        old = time.monotonic() - KEPT
        for line in self._free:
            if line.used_at <= old:
                line.drop()
        self._free = [line for line in self._free if line.is_open]
        if self._free:
            self._sweep = asyncio.get_running_loop().call_later(KEPT / 2, self._leave_unused)

    async def _open(self, line: "_Line") -> None:
        """Be let in; soon after a failure, fail without trying: who knocks too often is locked out."""
        async with self._entering:
            if self._last is not None and time.monotonic() < self._not_before:
                raise self._last
            try:
                await line.open()
            except (SmtpRefusedError, LostError) as error:
                self._failures += 1
                self._last = error
                self._not_before = time.monotonic() + PAUSES[min(self._failures, len(PAUSES)) - 1]
                raise
            self._failures, self._last = 0, None


class _Line:
    """One connection."""

    def __init__(self, server: SmtpAccount) -> None:
        self.server = server
        self.used = 0  # letters that went over it
        self.used_at = time.monotonic()
        self._smtp = SMTP()
        self._writer: asyncio.StreamWriter | None = None

    @property
    def is_open(self) -> bool:
        """Say whether it may be used."""
        return self._smtp.is_connected

    async def open(self) -> None:
        """Connect and log in."""
        server, connected = self.server, await open_socket(self.server)
        self._smtp = SMTP(
            hostname=server.host, sock=connected, timeout=PATIENCE, local_hostname=_our_name(),
            use_tls=server.security == "tls", start_tls=False,
            tls_context=context(server.inside),
        )  # fmt: skip
        self.used = 0
        try:
            with _worded("connect"):
                await self._smtp.connect()
            if server.security == "starttls":
                with _worded("tls"):
                    await self._smtp.starttls()
            with _worded("login"):
                await self._log_in()
            self._writer = self._draining()
        except BaseException:
            self.drop()  # nobody may send on a line that was not let in
            raise

    async def address(self, sender: str, to: str, body: bytes) -> None:
        """Say whom a letter is from and for, and that it comes now."""
        options = [f"SIZE={len(body)}"] if self._smtp.supports_extension("size") else []
        if not body.isascii() and self._smtp.supports_extension("8bitmime"):
            options.append("BODY=8BITMIME")
        with _worded("sender"):
            await self._smtp.mail(sender, options=options)
        with _worded("recipient"):
            await self._smtp.rcpt(to)
        with _worded("data"):
            answer = await self._smtp.execute_command(b"DATA")
            if answer.code != 354:
                raise SMTPResponseException(answer.code, answer.message)

    async def say(self, body: bytes, seconds: float) -> str:
        """Say the letter, at last its final dot, and return what the server answers."""
        self.used += 1
        self.used_at = time.monotonic()
        protocol, writer = self._protocol(), self._writer
        assert writer is not None
        answering = asyncio.create_task(protocol.read_response(timeout=None))
        written = False
        try:
            async with asyncio.timeout(seconds + len(body) / SLOWEST) as limit:
                for at in range(0, len(body), CHUNK):
                    protocol.write(body[at : at + CHUNK])
                    await writer.drain()
                    if answering.done():
                        break
                if answering.done():  # it will not have the rest
                    self.drop()
                else:
                    written = True
                    limit.reschedule(asyncio.get_running_loop().time() + seconds)  # it may look for viruses now
                    protocol.write(b".\r\n")
                return _accepted(await answering)
        except TimeoutError:
            raise _lost(f"no answer in {seconds:.0f} s", written=written) from None
        except SMTPResponseException as error:
            raise _lost(f"an answer that is not SMTP: {error.message[:100]}", written=written) from error
        except (SMTPException, OSError) as error:
            raise _lost(fault_of(error), written=written) from error
        finally:
            answering.cancel()
            with suppress(asyncio.CancelledError, SMTPException, OSError):
                await answering

    async def forgets(self) -> bool:
        """Have the server forget what was said of the last letter; False when the line is of no more use."""
        try:
            await self._smtp.rset(timeout=PATIENCE)
        except (SMTPException, OSError):
            self.drop()
            return False
        return True

    async def close(self) -> None:
        """Say goodbye and hang up."""
        with suppress(SMTPException, OSError):
            if self.is_open:
                await self._smtp.quit(timeout=1)
        self.drop()

    def drop(self) -> None:
        """Hang up."""
        transport = self._smtp.transport
        self._smtp.close()
        if transport is not None:
            cast(asyncio.WriteTransport, transport).abort()

    async def _log_in(self) -> None:
        await self._smtp.ehlo()
        ways = [way.lower() for way in self._smtp.server_auth_methods]
        name, password = self.server.login, self.server.password
        if "plain" in ways or not ways:
            await self._smtp.auth_plain(name, password)
        elif "login" in ways:
            await self._smtp.auth_login(name, password)
        else:
            await self._smtp.auth_crammd5(name, password)

    def _draining(self) -> asyncio.StreamWriter:
        """Return what waits until all that was said has left us."""
        if self._smtp.transport is None:
            raise LostError("the connection ended", written=False)
        transport = cast(asyncio.WriteTransport, self._smtp.transport)  # uvloop's are no subclasses of it
        transport.set_write_buffer_limits(high=1, low=0)  # with TLS, 0 would mean never
        return asyncio.StreamWriter(transport, self._protocol(), None, asyncio.get_running_loop())

    def _protocol(self) -> SMTPProtocol:
        if self._smtp.protocol is None:
            raise LostError("the connection ended", written=False)
        return self._smtp.protocol


class _worded:  # noqa: N801 - it reads as a statement
    """Turns what aiosmtplib raises at a stage into our two errors: nothing of a letter has left by then."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        match error:
            case SMTPResponseException():
                raise SmtpRefusedError(self._stage, error.code, error.message) from error
            case SMTPException() | OSError():
                raise LostError(fault_of(error), written=False) from error
            case ValueError():
                raise SmtpRefusedError(self._stage, 553, "5.1.3 This address cannot be said to the server") from error


def _lost(fault: str, *, written: bool) -> LostError:
    """Return the end of a connection on which a letter was being said: before its dot, it may be the letter's fault."""
    return LostError(fault if written else f"{WITHIN}: {fault}", written=written)


def _accepted(answer: SMTPResponse) -> str:
    if answer.code // 100 == 3:
        raise LostError(f"an answer that is not one to a letter: {answer.code}", written=True)
    if answer.code // 100 != 2:  # the first digit decides (RFC 5321, 4.2)
        raise SmtpRefusedError("letter", answer.code, answer.message)
    return answer.message


def _dotted(letter: bytes) -> bytes:
    """Return a letter as it goes over the wire, without the final dot."""
    body = _DOTS.sub(b"..", _LINE_ENDS.sub(b"\r\n", letter))
    return body if body.endswith(b"\r\n") else body + b"\r\n"


def _our_name() -> str:
    """Return what we call ourselves: this installation's host."""
    return urlsplit(settings.BASE_URL).hostname or "localhost"
