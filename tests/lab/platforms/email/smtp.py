"""How the lab's mail house takes letters: an SMTP server that others wrote, strict as the large providers' are."""

import asyncio
import logging
import re
import socket
import time
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from lab.account import Arrival
from lab.ground import Ground
from lab.misbehaviour import CALLS, Switch
from lab.platforms.email.letters import address_in, read, without_tag

if TYPE_CHECKING:
    from lab.platforms.email.house import House
    from lab.platforms.email.mailboxes import Bot, Talk

logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd's, which tells of each command

LARGEST = 25_000_000
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_NEEDED = ("From", "To", "Date", "Message-ID", "Subject")

# What a server says when a switch of this status is on, and when: to the address, or after the whole letter.
AT_ADDRESS = {
    421: "421 4.3.2 Service not available, closing transmission channel",
    450: "450 4.7.1 Greylisted, please try again later",
    451: "451 4.3.0 Temporary lookup failure",
    452: "452 4.2.2 Mailbox full",
    550: "550 5.1.1 No such user here",
    551: "551 5.1.6 User has moved",
    553: "553 5.1.3 Mailbox name not allowed",
}
AFTER_LETTER = {
    552: "552 5.3.4 Message size exceeds fixed limit",
    554: "554 5.7.1 Message rejected under suspicion of SPAM",
}
TOO_FAST = "450 4.2.1 You are sending too fast, try again later"


class Smtp:
    """The server. It is its own handler: aiosmtpd asks it about each step."""

    def __init__(self, ground: Ground, house: "House") -> None:
        self.ground, self.house = ground, house
        self._server: asyncio.Server | None = None
        self._guests: set[_Guest] = set()

    async def begin(self, listening: socket.socket) -> None:
        """Answer whoever connects."""
        self._server = await asyncio.get_running_loop().create_server(lambda: _Guest(self), sock=listening)

    async def end(self) -> None:
        """Send everybody away."""
        if self._server is not None:
            self._server.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Cut all connections."""
        for guest in list(self._guests):
            _cut(guest)

    def came(self, guest: "_Guest", here: bool) -> None:
        """Keep who is connected."""
        (self._guests.add if here else self._guests.discard)(guest)

    def let_in(self, _server: SMTP, _session: Session, _envelope: Envelope, _way: str, told: Any) -> AuthResult:
        """Say whether a password is the mailbox's."""
        name = told.login.decode("utf-8", "replace").lower() if isinstance(told, LoginPassword) else ""
        bot = self.house.of_address(name)
        arrival = self.ground.account.arrived("email", bot.key if bot else "", "auth")
        if any(self._met(("server_error", "too_many"), bot, "auth")):
            self._answered(arrival, 454)
            return AuthResult(success=False, handled=False, message="454 4.7.0 Temporary authentication failure")
        if bot is None or told.password.decode("utf-8", "replace") != bot.password:
            self._answered(arrival, 535)
            return AuthResult(success=False, handled=False, message="535 5.7.8 Authentication credentials invalid")
        self._answered(arrival, 235)
        return AuthResult(success=True, auth_data=bot)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's word
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the sender, who may be nobody but the mailbox itself."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        bot: Bot = session.auth_data
        if without_tag(address) != bot.address:
            return "553 5.7.1 Sender address rejected: not owned by auth user."
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802
        self, server: "_Guest", session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take whom it is for."""
        bot: Bot = session.auth_data
        talk = self.house.talk_with(bot, address)
        arrival = self.ground.account.arrived("email", bot.key, "send")
        arrival.to = talk.person.key if talk else address
        envelope.arrival = arrival  # type: ignore[attr-defined]
        envelope.met = met = self._met(CALLS, bot, "send", arrival.to)  # type: ignore[attr-defined]
        if any(switch.kind == "drop_before" for switch in met):
            self._dropped(server, arrival)
            return "421 4.4.2 Dropped"
        answer = self._refusal(bot, talk, met)
        if answer:
            self._answered(arrival, int(answer[:3]))
            if answer.startswith("421"):
                asyncio.get_running_loop().call_later(0.01, server.leave)
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: "_Guest", session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the letter, and show it to the person."""
        bot: Bot = session.auth_data
        arrival: Arrival = envelope.arrival  # type: ignore[attr-defined]
        met: list[Switch] = envelope.met  # type: ignore[attr-defined]
        raw = envelope.original_content or b""
        if any(switch.kind == "drop_unhandled" for switch in met):
            self._dropped(server, arrival)
            return "421 4.4.2 Dropped"
        answer = next((AFTER_LETTER[one.status] for one in met if _says(one, AFTER_LETTER)), "")
        answer = answer or _mistake(bot, envelope, raw)
        if not answer:
            arrival.text = self.house.take(bot, envelope.rcpt_tos, envelope.mail_from or "", raw)
            arrival.sent = True
            answer = f"250 2.0.0 Ok: queued as {time.time_ns():X}"
        for switch in met:
            if switch.kind == "slow":
                await asyncio.sleep(switch.seconds)
            if switch.kind == "drop_after":
                await asyncio.sleep(switch.seconds)
                self._dropped(server, arrival)
        self._answered(arrival, int(answer[:3]))
        return answer

    def _refusal(self, bot: "Bot", talk: "Talk | None", met: list[Switch]) -> str:
        for switch in met:
            if switch.kind == "too_many":
                return TOO_FAST
            if switch.kind == "server_error" and switch.status not in AFTER_LETTER:
                return AT_ADDRESS.get(switch.status, AT_ADDRESS[451])
        if talk is None:
            return AT_ADDRESS[550]
        return talk.refuses or ("" if bot.may_send() else TOO_FAST)

    def _met(self, kinds: tuple[str, ...], bot: "Bot | None", method: str, person: str = "") -> list[Switch]:
        return self.ground.misbehaviour.take(kinds, bot.key if bot else "", method, person)

    def _answered(self, arrival: Arrival, status: int) -> None:
        if arrival.fate == "open":
            arrival.ended, arrival.status, arrival.fate = time.time(), status, "answered"

    def _dropped(self, guest: "_Guest", arrival: Arrival) -> None:
        arrival.ended, arrival.fate = time.time(), "dropped"
        _cut(guest)


class _Guest(SMTP):
    """One connection."""

    def __init__(self, smtp: Smtp) -> None:
        self._smtp = smtp
        super().__init__(
            smtp,
            authenticator=smtp.let_in,
            auth_require_tls=False,
            enable_SMTPUTF8=True,
            data_size_limit=LARGEST,
            hostname="mail.shops.example",
            ident="Lab",
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._smtp.came(self, here=True)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._smtp.came(self, here=False)
        super().connection_lost(error)

    def leave(self) -> None:
        """Hang up in peace."""
        if self.transport is not None:
            self.transport.close()


def _cut(guest: _Guest) -> None:
    if isinstance(guest.transport, asyncio.Transport):
        guest.transport.abort()


def _says(switch: Switch, answers: dict[int, str]) -> bool:
    return switch.kind == "server_error" and switch.status in answers


def _mistake(bot: "Bot", envelope: Envelope, raw: bytes) -> str:
    """Name what is wrong with a letter; empty when nothing is."""
    if _BARE.search(raw):
        return "550 5.6.0 Bare LF or CR in the letter"
    if any(len(line) > 998 for line in raw.split(b"\r\n")):
        return "550 5.6.0 Line too long"
    try:
        letter = read(raw)
    except (ValueError, LookupError) as error:
        return f"550 5.6.0 The letter cannot be read: {error}"
    for name in _NEEDED:
        if len(letter.headers.get_all(name, [])) != 1:
            return f"550 5.6.0 A letter has one {name}"
    if without_tag(letter.sender) != bot.address:
        return "550 5.7.1 From is not the address of the mailbox"
    if [address_in(str(letter.headers["To"]))] != [to.lower() for to in envelope.rcpt_tos]:
        return "550 5.7.1 To is not whom the letter is for"
    return ""
