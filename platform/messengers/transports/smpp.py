"""Carries calls over SMPP 3.4: one session for each account and role, kept from call to call.

An adapter yields `protocols.smpp` calls; `driver` opens this when the first one comes.
"""

from collections import OrderedDict

from messengers.adapter import Reply, SessionCall
from messengers.protocols.smpp import (
    OK,
    REFUSED,
    Heard,
    Refusal,
    ShortMessage,
    SmppAccount,
    SmppCheck,
    SmppListen,
    SmppSubmit,
    Taken,
)
from messengers.transport import ReadFile
from messengers.transports import smpp_pdu as pdu
from messengers.transports.smpp_session import BindRefusedError, LostError, Session, now

_BEGUN = 2000  # messages that were taken in part, and whose rest is still to be submitted


class _NotTakenError(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Transport:
    """The sessions of one driver."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sessions: dict[tuple[SmppAccount, bool], Session] = {}
        self._begun: OrderedDict[str, list[str]] = OrderedDict()

    async def answer(self, call: SessionCall, workspace_id: int | None, read: ReadFile) -> Reply:
        """Make a call and return what came of it."""
        try:
            match call:
                case SmppSubmit():
                    return _told(Taken(ids=await self._submit(call)))
                case SmppListen():
                    return _told(await self._listen(call))
                case SmppCheck():
                    return await self._check(call)
        except BindRefusedError as error:
            return _told(Refusal(command_status=error.status, binding=True), REFUSED)
        except _NotTakenError as error:
            return _told(Refusal(command_status=error.status), REFUSED)
        except LostError as error:
            return Reply(0, written=error.written, fault=error.fault)
        raise TypeError(f"SMPP knows no {type(call).__name__}")

    async def close(self) -> None:
        """End all sessions."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    async def _submit(self, call: SmppSubmit) -> list[str]:
        """Submit the parts that are not taken yet, one after another: a phone shows them when all are there."""
        session = self._session(call.account, listens=False)
        known = f"{call.account.host}/{call.account.system_id}/{call.key}"
        ids = self._begun.pop(known, [])
        try:
            for message in call.messages[len(ids) :]:
                ids.append(await _submitted(session, message, call.timeout))
        except (_NotTakenError, LostError, BindRefusedError):
            if ids:
                self._begun[known] = ids
                while len(self._begun) > _BEGUN:
                    self._begun.popitem(last=False)
            raise
        return ids

    async def _listen(self, call: SmppListen) -> Heard:
        session = self._session(call.account, listens=True)
        name, news = await session.listen(call.session, call.heard, call.seconds)
        return Heard(session=name, now=now(), news=news)

    async def _check(self, call: SmppCheck) -> Reply:
        session = Session(call.account)
        try:
            await session.bind()
        finally:
            await session.close()
        return Reply(200)

    def _session(self, account: SmppAccount, *, listens: bool) -> Session:
        key = account, listens
        if key not in self._sessions:
            self._sessions[key] = Session(account, listens=listens)
        return self._sessions[key]


async def _submitted(session: Session, message: ShortMessage, seconds: float) -> str:
    answer = await session.submit(pdu.submit_body(message), seconds)
    if answer.command == pdu.GENERIC_NACK or answer.status != OK:
        raise _NotTakenError(answer.status or pdu.NO_SUCH_COMMAND)
    return pdu.read_message_id(answer.body)


def _told(answer: Taken | Refusal | Heard, status: int = 200) -> Reply:
    return Reply(status, answer.model_dump_json().encode())
