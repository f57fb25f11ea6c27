"""Carries letters over SMTP: a few connections for each account, kept from letter to letter.

An adapter yields `protocols.mail` calls; `driver` opens this when the first one comes.
"""

import asyncio
from datetime import datetime

from messengers.adapter import Reply, SessionCall
from messengers.media import FileGoneError
from messengers.protocols.letter_writing import compose
from messengers.protocols.mail import TAKEN, SmtpAccount, SmtpCheck, SmtpRefusal, SmtpSubmit
from messengers.transport import ReadFile
from messengers.transports.mail_line import LostError
from messengers.transports.smtp_session import Lines, SmtpRefusedError


class Transport:
    """The connections of one driver."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lines: dict[SmtpAccount, Lines] = {}

    async def answer(self, call: SessionCall, workspace_id: int | None, read: ReadFile) -> Reply:
        """Make a call and return what came of it."""
        try:
            match call:
                case SmtpSubmit():
                    letter = await _written(call, workspace_id, read)
                    said = await self._of(call.account).submit(call.envelope_from, call.to, letter, call.timeout)
                    return Reply(TAKEN, said.encode())
                case SmtpCheck():
                    async with asyncio.timeout(call.timeout):
                        await Lines(call.account).check()
                    return Reply(200)
        except SmtpRefusedError as error:
            refusal = SmtpRefusal(stage=error.stage, code=error.code, enhanced=error.enhanced, text=error.words)
            return Reply(error.code, refusal.model_dump_json().encode())
        except LostError as error:
            return Reply(0, written=error.written, fault=error.fault)
        except TimeoutError:
            return Reply(0, written=False, fault="no answer in time")
        raise TypeError(f"SMTP knows no {type(call).__name__}")

    async def close(self) -> None:
        """End all connections."""
        await asyncio.gather(*(lines.close() for lines in self._lines.values()))
        self._lines.clear()

    def _of(self, account: SmtpAccount) -> Lines:
        if account not in self._lines:
            self._lines[account] = Lines(account)
        return self._lines[account]


async def _written(call: SmtpSubmit, workspace_id: int | None, read: ReadFile) -> bytes:
    """Return the letter's bytes. Large ones take a while, in which others are served."""
    files: dict[int, bytes] = {}
    for one in call.letter.files:
        if workspace_id is None:
            raise FileGoneError(one.file.name)
        files[one.file.media] = await read(workspace_id, one.file.media)
    now = datetime.now().astimezone()
    if files or call.letter.dkim:
        return await asyncio.to_thread(compose, call.letter, files, now)
    return compose(call.letter, files, now)
