"""Carries calls over IMAP: one connection for each mailbox that is listened to, kept from call to call.

An adapter yields `protocols.mail` calls; `driver` opens this when the first one comes. All is done in the event loop:
whoever waits for a slow server holds up nobody but himself.
"""

import asyncio
import base64
import binascii
import logging
import quopri
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from pydantic import BaseModel

from messengers.adapter import Reply, SessionCall
from messengers.protocols.letter_reading import lighten
from messengers.protocols.mail import (
    BEGINNING,
    BYTES,
    IMAP_REFUSED,
    LETTERS,
    WHOLE,
    Came,
    ImapAccount,
    ImapCheck,
    ImapListen,
    ImapPart,
    ImapRefusal,
    Letters,
    Place,
)
from messengers.transport import ReadFile
from messengers.transports.imap_session import Box, Fetched, ImapRefusedError
from messengers.transports.mail_line import LostError

logger = logging.getLogger(__name__)

UNUSED = 90.0  # seconds after which a connection that nobody asked anything of is ended
LARGE = 1_000_000  # bytes of a letter that has to wait for its turn
TRIES = 5  # for a letter that the server does not give, before it is passed over
TURNS = 4  # large letters that are read at once: each is in memory some times over
FRAME = 100_000  # bytes that may be said round a letter
_ENCODING = re.compile(rb"^content-transfer-encoding:\s*([a-z0-9-]+)", re.IGNORECASE | re.MULTILINE)


class Transport:
    """The connections of one driver."""

    def __init__(self) -> None:
        """Begin with none."""
        self._boxes: dict[ImapAccount, _Kept] = {}
        self._turns = asyncio.Semaphore(TURNS)
        self._refused: Counter[tuple[int, int]] = Counter()  # how often a server did not give a letter

    async def answer(self, call: SessionCall, workspace_id: int | None, read: ReadFile) -> Reply:
        """Make a call and return what came of it."""
        try:
            match call:
                case ImapListen():
                    return _told(await self._listen(call))
                case ImapCheck():
                    async with asyncio.timeout(call.timeout):
                        return _told(await _place(call.account))
                case ImapPart():
                    async with asyncio.timeout(call.timeout), self._turns:
                        return await _part(call)
        except ImapRefusedError as error:
            if isinstance(call, ImapPart):  # the letter was there: the server is in trouble, or has too many guests
                return Reply(503, fault=str(error)[:200])
            return _told(ImapRefusal(stage=error.stage, code=error.code, text=str(error)), IMAP_REFUSED)
        except LostError as error:
            return Reply(0, written=False, fault=error.fault)
        except TimeoutError:
            return Reply(0, written=False, fault="no answer in time")
        raise TypeError(f"IMAP knows no {type(call).__name__}")

    async def close(self) -> None:
        """End all connections."""
        kept, self._boxes = list(self._boxes.values()), {}
        await asyncio.gather(*(one.close() for one in kept))

    async def _listen(self, call: ImapListen) -> Letters:
        kept = self._boxes.get(call.account)
        if kept is None:
            kept = self._boxes[call.account] = _Kept(call.account)
        async with kept.turn:
            kept.used(lambda: self._boxes.pop(call.account, None))
            if kept.box.is_open:
                with suppress(LostError):  # it may have died since the last call
                    return await self._news(kept.box, call)
            await kept.box.open()
            return await self._news(kept.box, call)

    async def _news(self, box: Box, call: ImapListen) -> Letters:
        if box.validity != call.validity:
            uids = await box.since(call.since) if call.since else []
            return await self._letters(box, uids, box.next_uid - 1 if not uids else 0)
        uids = await box.newer_than(call.after)
        if not uids:
            await box.wait(call.seconds)
            uids = await box.newer_than(call.after)
        return await self._letters(box, uids, call.after)

    async def _letters(self, box: Box, uids: list[int], after: int) -> Letters:
        """Read the first of these letters, as many as are to be in memory at once."""
        told = Letters(uidvalidity=box.validity, after=after)
        left = BYTES
        for one in await box.fetch(uids[:LETTERS], "UID RFC822.SIZE INTERNALDATE", FRAME) if uids else []:
            size = one.numbers.get("RFC822.SIZE", 0)
            left -= min(size, WHOLE)
            if left < 0 and told.letters:
                return told
            try:
                came = await self._letter(box, one, size)
            except (LostError, ImapRefusedError):
                if not told.letters:
                    raise
                return told  # what was read is safe; the next call meets the trouble again
            told.letters += [came] if came else []
            told.after = one.uid
        told.after = max(told.after, *uids[:LETTERS]) if uids else told.after
        return told

    async def _letter(self, box: Box, one: Fetched, size: int) -> Came | None:
        """Return a letter; None if it was deleted meanwhile, or the server cannot read it itself."""
        length = WHOLE if size <= WHOLE else BEGINNING
        try:
            if size <= LARGE:
                light, sizes = lighten(await _raw(box, one.uid, length))
            else:
                async with self._turns:
                    light, sizes = await asyncio.to_thread(lighten, await _raw(box, one.uid, length))
        except ImapRefusedError as error:
            self._refused[box.validity, one.uid] += 1
            if self._refused[box.validity, one.uid] < TRIES:
                raise  # it may be in trouble for a moment
            logger.warning("The server does not give letter %s: %s", one.uid, error)
            return None
        if not light:
            return None
        raw, at = base64.b64encode(light).decode(), int(one.at.timestamp())
        return Came(uid=one.uid, at=at, raw=raw, size=size, sizes=sizes, truncated=length < size)


class _Kept:
    """A connection that is kept, and ended when nobody has needed it for long."""

    def __init__(self, account: ImapAccount) -> None:
        self.box = Box(account)
        self.turn = asyncio.Lock()
        self._end: asyncio.TimerHandle | None = None

    def used(self, forget: Callable[[], object]) -> None:
        """Count the time anew; `forget` is called when it is over."""
        if self._end is not None:
            self._end.cancel()
        self._end = asyncio.get_running_loop().call_later(UNUSED, self._leave, forget)

    async def close(self) -> None:
        """End the connection."""
        if self._end is not None:
            self._end.cancel()
        await self.box.close()

    def _leave(self, forget: Callable[[], object]) -> None:
        if self.turn.locked():
            self.used(forget)
            return
        forget()
        self.box.drop()


async def _raw(box: Box, uid: int, length: int) -> bytes:
    fetched = await box.fetch([uid], f"UID BODY.PEEK[]<0.{length}>", length + FRAME)
    return next((item for one in fetched for name, item in one.items.items() if name.startswith("BODY[]")), b"")


async def _place(account: ImapAccount) -> Place:
    box = Box(account)
    try:
        await box.open()
        return Place(uidvalidity=box.validity, uidnext=box.next_uid)
    finally:
        await box.close()


async def _part(call: ImapPart) -> Reply:
    box, name = Box(call.account), call.part
    try:
        await box.open()
        if box.validity != call.validity:
            return Reply(404)
        items = f"UID BODY.PEEK[{name}.MIME] BODY.PEEK[HEADER.FIELDS (CONTENT-TRANSFER-ENCODING)] BODY.PEEK[{name}]"
        fetched = await box.fetch([call.uid], items, WHOLE * 2)
    finally:
        await box.close()
    told = {name.upper(): item for one in fetched for name, item in one.items.items()}
    body = told.get(f"BODY[{name}]")
    if not body:  # some servers give nothing instead of saying that there is no such part
        return Reply(404)
    head = told.get(f"BODY[{name}.MIME]") or next((told[one] for one in told if "HEADER" in one), b"")
    found = _ENCODING.search(head)
    return Reply(200, await asyncio.to_thread(_decoded, body, found.group(1).lower() if found else b""))


def _decoded(body: bytes, encoding: bytes) -> bytes:
    if encoding == b"base64":
        with suppress(binascii.Error):
            return base64.b64decode(body + b"==")
    return quopri.decodestring(body) if encoding == b"quoted-printable" else body


def _told(answer: BaseModel, status: int = 200) -> Reply:
    return Reply(status, answer.model_dump_json().encode())
