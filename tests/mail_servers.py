"""Mail servers that others wrote, with certificates: what the transports are tested against beside the lab."""

import asyncio
import ssl
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from proxyprotocol.sock import SocketInfo
from pymap.backend.dict import Config, Identity, Login
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

NAME = "mail.shop.example"
LOGIN, PASSWORD = "shop@shop.example", 'word "1" \\'


@dataclass
class Taken:
    """What an SMTP server took, and how often somebody came."""

    letters: list[tuple[str, str, bytes]] = field(default_factory=list)
    connections: int = 0
    logins: list[str] = field(default_factory=list)
    open: int = 0
    most: int = 0
    pause: float = 0.0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a letter."""
        self.open += 1
        self.most = max(self.most, self.open)
        await asyncio.sleep(self.pause)
        self.open -= 1
        self.letters.append((envelope.mail_from or "", envelope.rcpt_tos[0], envelope.original_content or b""))
        return "250 2.0.0 Taken"

    def let_in(self, _server: SMTP, _session: Session, _envelope: Envelope, way: str, told: Any) -> AuthResult:
        """Look at a password."""
        self.logins.append(way)
        right = isinstance(told, LoginPassword) and (told.login.decode(), told.password.decode()) == (LOGIN, PASSWORD)
        return AuthResult(success=right, handled=False, message=None if right else "535 5.7.8 Not you")


@asynccontextmanager
async def an_smtp_server(
    certificate: ssl.SSLContext | None = None, *, security: str = "none", **more: Any
) -> AsyncIterator[tuple[int, Taken]]:
    """A server at a free port; `security` is tls, starttls or none."""
    taken, loop = Taken(), asyncio.get_running_loop()

    def welcome() -> SMTP:
        taken.connections += 1
        tls = certificate if security == "starttls" else None
        return SMTP(
            taken, authenticator=taken.let_in, auth_require_tls=security == "starttls", tls_context=tls,
            require_starttls=tls is not None, hostname=NAME, loop=loop, **more,
        )  # fmt: skip

    server = await loop.create_server(welcome, "127.0.0.1", 0, ssl=certificate if security == "tls" else None)
    try:
        yield server.sockets[0].getsockname()[1], taken
    finally:
        server.close()


class Mailbox:
    """An inbox that is open to one password."""

    def __init__(self, certificate: ssl.SSLContext | None, security: str) -> None:
        args = Namespace(
            proxy_protocol=None, passlib_cfg=None, host=None, port=0, debug=False, cert=None, key=None,
            tls=security == "starttls", demo_data=False, demo_user="", demo_password="",
        )  # fmt: skip
        plain = Subsystem.for_asyncio()
        more = {"ssl_context": certificate} if certificate else {}
        self.config = Config.from_args(args, hash_context=Cleartext(), cpu_subsystem=plain, subsystem=plain, **more)
        self.login = Login(self.config)
        self.login.users_dict[LOGIN] = UserMetadata(self.config, LOGIN, password=PASSWORD)
        self.serve = IMAPServer(self.login, self.config)
        self.writers: list[asyncio.StreamWriter] = []

    async def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        self.writers.append(writer)
        await self.serve(reader, writer, SocketInfo.get(writer, None, unique_id=b"test"))

    async def add(self, *letters: bytes) -> None:
        """Put letters into the inbox."""
        async with Identity(LOGIN, self.login, None, frozenset()).new_session() as session:
            inbox = await session.mailbox_set.get_mailbox("INBOX")
            for letter in letters:
                await inbox.append(AppendMessage(letter, datetime.now(UTC)), recent=True)


@asynccontextmanager
async def an_imap_server(
    certificate: ssl.SSLContext | None = None, *, security: str = "none"
) -> AsyncIterator[tuple[int, Mailbox]]:
    """A server at a free port."""
    mailbox = Mailbox(certificate, security)
    mailbox.config.apply_context()
    tls = certificate if security == "tls" else None
    server = await asyncio.start_server(mailbox.welcome, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1], mailbox
    finally:
        server.close()
        for writer in mailbox.writers:
            writer.transport.abort()


def a_certificate(authority: trustme.CA, name: str = NAME) -> ssl.SSLContext:
    """Return what a server of this name shows."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context
