"""Reads letters that came: who wrote, what he said, which files he put in. Nothing in a letter can make it fail. Pure.

`transports.imap` makes letters light before they are stored; the e-mail adapter reads what is left of them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy, utils
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import collapse_rfc2231_value, getaddresses
from itertools import islice
from typing import Any

from messengers.protocols.letter_html import Shown, shown

_TEXT_LIMIT = 1_000_000  # characters of words: nobody writes so much by hand
_HEADERS = 100_000  # bytes of a letter's headers
_VALUE = 20_000  # characters of one
_DEPTH = 50  # of parts in parts
_PARTS = 200
_ID = re.compile(r"<[^<>\s]{1,900}>")
_BRACKETED = re.compile(r"<([^<>@\s]{1,64}@[^<>@\s]{1,255})>")
# Later Pythons give up a whole header for one address that is written against the rules, as some programs do.
_LENIENT: dict[str, Any] = {"strict": False} if hasattr(utils, "supports_strict_parsing") else {}
_SPACE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Person:
    """A name and an address as they stand in a header."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Part:
    """A file in a letter, and where IMAP has it. `cid` is how the words refer to it."""

    number: str
    content_type: str
    name: str
    size: int
    cid: str = ""
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """What a letter says. Pictures stand in `seen` at their places, as `[cid:…]`."""

    text: str
    seen: str = ""  # the same as its HTML shows it, where there is any


def opened(raw: bytes) -> Message:
    """Return a letter whose parts can be asked for; of one that nobody has written for people, the headers alone."""
    head = re.match(rb".*?\r?\n\r?\n", raw[:_HEADERS], re.DOTALL)
    if head is not None or len(raw) <= _HEADERS:
        try:
            letter = message_from_bytes(raw, policy=policy.compat32)
            if _is_shallow(letter):
                return letter
        except (RecursionError, ValueError, LookupError, TypeError, AttributeError):
            pass  # a boundary, for one, whose alphabet makes no sense
    headers = head.group() if head else raw[:_HEADERS].rpartition(b"\n")[0] + b"\n\n"
    return BytesHeaderParser(policy=policy.compat32).parsebytes(headers)


def lighten(raw: bytes) -> tuple[bytes, dict[str, int]]:
    """Return a letter without the bytes of its files, and how many those are, by the numbers of their parts."""
    letter = opened(raw)
    sizes: dict[str, int] = {}
    room = _TEXT_LIMIT
    for number, part in _leaves(letter):
        payload = content(part)
        if not isinstance(payload, str):
            continue
        if _is_words(part):
            if len(payload) > room:
                part.set_payload(payload[:room])
            room -= min(room, len(payload))
        elif payload.strip():
            sizes[number] = _decoded_size(part, payload)
            part.set_payload("")
    try:
        light = letter.as_bytes() if sizes or len(raw) > _TEXT_LIMIT else raw
    except (UnicodeError, LookupError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        light = b""
    # What is long though its words are not, nobody has written for people, either.
    return (
        light if 0 < len(light) <= 2 * _TEXT_LIMIT else raw[:_HEADERS].partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    ), sizes


def header(letter: Message, name: str) -> str:
    """Return a header's words; empty when it is not there."""
    return _decoded(next(_values(letter, name), ""))


def people(letter: Message, name: str) -> list[Person]:
    """Return whom a header names."""
    values = [_written(value) for value in islice(_values(letter, name), 10)]
    try:
        found = getaddresses(values, **_LENIENT)
    except (ValueError, IndexError, TypeError, AttributeError, RecursionError):
        found = []
    named = [Person(_decoded(told), address.strip()) for told, address in found if "@" in address]
    # What no rule can read may still show an address in brackets.
    return named or [Person("", bracketed[-1]) for value in values if (bracketed := _BRACKETED.findall(value))]


def ids(letter: Message, name: str) -> list[str]:
    """Return the Message-IDs in a header, with their brackets."""
    return _ID.findall(_written(next(_values(letter, name), "")))


def words(letter: Message) -> Words:
    """Return what a letter says."""
    told: dict[str, list[str]] = {"text/plain": [], "text/html": []}
    for _number, part in _leaves(letter, into_letters=False):
        if _is_words(part) and part.get_content_type() in told:
            told[part.get_content_type()].append(_text(part))
    # Some programs go on behind a picture in a part of its own.
    plain, html = ("\n".join(one for one in some if one.strip()) for some in told.values())
    read: Shown | None = shown(html) if html.strip() else None
    text = plain if plain.strip() else (read.text if read else "")
    return Words(_clean(text), _clean(read.text_with_pictures) if read else "")


def files(letter: Message, sizes: dict[str, int]) -> list[Part]:
    """Return the files of a letter."""
    found = []
    for number, part in _leaves(letter, into_letters=False):
        if _is_words(part) or part.get_content_maintype() == "multipart":
            continue
        cid = _written(part.get("Content-ID", "")).strip().strip("<>")
        inline = part.get_content_disposition() != "attachment"
        name = _name(part) or ("letter.eml" if part.get_content_type() == "message/rfc822" else "")
        found.append(Part(number, part.get_content_type(), name, sizes.get(number, 0), cid, inline))
    return found


def report(letter: Message) -> str:
    """Return what a multipart/report tells of: `delivery-status`, `feedback-report`; empty for other letters."""
    if letter.get_content_type() != "multipart/report":
        return ""
    kind = _parameter(letter, "report-type").lower()
    kinds = [part.get_content_subtype() for part in letter.walk() if part.get_content_maintype() == "message"]
    return next((one for one in (kind, *kinds) if one in ("delivery-status", "feedback-report")), "")


def parts_of(letter: Message, *content_types: str) -> Iterator[Message]:
    """Yield the parts that are of these types, wherever they lie."""
    for number, part in enumerate(letter.walk()):
        if number >= _PARTS:
            return
        if part.get_content_type() in content_types:
            yield part


def content(part: Message) -> object:
    """Return what a part holds, as it stands there: its words, or the parts in it."""
    try:
        return part.get_payload()
    except (ValueError, LookupError):  # the name of its alphabet makes no sense at all
        return ""


def text_of(part: Message) -> str:
    """Return a part's text, whatever it is: a report's fields, the headers of a letter that came back."""
    inner = content(part)
    if isinstance(inner, list):
        return "\n\n".join(_clean(_as_it_stands(one)) for one in inner if isinstance(one, Message))[:_TEXT_LIMIT]
    return _text(part)


def _as_it_stands(letter: Message) -> str:
    # Not `as_string`: later Pythons refuse to write headers that are bent, and we only read them.
    headers = "\n".join(f"{name}: {value}" for name, value in letter.raw_items())
    return f"{headers}\n\n{_text(letter)}"


# ---- parts


def _is_shallow(letter: Message) -> bool:
    level: list[object] = [letter]
    for _ in range(_DEPTH):
        inner = [content(one) for one in level if isinstance(one, Message)]
        level = [one for some in inner if isinstance(some, list) for one in some]
        if not level:
            return True
    return False


def _leaves(letter: Message, *, into_letters: bool = True) -> Iterator[tuple[str, Message]]:
    """Yield the parts that have no parts, with IMAP's numbers for them."""
    left = [_PARTS]
    yield from _numbered(letter, "", into_letters, left)


def _numbered(part: Message, number: str, into_letters: bool, left: list[int]) -> Iterator[tuple[str, Message]]:
    left[0] -= 1
    if left[0] < 0:
        return
    inner = content(part)
    if not isinstance(inner, list):
        yield number or "1", part
        return
    main = part.get_content_maintype()
    if main == "message":
        if part.get_content_type() == "message/rfc822" and into_letters:
            for one in inner[:1]:
                if isinstance(one, Message):
                    deeper = one.get_content_maintype() == "multipart"
                    yield from _numbered(one, number if deeper else f"{number}.1", into_letters, left)
        elif part.get_content_type() == "message/rfc822":
            yield number or "1", part
        return
    for place, one in enumerate(inner, 1):
        if isinstance(one, Message):
            yield from _numbered(one, f"{number}.{place}" if number else str(place), into_letters, left)


def _is_words(part: Message) -> bool:
    if part.get_content_type() in ("text/rfc822-headers", "message/delivery-status", "message/feedback-report"):
        return True
    return part.get_content_type() in ("text/plain", "text/html") and not (
        part.get_content_disposition() == "attachment" or _name(part)
    )


def _name(part: Message) -> str:
    try:
        told = part.get_filename()
    except (ValueError, LookupError, TypeError, AttributeError, UnicodeError):
        told = None
    name = _decoded(told) if told else ""
    return name.replace("\\", "/").rpartition("/")[2][:200]


def _decoded_size(part: Message, payload: str) -> int:
    if _written(part.get("Content-Transfer-Encoding", "")).strip().lower() != "base64":
        return len(payload)
    return sum(not letter.isspace() for letter in payload) * 3 // 4


# ---- words


def _text(part: Message) -> str:
    try:
        data = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError, UnicodeError):
        data = None
    if not isinstance(data, bytes):
        return ""
    text = in_charset(data, _parameter(part, "charset")).replace("\r\n", "\n").replace("\r", "\n")
    if _parameter(part, "format").lower() == "flowed":
        text = _unflowed(text, gone=_parameter(part, "delsp").lower() == "yes")
    return text


def _parameter(part: Message, name: str) -> str:
    """Return what stands behind a name in Content-Type; nothing where that cannot be read."""
    try:
        told = part.get_param(name)
        return collapse_rfc2231_value(told) if told else ""
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""


def _values(letter: Message, name: str) -> Iterator[str]:
    """Yield a header's values as they came: `get` does not tell letters that are not ASCII."""
    return (value for told, value in letter.raw_items() if told.lower() == name.lower())


def in_charset(data: bytes, charset: str) -> str:
    """Return what the bytes say: in the alphabet that they name, or in one of those that people use."""
    for name in (charset.strip().lower(), "utf-8"):
        if name and name not in ("us-ascii", "unknown-8bit"):
            try:
                return data.decode(name)
            except (LookupError, UnicodeError, ValueError):
                continue
    for name in ("utf-8", "cp1251"):
        try:
            return data.decode(name)
        except UnicodeError:
            continue
    return data.decode("utf-8", "replace")


def _unflowed(text: str, *, gone: bool) -> str:
    """Join the lines that a program broke for the way (RFC 3676)."""
    lines: list[str] = []
    joins = False
    for line in text.split("\n"):
        bare = line.removeprefix(" ")
        if joins and not line.startswith(">"):
            lines[-1] = (lines[-1][:-1] if gone else lines[-1]) + bare
        else:
            lines.append(bare)
        joins = bare.endswith(" ") and bare != "-- " and not bare.startswith(">")
    return "\n".join(lines)


def _written(value: object) -> str:
    """Return a header as it stands there; what is not ASCII though it should be is read as people mean it."""
    told = str(value)[:_VALUE] if value is not None else ""
    if any("\udc80" <= letter <= "\udcff" for letter in told):
        told = in_charset(told.encode("utf-8", "surrogateescape"), "")
    return " ".join(told.split())


def _decoded(value: object) -> str:
    """Return a header in words: those that are written in RFC 2047's way are read."""
    told = _written(value)
    try:
        pieces: Sequence[tuple[bytes | str, str | None]] = decode_header(told)
        said = "".join(
            piece if isinstance(piece, str) else in_charset(piece, charset or "") for piece, charset in pieces
        )
    except (MessageError, ValueError, LookupError, UnicodeError, AttributeError, TypeError):
        said = told
    return " ".join(_clean(said).split())


def _clean(text: str) -> str:
    return _SPACE.sub("", text.encode("utf-8", "replace").decode("utf-8"))
