"""A connection to a mail server: where its name leads, and a certificate that was made out for that name.

`smtp_session` and `imap_session` speak over it.
"""

import asyncio
import socket
import ssl
from contextlib import suppress
from functools import cache

from messengers.protocols.mail import CERTIFICATE, MailServer
from messengers.transports.reach import reach

CONNECTING = 15.0  # seconds


class LostError(Exception):
    """There is no connection, or no more. `written` says whether a letter may have been taken."""

    def __init__(self, fault: str, *, written: bool) -> None:
        """Keep both."""
        super().__init__(fault)
        self.fault, self.written = fault, written


def fault_of(error: BaseException) -> str:
    """Name what happened; a certificate that is not believed is named by what is wrong with it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"{CERTIFICATE}: {cause.verify_message}"
        cause = cause.__cause__ or cause.__context__
    return f"{type(error).__name__}: {error}"


async def open_socket(server: MailServer) -> socket.socket:
    """Return a connected socket. Raise LostError."""
    try:
        async with asyncio.timeout(CONNECTING):
            address = await reach(server.host, server.port, inside=server.inside)
            family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
            connecting = socket.socket(family, socket.SOCK_STREAM)
            try:
                connecting.setblocking(False)
                connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                await asyncio.get_running_loop().sock_connect(connecting, address)
            except BaseException:
                connecting.close()
                raise
            return connecting
    except TimeoutError:
        raise LostError(f"no connection in {CONNECTING:.0f} s", written=False) from None
    except OSError as error:
        raise LostError(fault_of(error), written=False) from error


async def open_line(server: MailServer, limit: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a connection on which lines of `limit` bytes may come; encrypted if it is so from the start."""
    connected = await open_socket(server)
    tls = context(server.inside) if server.security == "tls" else None
    name = server.host if tls else None
    try:
        async with asyncio.timeout(CONNECTING):
            return await asyncio.open_connection(sock=connected, ssl=tls, server_hostname=name, limit=limit)
    except TimeoutError:
        connected.close()
        raise LostError("no encryption in time", written=False) from None
    except OSError as error:
        connected.close()
        raise LostError(fault_of(error), written=False) from error


async def secure(server: MailServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Encrypt from now on. What was said before is thrown away with the connection: anybody could have said it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0.02):
            early = await reader.read(1)
            raise LostError("the server hung up" if not early else "words before encryption", written=False)
    try:
        async with asyncio.timeout(CONNECTING):
            await writer.start_tls(context(server.inside), server_hostname=server.host)
    except (OSError, TimeoutError) as error:
        raise LostError(fault_of(error), written=False) from error


@cache
def context(inside: bool) -> ssl.SSLContext:
    """Return what is asked of certificates: everything, but of the lab's own servers nothing."""
    made = ssl.create_default_context()
    if inside:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made
