"""Makes the bytes of a letter out of what is to stand in it: MIME, and DKIM. `transports.smtp` calls it."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.header import Header
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

import dkim  # type: ignore[import-untyped]
from dkim.crypto import UnparsableKeyError, parse_pem_private_key  # type: ignore[import-untyped]

from messengers.protocols.mail import Dkim, Letter, LetterFile

# Everything stays within seven bits: what a server on the way recodes is not what was signed.
_POLICY = SMTP.clone(cte_type="7bit")
_ADDRESSED = frozenset({"from", "to", "reply-to"})
_SIGNED = (
    *(b"from", b"to", b"reply-to", b"subject", b"date", b"message-id", b"in-reply-to", b"references"),
    *(b"mime-version", b"content-type", b"list-unsubscribe", b"list-unsubscribe-post", b"feedback-id"),
    *(b"auto-submitted", b"precedence"),
)
_LINE = 76


def compose(letter: Letter, files: Mapping[int, bytes], now: datetime) -> bytes:
    """Return the letter with the bytes of its files, by their media ids."""
    lines = [_folded("Date", format_datetime(now)), *(_line(name, value) for name, value in letter.headers)]
    written = "".join(lines).encode("ascii") + _body(letter, files).as_bytes()
    return _signature(letter.dkim, written) + written if letter.dkim else written


def address(name: str, email: str) -> str:
    """Return how a person and his address are written in a Letter's headers."""
    bare = " ".join(name.replace('"', "'").replace("\\", "").split())
    return f'"{bare}" <{email}>' if bare else email


def is_key(key: str) -> bool:
    """Say whether letters can be signed with it: an RSA key in PEM."""
    try:
        parse_pem_private_key(unix_lines(key).encode())
    except (UnparsableKeyError, ValueError, IndexError, TypeError, KeyError):
        return False
    return True


def unix_lines(key: str) -> str:
    """Return a key as the library wants it: what is pasted into a page comes with two signs at each line's end."""
    return key.replace("\r\n", "\n").strip() + "\n" if key.strip() else ""


def _body(letter: Letter, files: Mapping[int, bytes]) -> EmailMessage:
    """Return the words, the same in HTML with its pictures, and the files below: as deep as is needed."""
    inline = [one for one in letter.files if one.cid and letter.html]
    below = [one for one in letter.files if one not in inline]
    told = EmailMessage(_POLICY)
    told.set_content(letter.text)
    if letter.html:
        told.add_alternative(letter.html, subtype="html")
        html = _parts(told)[-1]
        for one in inline:
            _attach(html, one, files, related=True)
    for one in below:
        _attach(told, one, files, related=False)
    _part_with_edges(told, _name_of(letter))
    return told


def _attach(told: MIMEPart, one: LetterFile, files: Mapping[int, bytes], *, related: bool) -> None:
    family, _, kind = one.file.content_type.partition(";")[0].strip().lower().partition("/")
    if not (family.isascii() and family.isalpha() and kind) or family in ("multipart", "message", "text"):
        # A text would be recoded on the way, and must arrive as it is.
        family, kind = "application", "octet-stream"
    data = files[one.file.media]
    name = " ".join(one.file.name.split()) or "file"
    if related:
        told.add_related(data, maintype=family, subtype=kind, cid=f"<{one.cid}>", filename=name, disposition="inline")
    else:
        told.add_attachment(data, maintype=family, subtype=kind, filename=name)


def _parts(told: MIMEPart) -> Sequence[MIMEPart]:
    return list(told.iter_parts())


def _part_with_edges(told: MIMEPart, name: str) -> None:
    """Divide its parts by the same lines whenever it is written."""
    for number, part in enumerate(told.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{hashlib.blake2b(f'{name}/{number}'.encode(), digest_size=12).hexdigest()}")


def _name_of(letter: Letter) -> str:
    return next((value for name, value in letter.headers if name.lower() == "message-id"), "")


def _line(name: str, value: str) -> str:
    """Return a header in ASCII: addresses and commands keep their words whole, other words are encoded if need be."""
    value = " ".join(value.split())
    if value.isascii():
        return _folded(name, value)
    if name.lower() not in _ADDRESSED:
        return f"{name}: {_encoded(name, value)}\r\n"
    words, email = parseaddr(value)
    return f"{name}: {_encoded(name, words)}\r\n <{email}>\r\n"


def _encoded(name: str, words: str) -> str:
    # EmailMessage's own way loses a space where long words are broken.
    return Header(words, "utf-8", maxlinelen=_LINE, header_name=name).encode(linesep="\r\n")


def _folded(name: str, value: str) -> str:
    """Return a header's lines, broken only between its words."""
    lines, line = [], f"{name}:"
    for word in value.split():
        if len(line) + 1 + len(word) > _LINE and line.strip() and not line.endswith(":"):
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join([*lines, line]) + "\r\n"


def _signature(key: Dkim, written: bytes) -> bytes:
    present = {line.partition(b":")[0].strip().lower() for line in written.partition(b"\r\n\r\n")[0].split(b"\r\n")}
    signed: bytes = dkim.sign(
        written,
        key.selector.encode(),
        key.domain.encode("idna"),
        key.key.encode(),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[name for name in _SIGNED if name in present],
    )
    return signed
