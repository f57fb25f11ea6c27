"""Asks a virus scanner, clamd, about every file that comes in, if the installation has one. Called by `media`.

Without an answer nothing is stored: what a person uploads he tries again, what a messenger holds is fetched later.
"""

import logging
import socket
import struct
from contextlib import closing
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext

from messengers.media_kinds import MediaRefusedError

logger = logging.getLogger(__name__)

SCANNER_AWAY = "scanner_away"
_CONNECT, _ANSWER = 5.0, 60.0  # seconds
_CHUNK = 64 * 1024


def check(name: str, content: bytes) -> None:
    """Raise MediaRefusedError for an infected file, or while the scanner does not answer (`scanner_away`)."""
    if not settings.CLAMD:
        return
    try:
        found = _ask(content)
    except (OSError, ValueError) as error:
        logger.warning("The virus scanner does not answer, so files are not taken: %s", error)
        words = gettext("Files cannot be checked for viruses at the moment. Nothing was stored: try again in a minute.")
        raise MediaRefusedError(SCANNER_AWAY, words) from error
    if found:
        logger.warning("Refused an infected file %r: %s", name, found)
        text = gettext("There is a virus in this file (%(virus)s). It was not stored.") % {"virus": found}
        raise MediaRefusedError("infected", text)


def _ask(content: bytes) -> str:
    """Return the name of what clamd finds, empty if nothing; OSError without an answer, ValueError for an odd one."""
    with closing(_connected()) as line:
        line.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), _CHUNK):
            chunk = content[start : start + _CHUNK]
            line.sendall(struct.pack(">I", len(chunk)) + chunk)
        line.sendall(struct.pack(">I", 0))
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < 4096:
            if not (more := line.recv(4096)):
                break
            answer += more
    words = answer.rstrip(b"\0\n").decode("utf-8", "replace").removeprefix("stream: ")
    if words == "OK":
        return ""
    if words.endswith(" FOUND"):
        return words.removesuffix(" FOUND")
    raise ValueError(words or "no answer")


def _connected() -> socket.socket:
    address = urlsplit(settings.CLAMD)
    if address.scheme == "unix":
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(_CONNECT)
        line.connect(address.path)
    else:
        line = socket.create_connection((address.hostname or "", address.port or 3310), timeout=_CONNECT)
    line.settimeout(_ANSWER)
    return line
