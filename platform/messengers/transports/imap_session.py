"""One IMAP connection: let in, looking at the inbox, told of what comes. `imap` keeps it from call to call.

It only looks: nothing is marked as read, moved or deleted. What a server says is bounded, however much that is.
"""

import asyncio
import base64
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal
from uuid import uuid4

from imapclient.imap_utf7 import encode  # type: ignore[import-untyped]
from imapclient.response_parser import parse_fetch_response  # type: ignore[import-untyped]

from messengers.protocols.mail import ImapAccount
from messengers.transports.mail_line import LostError, fault_of, open_line, secure

PATIENCE = 30.0  # seconds for an answer
SLOWEST = 100_000  # bytes a second that a server must give
LINE = 1 << 20  # bytes of the longest line that is read
SMALL = 1 << 20  # bytes of all that is said in answer to what asks for no letters
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CHECK = 5.0  # seconds after which a server that cannot tell of new letters is asked for them
_LITERAL = re.compile(rb"\{(\d+)\+?\}$")
_UNTAGGED = re.compile(rb"\* (?:(\d+) )?([A-Za-z-]+) ?(.*)", re.DOTALL)
_CODE = re.compile(rb"\[([A-Z-]+)[ \]]")

Where = Literal["connect", "tls", "login", "folder", "other"]
Piece = bytes | tuple[bytes, bytes]  # words; or words that announce a literal, and the literal


class ImapRefusedError(Exception):
    """The server said NO or BAD, in these words, at this stage; `code` is what stands in brackets."""

    def __init__(self, stage: Where, words: bytes) -> None:
        """Keep all three."""
        super().__init__(words.decode("utf-8", "replace")[:500])
        self.stage = stage
        found = _CODE.search(words)
        self.code = found.group(1).decode() if found else ""


@dataclass(slots=True)
class Told:
    """One untagged answer: `* 23 FETCH (…)` has the number, the kind and the rest in pieces."""

    kind: str
    number: int
    pieces: list[Piece] = field(default_factory=list)


@dataclass(slots=True)
class Fetched:
    """What was asked of one letter: its parts by the words in which they were asked for."""

    uid: int
    items: dict[str, bytes]
    numbers: dict[str, int]
    at: datetime


class Box:
    """A connection to one folder: the inbox, mostly."""

    def __init__(self, server: ImapAccount) -> None:
        """Begin unconnected."""
        self.server = server
        self.validity = self.next_uid = 0
        self.can: frozenset[str] = frozenset()
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter | None = None
        self._tag, self._number = "", 0
        self._stirred = False

    @property
    def is_open(self) -> bool:
        """Say whether it may be asked."""
        return self._writer is not None and not self._writer.transport.is_closing()

    async def open(self) -> None:
        """Connect, log in and look at the folder. Raise ImapRefusedError or LostError."""
        self._reader, self._writer = await open_line(self.server, LINE)
        try:
            greeting = await self._greeting()
            if self.server.security == "starttls":
                await self._ask("STARTTLS", stage="tls")
                await secure(self.server, self._reader, self._writer)
            await self._learn()
            if not greeting.startswith(b"* PREAUTH"):
                await self._log_in()
                await self._learn()
            await self._examine()
        except BaseException:
            self.drop()
            raise

    async def newer_than(self, uid: int) -> list[int]:
        """Return the numbers of the letters that came after this one, the oldest first."""
        await self._ask("NOOP")  # a server need not find what it has not told of
        self._stirred = False
        told = await self._ask(f"UID SEARCH UID {uid + 1}:*")
        # `n:*` always finds the newest letter, though its number be smaller.
        return sorted(number for number in _found(told) if number > uid)

    async def since(self, day: date) -> list[int]:
        """Return the numbers of the letters that came on this day or later."""
        month = _MONTHS[day.month - 1]
        return sorted(_found(await self._ask(f"UID SEARCH SINCE {day.day}-{month}-{day.year}")))

    async def fetch(self, uids: Sequence[int], items: str, limit: int) -> list[Fetched]:
        """Return what is asked for of these letters, as far as they are still there; at most `limit` bytes in all."""
        told = await self._ask(
            f"UID FETCH {','.join(map(str, uids))} ({items})", limit=limit, seconds=PATIENCE + limit / SLOWEST
        )
        pieces = [piece for one in told if one.kind == "FETCH" for piece in (_numbered(one))]
        try:
            parsed = parse_fetch_response(pieces, normalise_times=False)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            self.drop()
            raise LostError(f"an answer that is not IMAP: {error}", written=False) from error
        return [_fetched(uid, told) for uid, told in sorted(parsed.items()) if uid in set(uids)]

    async def wait(self, seconds: float) -> None:
        """Return when there may be something new, at the latest after these seconds."""
        if self._stirred:
            return
        if "IDLE" in self.can:
            await self._idle(seconds)
            return
        pause = min(CHECK, seconds)
        await asyncio.sleep(pause)
        await self._ask("NOOP")

    async def close(self) -> None:
        """Say goodbye and hang up."""
        with suppress(LostError, ImapRefusedError):
            if self.is_open:
                await self._ask("LOGOUT", seconds=1)
        self.drop()

    def drop(self) -> None:
        """Hang up."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.transport.abort()

    # ---- being let in

    async def _greeting(self) -> bytes:
        try:
            line = (await self._line(PATIENCE)).upper()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise LostError(fault_of(error), written=False) from error
        if not line.startswith((b"* OK", b"* PREAUTH")):
            raise LostError(f"the server says {line[:100]!r}", written=False)
        return line

    async def _learn(self) -> None:
        told = await self._ask("CAPABILITY")
        words = b" ".join(_words(one) for one in told if one.kind == "CAPABILITY")
        self.can = frozenset(words.decode("ascii", "replace").upper().split())

    async def _log_in(self) -> None:
        name, password = self.server.login, self.server.password
        if "AUTH=PLAIN" in self.can:
            secret = base64.b64encode(f"\0{name}\0{password}".encode()) + b"\r\n"
            await self._ask("AUTHENTICATE PLAIN", then=secret, stage="login")
        else:
            await self._ask(f"LOGIN {_quoted(name)} {_quoted(password)}", stage="login")

    async def _examine(self) -> None:
        told = await self._ask(f"EXAMINE {_quoted(_folder(self.server.folder))}", stage="folder")
        self._stirred = False
        words = b" ".join(_words(one) for one in told if one.kind == "OK")
        validity, newest = (
            re.search(name + rb" (\d+)\]", words, re.IGNORECASE) for name in (b"UIDVALIDITY", b"UIDNEXT")
        )
        if validity is None:
            raise LostError("the folder has no UIDVALIDITY", written=False)
        self.validity = int(validity.group(1))
        if newest is not None:
            self.next_uid = int(newest.group(1))
            return
        told = await self._ask("UID SEARCH UID *")
        self.next_uid = max(_found(told), default=0) + 1

    # ---- asking

    async def _ask(
        self, command: str, *, then: bytes = b"", limit: int = SMALL, seconds: float = 0, stage: Where = "other"
    ) -> list[Told]:
        """Return what the server tells in answer. What is cut short leaves the connection of no use."""
        if not self._tag or self._number == 0:
            self._tag = uuid4().hex[:6].upper()
        self._number += 1
        tag = f"{self._tag}{self._number}".encode()
        seconds = seconds or PATIENCE
        try:
            async with asyncio.timeout(seconds):
                await self._say(tag + b" " + command.encode() + b"\r\n")
                return await self._answers(tag, then, limit, stage)
        except TimeoutError:
            self.drop()
            raise LostError(f"no answer in {seconds:.0f} s", written=False) from None
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            self.drop()
            raise LostError(fault_of(error), written=False) from error
        except asyncio.CancelledError:
            self.drop()
            raise

    async def _answers(self, tag: bytes, then: bytes, limit: int, stage: Where) -> list[Told]:
        told: list[Told] = []
        left = limit
        while True:
            line = await self._line(None)
            left -= len(line)
            if line.startswith(b"+"):
                await self._say(then or b"\r\n")
                then = b""
                continue
            if line.startswith(tag + b" "):
                _agreed(stage, line[len(tag) + 1 :])
                return told
            if found := _UNTAGGED.fullmatch(line):
                number, kind, rest = found.groups()
                one = Told(kind.decode().upper(), int(number or 0))
                left = await self._pieces(one, rest, left)
                self._stirred = self._stirred or one.kind == "EXISTS"
                told.append(one)
            if left < 0:
                raise ValueError(f"more than {limit} bytes were said")

    async def _pieces(self, told: Told, words: bytes, left: int) -> int:
        """Read the rest of an answer that may hold literals; return how many bytes may still come."""
        while found := _LITERAL.search(words):
            size = int(found.group(1))
            left -= size
            if left < 0:
                raise ValueError(f"a literal of {size} bytes")
            told.pieces.append((words, await self._reader.readexactly(size)))
            words = await self._line(None)
            left -= len(words)
        told.pieces.append(words)
        return left

    async def _idle(self, seconds: float) -> None:
        """Have the server tell of new letters as they come."""
        self._number += 1
        tag = f"{self._tag}{self._number}".encode()
        try:
            await self._say(tag + b" IDLE\r\n")
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while not self._stirred:
                        self._hears(await self._line(None), tag)
            async with asyncio.timeout(PATIENCE):
                await self._say(b"DONE\r\n")
                await self._answers(tag, b"", SMALL, "other")
        except TimeoutError:
            self.drop()
            raise LostError("the server does not end waiting", written=False) from None
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            self.drop()
            raise LostError(fault_of(error), written=False) from error
        except BaseException:
            self.drop()
            raise

    def _hears(self, line: bytes, tag: bytes) -> None:
        if line.startswith(tag + b" ") or line.upper().startswith(b"* BYE"):
            raise ValueError(f"waiting was ended: {line[:100]!r}")
        found = _UNTAGGED.fullmatch(line)
        self._stirred = bool(found and found.group(2).upper() == b"EXISTS")

    async def _line(self, seconds: float | None) -> bytes:
        async with asyncio.timeout(seconds):
            line = await self._reader.readuntil(b"\n")
        return line.rstrip(b"\r\n")

    async def _say(self, words: bytes) -> None:
        if self._writer is None:
            raise LostError("the connection ended", written=False)
        self._writer.write(words)
        await self._writer.drain()


def _agreed(stage: Where, words: bytes) -> None:
    if not words.upper().startswith(b"OK"):
        raise ImapRefusedError(stage, words)


def _found(told: Sequence[Told]) -> set[int]:
    words = b" ".join(_words(one) for one in told if one.kind == "SEARCH")
    return {int(word) for word in words.split() if word.isdigit()}


def _words(told: Told) -> bytes:
    return b" ".join(piece if isinstance(piece, bytes) else piece[1] for piece in told.pieces)


def _numbered(told: Told) -> list[Piece]:
    """Return the pieces as the parser wants them: the letter's number comes first."""
    first, *rest = told.pieces
    start = str(told.number).encode() + b" "
    return [start + first if isinstance(first, bytes) else (start + first[0], first[1]), *rest]


def _fetched(uid: int, told: "dict[bytes, object]") -> Fetched:
    items = {name.decode("ascii", "replace"): value for name, value in told.items() if isinstance(value, bytes)}
    numbers = {name.decode("ascii", "replace"): value for name, value in told.items() if isinstance(value, int)}
    came = told.get(b"INTERNALDATE")
    return Fetched(uid, items, numbers, came if isinstance(came, datetime) else datetime.now(UTC))


def _folder(name: str) -> str:
    """Return a folder's name as IMAP writes it: the inbox is the inbox in any letters."""
    return "INBOX" if name.upper() == "INBOX" else str(encode(name), "ascii")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
