"""Marks by which Kaskad knows its own letters when they come back, so that nobody can make a person be left alone.

A letter's name tells which message it is, and its seal that the name is ours. The seal's second half is of the address
that it went to: of an address that does not fit it nothing is believed.
"""

import hashlib
import hmac
import re
from base64 import b32encode
from collections.abc import Iterable
from dataclasses import dataclass

from messengers.adapter import ChannelFacts
from messengers.adapters.email.settings import normalised

_MAX_LOCAL = 64  # characters before the @
_LETTER, _PERSON = 16, 8  # characters of the seal's halves
_NAME = re.compile(rf"k(\d{{1,19}})-(\d{{1,3}})-([a-z2-7]{{{_LETTER}}})([a-z2-7]{{{_PERSON}}})")
_IN_NAME = re.compile(rf"<{_NAME.pattern}@[^<>@\s]+>")
_IN_ADDRESS = re.compile(rf"[^<>@\s]+\+{_NAME.pattern}@[^<>@\s]+")


@dataclass(frozen=True, slots=True)
class Ours:
    """A letter of ours: our id of the message, and the part of its seal that is of the person."""

    message_id: int
    key: str
    person: str


def name_of(channel: ChannelFacts, key: str, to: str) -> str:
    """Return what a letter is called, without the @ and the domain. `key` is "<message id>-<part>"."""
    return f"k{key}-{_seal(channel, f'letter/{key}', _LETTER)}{_seal(channel, f'person/{key}/{to}', _PERSON)}"


def return_address(box: str, name: str) -> str:
    """Return the address to which a letter comes back, in a mailbox that has room for names behind a plus."""
    local, _, domain = box.partition("@")
    tagged = f"{local}+{name}"
    return f"{tagged}@{domain}" if len(tagged) <= _MAX_LOCAL else box


def ours(channel: ChannelFacts, names: Iterable[str], addresses: Iterable[str]) -> Ours | None:
    """Return which letter of ours is named by these Message-IDs, or by an address to which something came."""
    found = (
        *(match.groups() for name in names if (match := _IN_NAME.fullmatch(name.strip().lower()))),
        *(match.groups() for one in addresses if (match := _IN_ADDRESS.fullmatch(one.strip().lower()))),
    )
    for number, part, seal, person in found:
        key = f"{number}-{part}"
        if channel.seal and hmac.compare_digest(seal, _seal(channel, f"letter/{key}", _LETTER)):
            return Ours(int(number), key, person)
    return None


def person_of(channel: ChannelFacts, letter: Ours, candidates: Iterable[str]) -> str:
    """Return to whom the letter went, if he is among these; empty if not."""
    for one in dict.fromkeys(map(normalised, candidates)):
        if hmac.compare_digest(letter.person, _seal(channel, f"person/{letter.key}/{one}", _PERSON)):
            return one
    return ""


def leave_seal(channel: ChannelFacts, message: str, address: str) -> str:
    """Return what proves that an address to leave by is ours."""
    return _seal(channel, f"leave/{message}/{address}", 26)


def _seal(channel: ChannelFacts, text: str, length: int) -> str:
    digest = hmac.new(channel.seal.encode(), text.encode("utf-8", "replace"), hashlib.sha256).digest()
    return b32encode(digest).decode().lower()[:length]
